package io.voiceagent.archiver.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads traces out of {@code trace_spans}.
 *
 * <p>Its indexes are by service, operation and time, by trace, and by time of those that failed. There is none by time alone, which would cost
 * every writer; so a search that names no operation asks for the newest spans of each operation that there is and merges them. Which there are
 * is found by steps from one index entry to the next different one.
 */
final class TraceReader {

    /** Operations of one search; beyond it a service has to be named. */
    static final int MAX_OPERATIONS = 2_000;

    /** How long before or after the span that was found the rest of its trace may lie. */
    private static final Duration TRACE_SLACK = Duration.ofDays(1);

    private static final int MIN_CHUNK = 100;
    private static final int CHUNK_PER_TRACE = 8;

    private static final String SERVICES = """
            WITH RECURSIVE found AS (
              (SELECT service_name FROM trace_spans WHERE start_time >= ? AND start_time < ? ORDER BY service_name LIMIT 1)
              UNION ALL
              SELECT (SELECT s.service_name FROM trace_spans s
                      WHERE s.start_time >= ? AND s.start_time < ? AND s.service_name > found.service_name
                      ORDER BY s.service_name LIMIT 1)
              FROM found WHERE found.service_name IS NOT NULL)
            SELECT service_name FROM found WHERE service_name IS NOT NULL LIMIT %d""".formatted(MAX_OPERATIONS);

    private static final String OPERATIONS = """
            WITH RECURSIVE found AS (
              (SELECT name FROM trace_spans WHERE start_time >= ? AND start_time < ? AND service_name = ? ORDER BY name LIMIT 1)
              UNION ALL
              SELECT (SELECT s.name FROM trace_spans s
                      WHERE s.start_time >= ? AND s.start_time < ? AND s.service_name = ? AND s.name > found.name
                      ORDER BY s.name LIMIT 1)
              FROM found WHERE found.name IS NOT NULL)
            SELECT found.name, newest.kind FROM found
            CROSS JOIN LATERAL (SELECT s.kind FROM trace_spans s
                                WHERE s.start_time >= ? AND s.start_time < ? AND s.service_name = ? AND s.name = found.name
                                ORDER BY s.start_time DESC LIMIT 1) newest
            WHERE found.name IS NOT NULL LIMIT %d""".formatted(MAX_OPERATIONS + 1);

    /** %1$s: conditions; %2$s: and the place to go on from. */
    private static final String NEWEST_OF_OPERATIONS = """
            SELECT newest.start_time, newest.trace_id
            FROM unnest(?::text[], ?::text[]) AS operation(service_name, name)
            CROSS JOIN LATERAL (
              SELECT s.start_time, s.trace_id FROM trace_spans s
              WHERE s.service_name = operation.service_name AND s.name = operation.name AND %1$s%2$s
              ORDER BY s.start_time DESC, s.trace_id DESC LIMIT ?) newest
            ORDER BY newest.start_time DESC, newest.trace_id DESC LIMIT ?""";

    private static final String NEWEST_ERRORS = """
            SELECT s.start_time, s.trace_id FROM trace_spans s
            WHERE (?::text IS NULL OR s.service_name = ?) AND (?::text IS NULL OR s.name = ?) AND %1$s%2$s
            ORDER BY s.start_time DESC, s.trace_id DESC LIMIT ?""";

    private static final String BEHIND = " AND s.start_time <= ? AND (s.start_time, s.trace_id) < (?, ?)";

    /** Which of some traces have a span that is found at or before the place to go on from: an earlier page had those. */
    private static final String SEEN = """
            SELECT DISTINCT s.trace_id FROM trace_spans s
            WHERE s.trace_id = ANY(?) AND (?::text IS NULL OR s.service_name = ?) AND (?::text IS NULL OR s.name = ?)
              AND %1$s AND (s.start_time, s.trace_id) >= (?, ?)""";

