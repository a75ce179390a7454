package io.voiceagent.archiver.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.voiceagent.archiver.ingest.Decoded;
import io.voiceagent.archiver.ingest.InvalidPayloadException;
import io.voiceagent.archiver.metrics.MetricRow.Distribution;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class MetricDecoderTest {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final long TIME = 1_764_000_010_000_000_000L;
    private static final long START = 1_764_000_000_000_000_000L;

    private final MetricDecoder decoder = new MetricDecoder();

    /** Bytes as a sender's SDK has written them once: what is archived must not change with the protobuf classes. */
    @Test
    void readsTheGoldenPayload() throws Exception {
        Decoded<MetricRow> decoded = decoder.decode(golden("metrics-v1.base64"));

        MetricRow.Metric turns = metric("voice_agent.turns", "sum", "{turn}", "delta", true);
        MetricRow.Metric memory = metric("jvm.memory.used", "gauge", "By", null, null);
        assertThat(decoded.refused()).isNull();
        assertThat(decoded.rows())
                .containsExactly(
                        new MetricRow(
                                metric("http.server.duration_ms", "histogram", "ms", "cumulative", null),
                                TIME,
                                START,
                                null,
                                new Distribution(3, 61.5, 1.5, 50.0, "{\"bounds\":[5.0,25.0],\"counts\":[1,1,1]}"),
                                "{\"http.route\":\"/api/v1/responses\"}",
                                "[{\"time\":\"2025-11-24T16:00:09.999999999Z\",\"value\":50.0,"
                                        + "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\","
                                        + "\"span_id\":\"b7ad6b7169203331\",\"attributes\":{}}]"),
                        new MetricRow(turns, TIME, START, 7.0, null, "{}", "[]"),
                        new MetricRow(memory, TIME, null, 1.25e8, null, "{}", "[]"),
                        new MetricRow(memory, TIME, null, null, null, "{}", "[]"),
                        new MetricRow(
                                metric("exp", "exponential_histogram", "", "cumulative", null),
                                TIME,
                                null,
                                null,
                                new Distribution(
                                        4,
                                        null,
                                        null,
                                        null,
                                        "{\"scale\":2,\"zero_count\":1,\"zero_threshold\":0.0,"
                                                + "\"positive\":{\"offset\":-1,\"counts\":[2,1]},"
                                                + "\"negative\":{\"offset\":0,\"counts\":[]}}"),
                                "{}",
                                "[]"),
                        new MetricRow(
                                metric("gc.pause", "summary", "s", null, null),
                                TIME,
                                null,
                                null,
                                new Distribution(
                                        2, 0.5, null, null, "{\"quantiles\":[{\"quantile\":0.99,\"value\":0.4}]}"),
                                "{}",
                                "[]"));
    }

    @Test
    void refusesWhatIsNotAPayload() {
        assertThatThrownBy(() -> decoder.decode("not protobuf".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(InvalidPayloadException.class)
                .hasMessageStartingWith("not an OTLP metrics payload");
    }

    @Test
    void refusesOnlyTheMetricsThatBreakTheDataModel() throws Exception {
        Metric good = gauge("good", 1);
        List<Metric> bad = List.of(
                gauge("", 1),
                gauge("late", -1),
                Metric.newBuilder().setName("without data").build());
        ExportMetricsServiceRequest request = ExportMetricsServiceRequest.newBuilder()
                .addResourceMetrics(ResourceMetrics.newBuilder()
                        .addScopeMetrics(
                                ScopeMetrics.newBuilder().addMetrics(good).addAllMetrics(bad)))
                .build();

        Decoded<MetricRow> decoded = decoder.decode(request.toByteArray());

        assertThat(decoded.rows()).extracting(row -> row.metric().name()).containsExactly("good");
        assertThat(decoded.refused().count()).isEqualTo(3);
        assertThat(decoded.refused().reason()).isEqualTo("name is empty");
        assertThat(ExportMetricsServiceRequest.parseFrom(decoded.refused().payload()).getResourceMetricsList().stream()
                        .map(resource -> resource.getScopeMetrics(0).getMetrics(0))
                        .toList())
                .isEqualTo(bad);
    }

    @Property(tries = 300)
    void keepsEveryDataPoint(@ForAll("requests") ExportMetricsServiceRequest request) throws Exception {
        Decoded<MetricRow> decoded = decoder.decode(request.toByteArray());

        List<Metric> metrics = request.getResourceMetrics(0).getScopeMetricsList().stream()
                .flatMap(scope -> scope.getMetricsList().stream())
                .toList();
        assertThat(decoded.refused()).isNull();
        assertThat(decoded.rows())
                .hasSize(metrics.stream().mapToInt(MetricDecoderTest::points).sum());
        int next = 0;
        for (Metric metric : metrics) {
            for (MetricRow row : decoded.rows().subList(next, next + points(metric))) {
                assertThat(row.metric().name()).isEqualTo(metric.getName().replace('\0', '\uFFFD'));
                assertThat(row.metric().kind().replace("_", ""))
                        .isEqualToIgnoringCase(metric.getDataCase().name().replace("_", ""));
            }
            next += points(metric);
        }
        for (MetricRow row : decoded.rows()) {
            assertThat(JSON.readTree(row.exemplars()).isArray()).isTrue();
            if (row.distribution() != null) {
                assertThat(JSON.readTree(row.distribution().buckets()).isObject())
                        .isTrue();
            }
            assertThat(row.toString()).doesNotContain("\0").doesNotContain("\\u0000");
        }
    }

    @Provide
    Arbitrary<ExportMetricsServiceRequest> requests() {
        return MetricSamples.requests();
    }

    private static int points(Metric metric) {
        return switch (metric.getDataCase()) {
            case GAUGE -> metric.getGauge().getDataPointsCount();
            case SUM -> metric.getSum().getDataPointsCount();
            case HISTOGRAM -> metric.getHistogram().getDataPointsCount();
            case EXPONENTIAL_HISTOGRAM -> metric.getExponentialHistogram().getDataPointsCount();
            case SUMMARY -> metric.getSummary().getDataPointsCount();
            case DATA_NOT_SET -> 0;
        };
    }

    private static Metric gauge(String name, long time) {
        return Metric.newBuilder()
                .setName(name)
                .setGauge(Gauge.newBuilder()
                        .addDataPoints(NumberDataPoint.newBuilder()
                                .setTimeUnixNano(time)
                                .setAsDouble(1)))
                .build();
    }

    private static MetricRow.Metric metric(
            String name, String kind, String unit, String temporality, Boolean monotonic) {
        return new MetricRow.Metric(
                "voice-agent-worker",
                name,
                kind,
                unit,
                temporality,
                monotonic,
                "{\"service.name\":\"voice-agent-worker\",\"service.instance.id\":\"i-1\"}",
                "io.voiceagent.agent",
                "0.1");
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = MetricDecoderTest.class.getResourceAsStream("/golden/" + name)) {
            return Base64.getMimeDecoder().decode(in.readAllBytes());
        }
    }
}
