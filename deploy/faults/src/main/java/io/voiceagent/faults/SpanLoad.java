package io.voiceagent.faults;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.voiceagent.messages.Topics;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Spans like those of a turn, eight to a trace, each with an id of its own, as the services send them. */
final class SpanLoad {

    /** The service that they are of. */
    static final String SERVICE = "span-load";

    /** Of one payload. */
    static final int PAYLOAD_SPANS = 50;

    private static final int SPANS_OF_A_TRACE = 8;
    private static final int IN_FLIGHT = 200;

    private SpanLoad() {}

    /** Sends {@code count} spans, numbered from {@code first}, and returns when the broker has all of them. */
    static void send(String bootstrapServers, int first, int count) throws InterruptedException, ExecutionException {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("linger.ms", 20);
        settings.put("batch.size", 256 << 10);
        Resource resource = Resource.newBuilder()
                .addAttributes(text("service.name", SERVICE))
                .build();
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            Future<?>[] sends = new Future<?>[IN_FLIGHT];
            for (int number = 0, payload = 0; number < count; number += PAYLOAD_SPANS, payload++) {
                ScopeSpans.Builder spans = ScopeSpans.newBuilder();
                for (int i = number; i < Math.min(count, number + PAYLOAD_SPANS); i++) {
                    spans.addSpans(span(first + i));
                }
                byte[] value = ExportTraceServiceRequest.newBuilder()
                        .addResourceSpans(
                                ResourceSpans.newBuilder().setResource(resource).addScopeSpans(spans))
                        .build()
                        .toByteArray();
                Future<?> before = sends[payload % IN_FLIGHT];
                if (before != null) {
                    before.get();
                }
                sends[payload % IN_FLIGHT] = producer.send(new ProducerRecord<>(Topics.OTLP_SPANS, value));
            }
            producer.flush();
            for (Future<?> send : sends) {
                if (send != null) {
                    send.get();
                }
            }
        }
    }

    private static Span span(int number) {
        long now = TimeUnit.MILLISECONDS.toNanos(Instant.now().toEpochMilli());
        int trace = number / SPANS_OF_A_TRACE;
        boolean root = number % SPANS_OF_A_TRACE == 0;
        return Span.newBuilder()
                .setTraceId(id(16, trace + 1L))
                .setSpanId(id(8, number + 1L))
                .setParentSpanId(root ? ByteString.EMPTY : id(8, trace * (long) SPANS_OF_A_TRACE + 1))
                .setName(root ? "agent.process_message" : number % 2 == 0 ? "agent.call_llm" : "tool.execute")
                .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
                .setStartTimeUnixNano(now)
                .setEndTimeUnixNano(now + 1_500_000)
                .addAllAttributes(List.of(
                        text("gen_ai.operation.name", "chat"),
                        text("gen_ai.request.model", "some-model"),
                        text("messaging.system", "kafka"),
                        text("messaging.destination.name", "llm.calls"),
                        text("server.address", "model.internal"),
                        number("gen_ai.usage.input_tokens", number),
                        number("gen_ai.usage.output_tokens", 2L * number),
                        number("thread.id", 42)))
                .addEvents(Span.Event.newBuilder().setName("first_token").setTimeUnixNano(now + 500_000))
                .build();
    }

    private static KeyValue text(String key, String value) {
        return KeyValue.newBuilder()
                .setKey(key)
                .setValue(AnyValue.newBuilder().setStringValue(value))
                .build();
    }

    private static KeyValue number(String key, long value) {
        return KeyValue.newBuilder()
                .setKey(key)
                .setValue(AnyValue.newBuilder().setIntValue(value))
                .build();
    }

    private static ByteString id(int bytes, long number) {
        return ByteString.copyFrom(
                ByteBuffer.allocate(bytes).putLong(bytes - Long.BYTES, number).array());
    }
}
