package io.voiceagent.archiver.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads metrics out of {@code performance_metrics}. */
final class MetricReader {

    /** Rows of one question: a day of a metric with some hundred series, sent every minute. */
    static final int MAX_POINTS = 200_000;

    private static final int MAX_NAMES = 2_000;

    private static final String NAMES = """
            WITH RECURSIVE found AS (
              (SELECT name FROM performance_metrics WHERE time >= ? AND time < ? ORDER BY name LIMIT 1)
              UNION ALL
              SELECT (SELECT m.name FROM performance_metrics m WHERE m.time >= ? AND m.time < ? AND m.name > found.name
                      ORDER BY m.name LIMIT 1)
              FROM found WHERE found.name IS NOT NULL)
            SELECT found.name, newest.kind, newest.unit FROM found
            CROSS JOIN LATERAL (SELECT m.kind, m.unit FROM performance_metrics m
                                WHERE m.time >= ? AND m.time < ? AND m.name = found.name LIMIT 1) newest
            WHERE found.name IS NOT NULL LIMIT %d""".formatted(MAX_NAMES);

    private static final String POINTS = """
            SELECT service_name || ' ' || md5(resource::text || attributes::text), kind,
                   temporality = 'cumulative', time, start_time, value, count, sum, min, max,
                   CASE WHEN kind = 'histogram' THEN buckets::text END, unit
            FROM performance_metrics
            WHERE name = ? AND time >= ? AND time < ? AND (?::text IS NULL OR service_name = ?)
            ORDER BY time LIMIT %d""".formatted(MAX_POINTS + 1);

    private final Connection connection;

    /** @param connection in a transaction */
    MetricReader(Connection connection) {
        this.connection = connection;
    }

    /** A metric. @param unit UCUM; empty: none */
    record Metric(String name, String kind, String unit) {}

    /** A metric's figures. @param metric null: no point in the range */
    record Figures(@Nullable Metric metric, List<MetricStep> steps) {}

    /** Metrics with points on the days of the range, by name; 2,000 at most. */
    List<Metric> names(TimeRange range) throws SQLException {
        TimeRange days = range.wholeDays();
        OffsetDateTime from = days.from().atOffset(ZoneOffset.UTC);
        OffsetDateTime to = days.to().atOffset(ZoneOffset.UTC);
        try (PreparedStatement query = connection.prepareStatement(NAMES)) {
            Bound.to(query, List.of(from, to, from, to, from, to));
            List<Metric> metrics = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    metrics.add(new Metric(rows.getString(1), rows.getString(2), rows.getString(3)));
                }
            }
            return metrics;
        }
    }

    /** Figures of a metric by step. @param service null: of all together */
    Figures figures(String name, @Nullable String service, TimeRange range, Duration step) throws SQLException {
        MetricFold fold = new MetricFold(range, step);
        Metric metric = null;
        int points = 0;
        try (PreparedStatement query = connection.prepareStatement(POINTS)) {
            query.setFetchSize(2_000);
            Object which = Bound.orNull(service);
            Bound.to(
                    query,
                    List.of(
                            name,
                            range.from().atOffset(ZoneOffset.UTC),
                            range.to().atOffset(ZoneOffset.UTC),
                            which,
                            which));
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    if (++points > MAX_POINTS) {
                        throw new InvalidParameterException(
                                "start",
                                "is too long ago: there are more than %d points".formatted(MAX_POINTS),
                                "Use a later one, or name a service");
                    }
                    metric = new Metric(name, rows.getString(2), rows.getString(12));
                    fold.add(point(rows));
                }
            }
        }
        return new Figures(metric, fold.steps());
    }

    private static MetricPoint point(ResultSet row) throws SQLException {
        OffsetDateTime start = row.getObject(5, OffsetDateTime.class);
        return new MetricPoint(
                row.getString(1),
                row.getString(2),
                row.getBoolean(3),
                row.getObject(4, OffsetDateTime.class).toInstant(),
                start == null ? null : start.toInstant(),
                number(row, 6),
                row.getObject(7, Long.class),
                number(row, 8),
                number(row, 9),
                number(row, 10),
                buckets(row.getString(11)));
    }

    /** A number, null when there is none to count with. */
    private static @Nullable Double number(ResultSet row, int column) throws SQLException {
        Double value = row.getObject(column, Double.class);
        return value == null || !Double.isFinite(value) ? null : value;
    }

    private static MetricPoint.@Nullable Buckets buckets(@Nullable String json) {
        if (json == null) {
            return null;
        }
        JsonNode buckets = JsonMapper.shared().readTree(json);
        double[] bounds = buckets.path("bounds")
                .valueStream()
                .mapToDouble(bound -> bound.asDouble(Double.POSITIVE_INFINITY))
                .toArray();
        long[] counts = buckets.path("counts")
                .valueStream()
                .mapToLong(count -> count.asLong(0))
                .toArray();
        return counts.length == bounds.length + 1 ? new MetricPoint.Buckets(bounds, counts) : null;
    }
}