    private static final String SHARES = """
            SELECT trace_id, service_name, count(*), count(*) FILTER (WHERE status = 'error'), min(start_unix_nano),
                   max(start_unix_nano + (duration_ms * 1000000)::bigint)
            FROM trace_spans WHERE trace_id = ANY(?) AND start_time >= ? AND start_time < ?
            GROUP BY trace_id, service_name ORDER BY trace_id, service_name""";

    private static final String ROOTS = """
            SELECT DISTINCT ON (trace_id) trace_id, service_name, name, status
            FROM trace_spans WHERE trace_id = ANY(?) AND start_time >= ? AND start_time < ?
            ORDER BY trace_id, parent_span_id IS NOT NULL, start_unix_nano""";

    private static final String SPANS = """
            SELECT trace_id, span_id, parent_span_id, service_name, name, kind, start_unix_nano,
                   (duration_ms * 1000000)::bigint, status, status_message, scope_name, scope_version,
                   attributes::text, resource::text, events::text, links::text
            FROM trace_spans WHERE trace_id = ?%s
            ORDER BY start_unix_nano, span_id LIMIT ?""";

    private final Connection connection;

    /** @param connection in a transaction */
    TraceReader(Connection connection) {
        this.connection = connection;
    }

    /** An operation of a service, with the kind of its newest span. */
    record Operation(String name, String kind) {}

    /** What was found. @param more whether there are others behind them */
    record Page(List<TraceSummary> traces, boolean more) {}

    /** Services that have spans on the days of the range, by name; 2,000 at most. */
    List<String> services(TimeRange range) throws SQLException {
        TimeRange days = range.wholeDays();
        try (PreparedStatement query = connection.prepareStatement(SERVICES)) {
            Bound.to(query, List.of(utc(days.from()), utc(days.to()), utc(days.from()), utc(days.to())));
            List<String> names = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            return names;
        }
    }

