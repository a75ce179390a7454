package io.voiceagent.allinone;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the archive has of one trace. */
record StoredTrace(List<StoredSpan> spans) {

    /** @param parent null for a root */
    record StoredSpan(String id, @Nullable String parent, String service, String name, String kind, double millis) {}

    static StoredTrace read(Connection connection, String traceId) throws SQLException {
        try (var query =
                connection.prepareStatement("select span_id, parent_span_id, service_name, name, kind, duration_ms"
                        + " from trace_spans where trace_id = ? order by start_unix_nano")) {
            query.setString(1, traceId);
            var spans = new ArrayList<StoredSpan>();
            try (var rows = query.executeQuery()) {
                while (rows.next()) {
                    spans.add(new StoredSpan(
                            rows.getString(1),
                            rows.getString(2),
                            rows.getString(3),
                            rows.getString(4),
                            rows.getString(5),
                            rows.getDouble(6)));
                }
            }
            return new StoredTrace(List.copyOf(spans));
        }
    }

    List<StoredSpan> spansNamed(String name) {
        return spans.stream().filter(span -> span.name().equals(name)).toList();
    }

    List<StoredSpan> roots() {
        return spans.stream().filter(span -> span.parent() == null).toList();
    }

    List<StoredSpan> spansWithoutTheirParent() {
        Set<String> ids = spans.stream().map(StoredSpan::id).collect(Collectors.toSet());
        return spans.stream()
                .filter(span -> span.parent() != null && !ids.contains(span.parent()))
                .toList();
    }
}
