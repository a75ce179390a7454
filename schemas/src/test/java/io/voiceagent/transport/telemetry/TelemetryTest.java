package io.voiceagent.transport.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.resource.v1.Resource;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaBroker;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Variables;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a service's telemetry brings to Kafka and to an OTLP endpoint, read with OTLP's own protobuf classes. */
@ExtendWith(KafkaBroker.class)
class TelemetryTest {
    private final String service = "service-" + UUID.randomUUID();
    private final Map<String, io.opentelemetry.proto.trace.v1.Span> spans = new HashMap<>();
    private final Map<String, String> services = new HashMap<>();
    private Consumer<String, byte[]> consumer;

    @BeforeEach
    void readFromTheEnd() {
        consumer = Consumers.assigned(
                KafkaBroker.settings(), "test-" + service, Consumers.Isolation.READ_UNCOMMITTED, Consumers.Start.NONE);
        List<TopicPartition> partitions = List.of(Topics.OTLP_SPANS, Topics.OTLP_METRICS).stream()
                .flatMap(t -> consumer.partitionsFor(t).stream())
                .map(p -> new TopicPartition(p.topic(), p.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position);
    }

    @AfterEach
    void close() {
        consumer.close();
    }

    private Telemetry start(Map<String, String> variables) {
        return Telemetry.start(
                TelemetryOptions.from(Variables.of(variables), service, "1.2.3", KafkaBroker.settings()));
    }

    @Test
    void anEndedSpanIsOnTheTopicWithinASecond() {
        try (Telemetry telemetry = start(Map.of())) {
            Span warm = telemetry.tracer("test").spanBuilder("warm").startSpan();
            warm.end();
            await().until(() -> seen("warm").isPresent());
            Span parent = telemetry.tracer("test").spanBuilder("parent").startSpan();
            Span child = telemetry
                    .tracer("test")
                    .spanBuilder("child")
                    .setParent(Context.root().with(parent))
                    .startSpan();
            child.end();
            parent.end();
            long ended = System.nanoTime();

            await().pollInterval(Duration.ofMillis(10))
                    .until(() -> seen("child").isPresent() && seen("parent").isPresent());

            assertThat(Duration.ofNanos(System.nanoTime() - ended)).isLessThan(Duration.ofSeconds(1));
            assertThat(seen("child").orElseThrow().getParentSpanId())
                    .isEqualTo(seen("parent").orElseThrow().getSpanId());
            assertThat(services).containsEntry("child", service);
            assertThat(telemetry.spansExported()).isEqualTo(3);
            assertThat(telemetry.spansLost()).isZero();
        }
    }

    @Test
    void aSpanCanBeMadeAfterItsChildrenWithTheIdTheyName() {
        try (Telemetry telemetry = start(Map.of())) {
            Span request = telemetry.tracer("test").spanBuilder("request").startSpan();
            String turn = ForcedIds.spanIdOf("resp_1");
            Context context = TraceHeaders.parent(request.getSpanContext().getTraceId(), turn, true);
            telemetry
                    .tracer("test")
                    .spanBuilder("call")
                    .setParent(context)
                    .startSpan()
                    .end();
            Instant began = Instant.now().minusSeconds(5);
            ForcedIds.start(
                            telemetry
                                    .tracer("test")
                                    .spanBuilder("turn")
                                    .setParent(Context.root().with(request))
                                    .setStartTimestamp(began),
                            turn)
                    .end();
            request.end();

            await().until(() -> seen("turn").isPresent() && seen("call").isPresent());

            var span = seen("turn").orElseThrow();
            assertThat(HexFormat.of().formatHex(span.getSpanId().toByteArray())).isEqualTo(turn);
            assertThat(seen("call").orElseThrow().getParentSpanId()).isEqualTo(span.getSpanId());
            assertThat(span.getTraceId()).isEqualTo(seen("call").orElseThrow().getTraceId());
            assertThat(span.getStartTimeUnixNano() / 1_000_000).isEqualTo(began.toEpochMilli());
        }
    }

    @Test
    void aForcedIdIsForOneSpanOnly() {
        try (Telemetry telemetry = start(Map.of())) {
            String trace = "0af7651916cd43dd8448eb211c80319c";
            String id = ForcedIds.spanIdOf("x");
            Span forced =
                    ForcedIds.start(telemetry.tracer("test").spanBuilder("a").setNoParent(), trace, id);
            Span free = telemetry.tracer("test").spanBuilder("b").setNoParent().startSpan();

            assertThat(forced.getSpanContext().getSpanId()).isEqualTo(id);
            assertThat(forced.getSpanContext().getTraceId()).isEqualTo(trace);
            assertThat(free.getSpanContext().getSpanId()).isNotEqualTo(id);
        }
    }

    @Test
    void theSampleRateDecidesForNewTracesOnly() {
        try (Telemetry telemetry = start(Map.of("TRACE_SAMPLE_RATE", "0"))) {
            Span fresh =
                    telemetry.tracer("test").spanBuilder("fresh").setNoParent().startSpan();
            Span joined = telemetry
                    .tracer("test")
                    .spanBuilder("joined")
                    .setParent(TraceHeaders.parent("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true))
                    .startSpan();

            assertThat(fresh.getSpanContext().isSampled()).isFalse();
            assertThat(joined.getSpanContext().isSampled()).isTrue();
        }
    }

    @Test
    void aTracedProducerPutsItsSpanIntoTheRecord() throws Exception {
        try (Telemetry telemetry = start(Map.of());
                var producer = Producers.submit(KafkaBroker.settings(), "producer-" + service);
                var traced = telemetry.traced(producer)) {
            ProducerRecord<String, byte[]> record = new ProducerRecord<>(Topics.REQUESTS, "k", new byte[] {'{', '}'});
            Span request = telemetry.tracer("test").spanBuilder("request").startSpan();
            try (Scope scope = request.makeCurrent()) {
                traced.send(record).get();
            }
            request.end();

            await().until(() -> seen("agent.requests publish").isPresent());

            var publish = seen("agent.requests publish").orElseThrow();
            assertThat(HexFormat.of().formatHex(publish.getParentSpanId().toByteArray()))
                    .isEqualTo(request.getSpanContext().getSpanId());
            assertThat(new String(
                            record.headers().lastHeader("traceparent").value(),
                            java.nio.charset.StandardCharsets.UTF_8))
                    .contains(HexFormat.of().formatHex(publish.getSpanId().toByteArray()));
        }
    }

    @Test
    void metersReachTheMetricsTopic() {
        try (Telemetry telemetry = start(Map.of("METRICS_INTERVAL_SECONDS", "1"))) {
            var registry = telemetry.meterRegistry();
            registry.counter("orders", "kind", "large").increment(3);
            registry.counter("kafka.consumer.something").increment();

            await().atMost(Duration.ofSeconds(15)).until(() -> metric("orders").isPresent());

            var point = metric("orders").orElseThrow().getSum().getDataPoints(0);
            assertThat(point.getAsDouble()).isEqualTo(3);
            assertThat(point.getAttributes(0).getValue().getStringValue()).isEqualTo("large");
            assertThat(metric("kafka.consumer.something")).isEmpty();
            registry.close();
        }
    }

    private record Post(String path, String type, byte[] body) {}

    /** Both ways bring the same, and the published protobuf classes read it: a span with everything that a span can have, and each kind of meter. */
    @Test
    void spansAndMetricsAlsoGoToAnEndpoint() throws Exception {
        BlockingQueue<Post> posts = new LinkedBlockingQueue<>();
        HttpServer collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/", exchange -> {
            posts.add(new Post(
                    exchange.getRequestURI().getPath(),
                    exchange.getRequestHeaders().getFirst("Content-Type"),
                    exchange.getRequestBody().readAllBytes()));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        String endpoint = "http://127.0.0.1:" + collector.getAddress().getPort();
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (Telemetry telemetry =
                start(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "METRICS_INTERVAL_SECONDS", "1"))) {
            telemetry.bindTo(meters);
            spanWithEverything(telemetry);
            var registry = telemetry.meterRegistry();
            registry.counter("orders").increment(3);
            registry.gauge("depth", 7);
            io.micrometer.core.instrument.Timer.builder("took")
                    .publishPercentileHistogram()
                    .register(registry)
                    .record(Duration.ofMillis(12));

            Map<String, Post> received = new HashMap<>();
            await().atMost(Duration.ofSeconds(20)).until(() -> {
                Post post = posts.poll(50, TimeUnit.MILLISECONDS);
                if (post != null) {
                    received.put(post.path(), post);
                }
                return received.size() == 2;
            });
            assertThat(received.values()).extracting(Post::type).containsOnly("application/x-protobuf");
            var trace = ExportTraceServiceRequest.parseFrom(
                    received.get("/v1/traces").body());
            await().until(() -> seen("both").isPresent());
            var span = trace.getResourceSpans(0).getScopeSpans(0).getSpans(0);
            assertThat(ofThisTest(trace.getResourceSpans(0).getResource())).isTrue();
            assertThat(span).isEqualTo(seen("both").orElseThrow());
            assertThat(span.getUnknownFields().asMap()).isEmpty();
            assertThat(span.getAttributesCount()).isEqualTo(5);
            assertThat(span.getEvents(0).getName()).isEqualTo("first");
            assertThat(span.getLinks(0).getTraceId().size()).isEqualTo(16);
            assertThat(span.getStatus().getCode())
                    .isEqualTo(io.opentelemetry.proto.trace.v1.Status.StatusCode.STATUS_CODE_ERROR);
            assertThat(span.getFlags() & 1).isEqualTo(1);

            var metrics = ExportMetricsServiceRequest.parseFrom(
                    received.get("/v1/metrics").body());
            assertThat(metrics.getResourceMetrics(0).getScopeMetrics(0).getMetricsList())
                    .filteredOn(metric -> List.of("orders", "depth", "took").contains(metric.getName()))
                    .extracting(metric -> metric.getName() + " " + metric.getDataCase())
                    .containsExactlyInAnyOrder("orders SUM", "depth GAUGE", "took HISTOGRAM");
            await().until(() -> metric("took").isPresent());
            await().untilAsserted(() -> assertThat(meters.get("voice.agent.telemetry.spans.exported")
                            .tag("destination", "otlp")
                            .functionCounter()
                            .count())
                    .isEqualTo(1));
            registry.close();
        } finally {
            collector.stop(0);
        }
    }

    private static void spanWithEverything(Telemetry telemetry) {
        var linked = TraceHeaders.parent("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true);
        telemetry
                .tracer("test")
                .spanBuilder("both")
                .setAttribute("text", "ü\u0000")
                .setAttribute("number", 7L)
                .setAttribute("fraction", 0.5)
                .setAttribute("truth", true)
                .setAttribute(AttributeKey.stringArrayKey("list"), List.of("a", "b"))
                .addLink(Span.fromContext(linked).getSpanContext())
                .startSpan()
                .addEvent("first", Attributes.of(AttributeKey.longKey("n"), 1L))
                .setStatus(StatusCode.ERROR, "why")
                .end();
    }

    /** An endpoint that refuses costs the spans that were for it, and they are counted; the archive has them all the same. */
    @Test
    void whatAnEndpointDoesNotTakeIsCounted() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (Refusing refusing = new Refusing();
                Telemetry telemetry =
                        start(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", refusing.url(), "OTEL_METRICS_EXPORTER", "none"))) {
            telemetry.bindTo(meters);
            telemetry.tracer("test").spanBuilder("refused").startSpan().end();
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(meters.get("voice.agent.telemetry.spans.lost")
                                    .tag("destination", "otlp")
                                    .tag("reason", "not_sent")
                                    .functionCounter()
                                    .count())
                            .isEqualTo(1));
            await().until(() -> seen("refused").isPresent());
            assertThat(telemetry.spansLost()).isZero();
        }
    }

    private static final class Refusing implements AutoCloseable {
        private final HttpServer server;

        Refusing() {
            try {
                server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            server.createContext("/", exchange -> {
                exchange.getRequestBody().readAllBytes();
                exchange.sendResponseHeaders(400, -1);
                exchange.close();
            });
            server.start();
        }

        String url() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    @Test
    void countsAreMeters() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (Telemetry telemetry = start(Map.of())) {
            telemetry.bindTo(meters);
            telemetry.tracer("test").spanBuilder("a").startSpan().end();
            assertThat(telemetry.flush(Duration.ofSeconds(10))).isTrue();

            assertThat(meters.get("voice.agent.telemetry.spans.exported")
                            .tag("destination", "archive")
                            .functionCounter()
                            .count())
                    .isEqualTo(1);
            assertThat(meters.get("voice.agent.telemetry.spans.lost")
                            .tag("reason", "not_sent")
                            .functionCounter()
                            .count())
                    .isZero();
        }
    }

    /** A span of this test's service with that name, when it has come. */
    private Optional<io.opentelemetry.proto.trace.v1.Span> seen(String name) {
        poll();
        return Optional.ofNullable(spans.get(name));
    }

    private final Map<String, Metric> metrics = new HashMap<>();

    private Optional<Metric> metric(String name) {
        poll();
        return Optional.ofNullable(metrics.get(name));
    }

    private void poll() {
        consumer.poll(Duration.ofMillis(10)).forEach(record -> {
            try {
                if (record.topic().equals(Topics.OTLP_SPANS)) {
                    ExportTraceServiceRequest.parseFrom(record.value())
                            .getResourceSpansList()
                            .forEach(r -> {
                                if (ofThisTest(r.getResource())) {
                                    r.getScopeSpansList()
                                            .forEach(s -> s.getSpansList().forEach(span -> {
                                                spans.put(span.getName(), span);
                                                services.put(span.getName(), service);
                                            }));
                                }
                            });
                } else {
                    ExportMetricsServiceRequest.parseFrom(record.value())
                            .getResourceMetricsList()
                            .forEach(r -> {
                                if (ofThisTest(r.getResource())) {
                                    r.getScopeMetricsList()
                                            .forEach(s -> s.getMetricsList().forEach(m -> metrics.put(m.getName(), m)));
                                }
                            });
                }
            } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private boolean ofThisTest(Resource resource) {
        return resource.getAttributesList().stream()
                .anyMatch(a -> a.getKey().equals("service.name")
                        && a.getValue().getStringValue().equals(service));
    }
}
