package io.voiceagent.archiver.tail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.voiceagent.archiver.Servers;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.SpanNames;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Two services whose traces are not sampled, a real broker, and what becomes of a turn that failed and of one that did not. */
class TailSamplerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Variables VARIABLES = Variables.of(Map.of(
            "KAFKA_BOOTSTRAP_SERVERS",
            Servers.broker().bootstrapServers(),
            "AGENT_PARTITIONS",
            "4",
            "CALL_PARTITIONS",
            "4",
            "TRACE_SAMPLE_RATE",
            "0.0000001"));
    private static final KafkaSettings KAFKA = KafkaSettings.from(VARIABLES);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    @Test
    void aTurnThatFailedIsArchivedFromAllServicesAndOthersAreNot() throws Exception {
        TopicCreator.ensure(KAFKA, PATIENCE);
        try (Telemetry api = telemetry("api");
                Telemetry worker = telemetry("worker");
                var consumer = Consumers.assigned(
                        KAFKA,
                        "test-" + UUID.randomUUID(),
                        Consumers.Isolation.READ_UNCOMMITTED,
                        Consumers.Start.NONE);
                TailSampler sampler = new TailSampler(KAFKA, Duration.ofSeconds(30), 1 << 20, meters)) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topics.OTLP_SPANS).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            sampler.start();

            String fine = turn(api, worker, StatusCode.UNSET);
            String failed = turn(api, worker, StatusCode.ERROR);

            Set<String> seen = new TreeSet<>();
            await().atMost(PATIENCE).until(() -> {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                    seen.addAll(spans(record.value(), Set.of(fine, failed)));
                }
                return seen.size() >= 3 && count("kept") >= 3 && count("dropped") >= 3;
            });
            assertThat(seen)
                    .containsExactly(
                            failed + " POST tail", failed + " agent.process_message tail", failed + " publish tail");
            assertThat(count("given_up") + count("not_sent")).isZero();
            assertThat(api.spansExported() + worker.spansExported())
                    .as("sampled spans")
                    .isZero();
        }
    }

    private double count(String outcome) {
        return meters.get("voice.agent.tail.spans")
                .tag("outcome", outcome)
                .functionCounter()
                .count();
    }

    private static Telemetry telemetry(String service) {
        return Telemetry.start(TelemetryOptions.from(VARIABLES, service, "1", KAFKA));
    }

    /** Its spans come in this order and from two services; the one that tells the end comes last. */
    private static String turn(Telemetry api, Telemetry worker, StatusCode status) {
        Span post = api.tracer("test")
                .spanBuilder("POST")
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        Context context = Context.root().with(post);
        api.tracer("test")
                .spanBuilder("publish")
                .setParent(context)
                .setSpanKind(SpanKind.PRODUCER)
                .startSpan()
                .end();
        post.end();
        assertThat(api.flush(PATIENCE)).isTrue();
        worker.tracer("test")
                .spanBuilder(SpanNames.PROCESS_MESSAGE)
                .setParent(context)
                .startSpan()
                .setStatus(status)
                .end();
        assertThat(post.getSpanContext().isSampled()).isFalse();
        return post.getSpanContext().getTraceId();
    }

    private static List<String> spans(byte[] payload, Set<String> traces) throws Exception {
        return ExportTraceServiceRequest.parseFrom(payload).getResourceSpansList().stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .filter(span -> traces.contains(
                        HexFormat.of().formatHex(span.getTraceId().toByteArray())))
                .map(span -> HexFormat.of().formatHex(span.getTraceId().toByteArray()) + " " + span.getName() + " "
                        + span.getAttributes(0).getValue().getStringValue())
                .toList();
    }
}
