package io.voiceagent.dashboards;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the archive has of one trace. */
record Trace(List<Span> spans) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** @param parent null for a root */
    record Span(
            String id,
            @Nullable String parent,
            String service,
            String name,
            String kind,
            String status,
            JsonNode attributes,
            JsonNode events,
            JsonNode links) {
        /** The attribute's value as text, empty when it is not there. */
        String attribute(String key) {
            return attributes.path(key).asString("");
        }
    }

    static Trace read(Connection connection, String traceId) throws SQLException {
        try (var query = connection.prepareStatement(
                "select span_id, parent_span_id, service_name, name, kind, status, attributes, events, links"
                        + " from trace_spans where trace_id = ? order by start_unix_nano")) {
            query.setString(1, traceId);
            var spans = new ArrayList<Span>();
            try (var rows = query.executeQuery()) {
                while (rows.next()) {
                    spans.add(new Span(
                            rows.getString(1),
                            rows.getString(2),
                            rows.getString(3),
                            rows.getString(4),
                            rows.getString(5),
                            rows.getString(6),
                            JSON.readTree(rows.getString(7)),
                            JSON.readTree(rows.getString(8)),
                            JSON.readTree(rows.getString(9))));
                }
            }
            return new Trace(List.copyOf(spans));
        }
    }

    /** How many spans of each name there are. */
    Map<String, Long> names() {
        return spans.stream().collect(Collectors.groupingBy(Span::name, TreeMap::new, Collectors.counting()));
    }

    List<Span> named(String name) {
        return spans.stream().filter(span -> span.name().equals(name)).toList();
    }

    List<Span> roots() {
        return spans.stream().filter(span -> span.parent() == null).toList();
    }

    List<Span> orphans() {
        Set<String> ids = spans.stream().map(Span::id).collect(Collectors.toSet());
        return spans.stream()
                .filter(span -> span.parent() != null && !ids.contains(span.parent()))
                .toList();
    }
}