    /** Operations of a service that have spans on the days of the range, by name; 2,001 at most. */
    List<Operation> operations(String service, TimeRange range) throws SQLException {
        TimeRange days = range.wholeDays();
        List<Object> once = List.of(utc(days.from()), utc(days.to()), service);
        List<Object> values = new ArrayList<>(once);
        values.addAll(once);
        values.addAll(once);
        try (PreparedStatement query = connection.prepareStatement(OPERATIONS)) {
            Bound.to(query, values);
            List<Operation> operations = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    operations.add(new Operation(rows.getString(1), rows.getString(2)));
                }
            }
            return operations;
        }
    }

    /** Traces that have a span with all that is asked for, by the newest such span. */
    Page search(TraceSearch search) throws SQLException {
        List<TraceSearch.Position> found = find(search);
        boolean more = found.size() > search.limit();
        return new Page(summaries(more ? found.subList(0, search.limit()) : found), more);
    }

    /** A trace by its id; null when there is none. @param near days to look at, null: all */
    @Nullable
    Trace trace(String traceId, @Nullable TimeRange near) throws SQLException {
        return trace(traceId, near, Trace.MAX_SPANS, Trace.MAX_CHARS);
    }

    /** Whole traces of summaries, newest first, as many as fit in one answer. */
    List<Trace> traces(List<TraceSummary> summaries) throws SQLException {
        List<Trace> traces = new ArrayList<>();
        int spans = Trace.MAX_SPANS;
        int chars = Trace.MAX_CHARS;
        for (TraceSummary summary : summaries) {
            Instant at = summary.position().time();
            Trace trace = spans <= 0 || chars <= 0
                    ? null
                    : trace(summary.traceId(), new TimeRange(at, at.plusNanos(1_000)).plus(TRACE_SLACK), spans, chars);
            if (trace != null) {
                traces.add(trace);
                spans -= trace.spans().size();
                chars -= trace.spans().stream().mapToInt(StoredSpan::size).sum();
            }
        }
        return traces;
    }

    private List<TraceSearch.Position> find(TraceSearch search) throws SQLException {
        SpanFilter filter = SpanFilter.of(search);
        Map<String, TraceSearch.Position> found = new LinkedHashMap<>();
        int chunk = Math.max(MIN_CHUNK, CHUNK_PER_TRACE * search.limit());
        TraceSearch.Position from = search.after();
        List<Pair> operations = filter.onlyErrors() ? List.of() : pairs(search);
        while (found.size() <= search.limit()) {
            List<TraceSearch.Position> spans = filter.onlyErrors()
                    ? newestErrors(search, filter, from, chunk)
                    : newest(operations, filter, from, chunk);
            Map<String, TraceSearch.Position> fresh = new LinkedHashMap<>();
            spans.stream()
                    .filter(span -> !found.containsKey(span.traceId()))
                    .forEach(span -> fresh.putIfAbsent(span.traceId(), span));
            if (search.after() != null) {
                seen(search, filter, search.after(), List.copyOf(fresh.keySet()))
                        .forEach(fresh::remove);
            }
            found.putAll(fresh);
            if (spans.size() < chunk) {
                break;
            }
            from = spans.getLast();
        }
        return found.values().stream().limit(search.limit() + 1L).toList();
    }

    private record Pair(String service, String operation) {}

    private List<Pair> pairs(TraceSearch search) throws SQLException {
        List<Pair> pairs = new ArrayList<>();
        List<String> services = search.service() == null ? services(search.range()) : List.of(search.service());
        for (String service : services) {
            if (search.operation() != null) {
                pairs.add(new Pair(service, search.operation()));
            } else {
                operations(service, search.range())
                        .forEach(operation -> pairs.add(new Pair(service, operation.name())));
            }
            if (pairs.size() > MAX_OPERATIONS) {
                throw new InvalidParameterException(
                        search.service() == null ? "service" : "operation",
                        "is missing, and there are more than %d operations".formatted(MAX_OPERATIONS),
                        "Name one");
            }
        }
        return pairs;
    }

    private List<TraceSearch.Position> newest(
            List<Pair> operations, SpanFilter filter, TraceSearch.@Nullable Position after, int limit)
            throws SQLException {
        List<Object> values = new ArrayList<>();
        values.add(operations.stream().map(Pair::service).toArray(String[]::new));
        values.add(operations.stream().map(Pair::operation).toArray(String[]::new));
        values.addAll(filter.values());
        behind(values, after);
        values.add(limit);
        values.add(limit);
        return positions(NEWEST_OF_OPERATIONS.formatted(filter.sql(), after == null ? "" : BEHIND), values);
    }

    private List<TraceSearch.Position> newestErrors(
            TraceSearch search, SpanFilter filter, TraceSearch.@Nullable Position after, int limit)
            throws SQLException {
        List<Object> values = named(search);
        values.addAll(filter.values());
        behind(values, after);
        values.add(limit);
        return positions(NEWEST_ERRORS.formatted(filter.sql(), after == null ? "" : BEHIND), values);
    }

    private List<String> seen(TraceSearch search, SpanFilter filter, TraceSearch.Position at, List<String> traces)
            throws SQLException {
        List<Object> values = new ArrayList<>();
        values.add(traces.toArray(String[]::new));
        values.addAll(named(search));
        values.addAll(filter.values());
        values.add(utc(at.time()));
        values.add(at.traceId());
        try (PreparedStatement query = connection.prepareStatement(SEEN.formatted(filter.sql()))) {
            Bound.to(query, values);
            List<String> seen = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    seen.add(rows.getString(1));
                }
            }
            return seen;
        }
    }

    private static List<Object> named(TraceSearch search) {
        Object service = Bound.orNull(search.service());
        Object operation = Bound.orNull(search.operation());
        return new ArrayList<>(List.of(service, service, operation, operation));
    }

    private static void behind(List<Object> values, TraceSearch.@Nullable Position after) {
        if (after != null) {
            values.add(utc(after.time()));
            values.add(utc(after.time()));
            values.add(after.traceId());
        }
    }

    private List<TraceSearch.Position> positions(String sql, List<Object> values) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            Bound.to(query, values);
            List<TraceSearch.Position> positions = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    positions.add(new TraceSearch.Position(
                            rows.getObject(1, OffsetDateTime.class).toInstant(), rows.getString(2)));
                }
            }
            return positions;
        }
    }

    private record Root(String service, String operation, String status) {}

    private List<TraceSummary> summaries(List<TraceSearch.Position> found) throws SQLException {
        if (found.isEmpty()) {
            return List.of();
        }
        TimeRange range =
                new TimeRange(found.getLast().time(), found.getFirst().time().plusNanos(1_000)).plus(TRACE_SLACK);
        List<Object> values = List.of(
                found.stream().map(TraceSearch.Position::traceId).toArray(String[]::new),
                utc(range.from()),
                utc(range.to()));
        Map<String, Root> roots = roots(values);
        Map<String, List<TraceSummary.ServiceShare>> shares = new LinkedHashMap<>();
        Map<String, long[]> bounds = new LinkedHashMap<>();
        try (PreparedStatement query = connection.prepareStatement(SHARES)) {
            Bound.to(query, values);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    String id = rows.getString(1);
                    shares.computeIfAbsent(id, _ -> new ArrayList<>())
                            .add(new TraceSummary.ServiceShare(rows.getString(2), rows.getLong(3), rows.getLong(4)));
                    long[] trace = bounds.computeIfAbsent(id, _ -> new long[] {Long.MAX_VALUE, Long.MIN_VALUE});
                    trace[0] = Math.min(trace[0], rows.getLong(5));
                    trace[1] = Math.max(trace[1], rows.getLong(6));
                }
            }
        }
        List<TraceSummary> summaries = new ArrayList<>();
        for (TraceSearch.Position position : found) {
            String id = position.traceId();
            Root root = roots.get(id);
            long[] times = bounds.get(id);
            // A partition that was dropped since takes its traces with it
            if (root != null && times != null) {
                summaries.add(new TraceSummary(
                        id,
                        root.service(),
                        root.operation(),
                        root.status(),
                        times[0],
                        times[1],
                        shares.getOrDefault(id, List.of()),
                        position));
            }
        }
        return summaries;
    }

    private Map<String, Root> roots(List<Object> values) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(ROOTS)) {
            Bound.to(query, values);
            Map<String, Root> roots = new LinkedHashMap<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    roots.put(rows.getString(1), new Root(rows.getString(2), rows.getString(3), rows.getString(4)));
                }
            }
            return roots;
        }
    }

    private @Nullable Trace trace(String traceId, @Nullable TimeRange near, int maxSpans, int maxChars)
            throws SQLException {
        List<Object> values = new ArrayList<>(List.of(traceId));
        if (near != null) {
            values.add(utc(near.from()));
            values.add(utc(near.to()));
        }
        values.add(maxSpans + 1);
        String sql = SPANS.formatted(near == null ? "" : " AND start_time >= ? AND start_time < ?");
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setFetchSize(500);
            Bound.to(query, values);
            List<StoredSpan> spans = new ArrayList<>();
            int chars = 0;
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    if (spans.size() == maxSpans || chars > maxChars) {
                        return new Trace(traceId, spans, true);
                    }
                    StoredSpan span = span(rows);
                    chars += span.size();
                    spans.add(span);
                }
            }
            return spans.isEmpty() ? null : new Trace(traceId, spans, false);
        }
    }

    private static StoredSpan span(ResultSet row) throws SQLException {
        return new StoredSpan(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getLong(7),
                row.getLong(8),
                row.getString(9),
                row.getString(10),
                row.getString(11),
                row.getString(12),
                row.getString(13),
                row.getString(14),
                row.getString(15),
                row.getString(16));
    }

    private static OffsetDateTime utc(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }
}
