package io.voiceagent.archiver.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.voiceagent.archiver.Servers;
import io.voiceagent.archiver.config.TestDatabase;
import io.voiceagent.archiver.metrics.MetricDecoder;
import io.voiceagent.archiver.metrics.MetricFormat;
import io.voiceagent.archiver.metrics.MetricRow;
import io.voiceagent.archiver.metrics.MetricSamples;
import io.voiceagent.archiver.spans.SpanDecoder;
import io.voiceagent.archiver.spans.SpanFormat;
import io.voiceagent.archiver.spans.SpanRow;
import io.voiceagent.archiver.spans.SpanSamples;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import tools.jackson.databind.json.JsonMapper;

/** Whatever OTLP can say goes into the tables and comes out the same. */
class CopyRoundTripTest {

    private static final JsonMapper JSON = JsonMapper.shared();

    private static HikariDataSource dataSource;

    @BeforeContainer
    static void open() {
        dataSource = TestDatabase.open(Servers.postgres());
    }

    @AfterContainer
    static void close() {
        dataSource.close();
    }

    @Property(tries = 50, shrinking = ShrinkingMode.OFF)
    void spans(@ForAll("traces") ExportTraceServiceRequest request) throws Exception {
        List<SpanRow> rows = new SpanDecoder().decode(request.toByteArray()).rows();
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            copy(connection, new SpanFormat(), rows);
            try (Statement statement = connection.createStatement();
                    ResultSet stored = statement.executeQuery(
                            "SELECT * FROM trace_spans WHERE stored_at = now() ORDER BY ctid, tableoid")) {
                List<SpanRow> expected = new ArrayList<>(rows);
                while (stored.next()) {
                    assertThat(removeFirst(expected, row -> same(row, stored)))
                            .as("stored span %s is one of the given", stored.getString("span_id"))
                            .isTrue();
                }
                assertThat(expected).isEmpty();
            }
            connection.rollback();
        }
    }

    @Property(tries = 50, shrinking = ShrinkingMode.OFF)
    void metrics(@ForAll("measurements") ExportMetricsServiceRequest request) throws Exception {
        List<MetricRow> rows = new MetricDecoder().decode(request.toByteArray()).rows();
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            copy(connection, new MetricFormat(), rows);
            try (Statement statement = connection.createStatement();
                    ResultSet stored =
                            statement.executeQuery("SELECT * FROM performance_metrics WHERE stored_at = now()")) {
                List<MetricRow> expected = new ArrayList<>(rows);
                while (stored.next()) {
                    assertThat(removeFirst(expected, row -> same(row, stored)))
                            .as("stored value of %s is one of the given", stored.getString("name"))
                            .isTrue();
                }
                assertThat(expected).isEmpty();
            }
            connection.rollback();
        }
    }

    @Provide
    Arbitrary<ExportTraceServiceRequest> traces() {
        return SpanSamples.requests();
    }

    @Provide
    Arbitrary<ExportMetricsServiceRequest> measurements() {
        return MetricSamples.requests();
    }

    private static <R> void copy(Connection connection, RowFormat<R> format, List<R> rows) throws SQLException {
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(format.copyStatement());
        CopyEncoder encoder = new CopyEncoder();
        encoder.header();
        for (R row : rows) {
            encoder.row(format.columns().size());
            format.write(row, encoder);
        }
        encoder.trailer();
        encoder.drainTo(copy);
        assertThat(copy.endCopy()).isEqualTo(rows.size());
    }

    /** Takes one out, not all: a request may hold the same row twice, and then it is stored twice. */
    private static <R> boolean removeFirst(List<R> rows, Predicate<R> wanted) {
        for (int i = 0; i < rows.size(); i++) {
            if (wanted.test(rows.get(i))) {
                rows.remove(i);
                return true;
            }
        }
        return false;
    }

    private static boolean same(SpanRow row, ResultSet stored) {
        try {
            return row.traceId().equals(stored.getString("trace_id"))
                    && row.spanId().equals(stored.getString("span_id"))
                    && equal(row.parentSpanId(), stored.getString("parent_span_id"))
                    && row.serviceName().equals(stored.getString("service_name"))
                    && row.name().equals(stored.getString("name"))
                    && row.kind().equals(stored.getString("kind"))
                    && row.startUnixNano() == stored.getLong("start_unix_nano")
                    && micros(row.startUnixNano()).equals(instant(stored, "start_time"))
                    && micros(row.endUnixNano()).equals(instant(stored, "end_time"))
                    && row.durationMillis() == stored.getDouble("duration_ms")
                    && row.status().equals(stored.getString("status"))
                    && equal(row.statusMessage(), stored.getString("status_message"))
                    && equal(row.traceState(), stored.getString("trace_state"))
                    && equal(row.scopeName(), stored.getString("scope_name"))
                    && equal(row.scopeVersion(), stored.getString("scope_version"))
                    && json(row.attributes(), stored.getString("attributes"))
                    && json(row.resource(), stored.getString("resource"))
                    && json(row.events(), stored.getString("events"))
                    && json(row.links(), stored.getString("links"));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean same(MetricRow row, ResultSet stored) {
        try {
            return sameDistribution(row.distribution(), stored) && sameMetric(row, stored);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean sameDistribution(MetricRow.@Nullable Distribution distribution, ResultSet stored)
            throws SQLException {
        if (distribution == null) {
            return stored.getObject("count") == null && stored.getObject("buckets") == null;
        }
        return stored.getLong("count") == distribution.count()
                && equal(distribution.sum(), stored.getObject("sum"))
                && equal(distribution.min(), stored.getObject("min"))
                && equal(distribution.max(), stored.getObject("max"))
                && json(distribution.buckets(), stored.getString("buckets"));
    }

    private static boolean sameMetric(MetricRow row, ResultSet stored) throws SQLException {
        MetricRow.Metric metric = row.metric();
        return metric.serviceName().equals(stored.getString("service_name"))
                && metric.name().equals(stored.getString("name"))
                && metric.kind().equals(stored.getString("kind"))
                && metric.unit().equals(stored.getString("unit"))
                && equal(metric.temporality(), stored.getString("temporality"))
                && equal(metric.monotonic(), stored.getObject("monotonic"))
                && micros(row.timeUnixNano()).equals(instant(stored, "time"))
                && equal(row.value(), stored.getObject("value"))
                && json(row.attributes(), stored.getString("attributes"))
                && json(row.exemplars(), stored.getString("exemplars"));
    }

    private static boolean equal(@Nullable Object a, @Nullable Object b) {
        return java.util.Objects.equals(a, b);
    }

    /** jsonb sorts keys and writes numbers its own way (no -0, no exponents): numbers are compared by value. */
    private static boolean json(String given, @Nullable String stored) {
        return stored != null && JSON.readTree(given).equals(CopyRoundTripTest::compare, JSON.readTree(stored));
    }

    private static int compare(tools.jackson.databind.JsonNode a, tools.jackson.databind.JsonNode b) {
        if (a.isNumber() && b.isNumber()) {
            return new java.math.BigDecimal(a.asString()).compareTo(new java.math.BigDecimal(b.asString()));
        }
        return a.equals(b) ? 0 : 1;
    }

    private static Instant micros(long unixNano) {
        return Instant.ofEpochSecond(0, unixNano).truncatedTo(ChronoUnit.MICROS);
    }

    private static Instant instant(ResultSet stored, String column) throws SQLException {
        return stored.getObject(column, java.time.OffsetDateTime.class).toInstant();
    }
}
