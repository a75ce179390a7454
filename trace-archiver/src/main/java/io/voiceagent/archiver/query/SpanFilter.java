package io.voiceagent.archiver.query;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The conditions of a search on one span, as SQL with a parameter for each value. The text is put together of constants only.
 *
 * @param sql conditions on the table's alias {@code s}, joined by AND
 * @param values of the parameters, in their order
 */
record SpanFilter(String sql, List<Object> values) {

    private static final Set<String> KINDS =
            Set.of("unspecified", "internal", "server", "client", "producer", "consumer");

    SpanFilter {
        values = List.copyOf(values);
    }

    /** All that the search asks for but service, operation and position. */
    static SpanFilter of(TraceSearch search) {
        Conditions all = new Conditions();
        all.add("s.start_time >= ?", search.range().from().atOffset(ZoneOffset.UTC));
        all.add("s.start_time < ?", search.range().to().atOffset(ZoneOffset.UTC));
        if (search.status() != null) {
            all.status(search.status());
        }
        if (search.minDuration() != null) {
            all.add("s.duration_ms >= ?", millis(search.minDuration()));
        }
        if (search.maxDuration() != null) {
            all.add("s.duration_ms <= ?", millis(search.maxDuration()));
        }
        search.tags().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(tag -> all.tag(tag.getKey(), tag.getValue()));
        return all.filter();
    }

    /** Whether only spans that failed can be found, for which there is an index of their own. */
    boolean onlyErrors() {
        return sql.contains(Conditions.IS_ERROR);
    }

    private static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }

    private static final class Conditions {

        /** As the index of errors has it; a parameter in its place would hide it. */
        static final String IS_ERROR = "s.status = 'error'";

        private final List<String> conditions = new ArrayList<>();
        private final List<Object> values = new ArrayList<>();

        SpanFilter filter() {
            return new SpanFilter(String.join(" AND ", conditions), values);
        }

        void add(String condition, Object... parameters) {
            conditions.add(condition);
            values.addAll(List.of(parameters));
        }

        void status(String status) {
            if (status.equals("error")) {
                add(IS_ERROR);
            } else {
                add("s.status = ?", status);
            }
        }

        void tag(String key, String value) {
            switch (key) {
                case "error" -> {
                    if (value.equals("true")) {
                        add(IS_ERROR);
                    } else {
                        attribute(key, value);
                    }
                }
                case "otel.status_code" -> status(value.toLowerCase(Locale.ROOT));
                case "span.kind" -> {
                    if (KINDS.contains(value)) {
                        add("s.kind = ?", value);
                    } else {
                        attribute(key, value);
                    }
                }
                default -> attribute(key, value);
            }
        }

        private void attribute(String key, String value) {
            String json = list(value);
            if (json == null) {
                add("(s.attributes ->> ? = ? OR s.resource ->> ? = ?)", key, value, key, value);
            } else {
                add("(s.attributes -> ? = ?::jsonb OR s.resource -> ? = ?::jsonb)", key, json, key, json);
            }
        }

        /** A list or object is compared as such: its text has more than one form. */
        private static @Nullable String list(String value) {
            if (!value.startsWith("[") && !value.startsWith("{")) {
                return null;
            }
            try {
                return JsonMapper.shared().readTree(value).toString();
            } catch (JacksonException e) {
                return null; // it only looks like one
            }
        }
    }
}
