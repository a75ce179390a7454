package io.voiceagent.archiver.spans;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.voiceagent.archiver.otlp.OtlpArbitraries;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Spans to test with. */
public final class SpanSamples {

    private SpanSamples() {}

    /** A payload of {@code count} spans whose ids are numbered from {@code first}, all of one trace, starting now. */
    public static byte[] payload(String service, int first, int count) {
        return request(
                        service,
                        IntStream.range(first, first + count)
                                .mapToObj(SpanSamples::span)
                                .toList())
                .toByteArray();
    }

    /** A request with these spans. */
    public static ExportTraceServiceRequest request(String service, List<Span> spans) {
        Resource resource = Resource.newBuilder()
                .addAttributes(text("service.name", service))
                .build();
        return ExportTraceServiceRequest.newBuilder()
                .addResourceSpans(ResourceSpans.newBuilder()
                        .setResource(resource)
                        .addScopeSpans(ScopeSpans.newBuilder().addAllSpans(spans)))
                .build();
    }

    /** A span as an instrumented service sends it: eight attributes, one event. */
    public static Span span(int number) {
        long now = TimeUnit.MILLISECONDS.toNanos(Instant.now().toEpochMilli());
        return Span.newBuilder()
                .setTraceId(id(16, number / 8 + 1L))
                .setSpanId(id(8, number + 1L))
                .setParentSpanId(number % 8 == 0 ? ByteString.EMPTY : id(8, number))
                .setName(number % 3 == 0 ? "agent.call_llm" : "tool.execute")
                .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
                .setStartTimeUnixNano(now)
                .setEndTimeUnixNano(now + 1_500_000)
                .addAttributes(text("gen_ai.operation.name", "chat"))
                .addAttributes(text("gen_ai.request.model", "some-model"))
                .addAttributes(text("messaging.system", "kafka"))
                .addAttributes(text("messaging.destination.name", "llm.calls"))
                .addAttributes(text("server.address", "model.internal"))
                .addAttributes(number("gen_ai.usage.input_tokens", number))
                .addAttributes(number("gen_ai.usage.output_tokens", 2L * number))
                .addAttributes(number("thread.id", 42))
                .addEvents(Span.Event.newBuilder().setName("first_token").setTimeUnixNano(now + 500_000))
                .build();
    }

    public static KeyValue text(String key, String value) {
        return KeyValue.newBuilder()
                .setKey(key)
                .setValue(AnyValue.newBuilder().setStringValue(value))
                .build();
    }

    static KeyValue number(String key, long value) {
        return KeyValue.newBuilder()
                .setKey(key)
                .setValue(AnyValue.newBuilder().setIntValue(value))
                .build();
    }

    public static ByteString id(int bytes, long number) {
        return ByteString.copyFrom(
                ByteBuffer.allocate(bytes).putLong(bytes - Long.BYTES, number).array());
    }

    /** Requests of valid spans, of several resources and scopes. */
    public static Arbitrary<ExportTraceServiceRequest> requests() {
        Arbitrary<ScopeSpans> scopes = Combinators.combine(
                        OtlpArbitraries.scopes(), spans().list().ofMaxSize(3))
                .as((scope, spans) -> ScopeSpans.newBuilder()
                        .setScope(scope)
                        .addAllSpans(spans)
                        .build());
        Arbitrary<ResourceSpans> resources = Combinators.combine(
                        OtlpArbitraries.resources(), scopes.list().ofMaxSize(2))
                .as((resource, scope) -> ResourceSpans.newBuilder()
                        .setResource(resource)
                        .addAllScopeSpans(scope)
                        .build());
        return resources
                .list()
                .ofMaxSize(2)
                .map(list -> ExportTraceServiceRequest.newBuilder()
                        .addAllResourceSpans(list)
                        .build());
    }

    private static Arbitrary<Span> spans() {
        Arbitrary<Span> bare = Combinators.combine(
                        OtlpArbitraries.ids(16),
                        OtlpArbitraries.ids(8),
                        OtlpArbitraries.ids(8).injectNull(0.3),
                        OtlpArbitraries.texts(),
                        Arbitraries.of(Span.SpanKind.values()).filter(kind -> kind != Span.SpanKind.UNRECOGNIZED),
                        Arbitraries.longs().between(0, Long.MAX_VALUE),
                        Arbitraries.longs().between(0, Long.MAX_VALUE))
                .as((trace, span, parent, name, kind, start, end) -> Span.newBuilder()
                        .setTraceId(trace)
                        .setSpanId(span)
                        .setParentSpanId(parent == null ? ByteString.EMPTY : parent)
                        .setName(name)
                        .setKind(kind)
                        .setStartTimeUnixNano(start)
                        .setEndTimeUnixNano(end)
                        .build());
        return Combinators.combine(
                        bare,
                        OtlpArbitraries.attributes(),
                        events().list().ofMaxSize(2),
                        links().list().ofMaxSize(2),
                        OtlpArbitraries.texts(),
                        OtlpArbitraries.texts())
                .as((span, attributes, events, links, message, state) -> span.toBuilder()
                        .addAllAttributes(attributes)
                        .addAllEvents(events)
                        .addAllLinks(links)
                        .setTraceState(state)
                        .setStatus(span.getStatus().toBuilder().setMessage(message))
                        .build());
    }

    private static Arbitrary<Span.Event> events() {
        return Combinators.combine(OtlpArbitraries.texts(), Arbitraries.longs(), OtlpArbitraries.attributes())
                .as((name, time, attributes) -> Span.Event.newBuilder()
                        .setName(name)
                        .setTimeUnixNano(time)
                        .addAllAttributes(attributes)
                        .build());
    }

    private static Arbitrary<Span.Link> links() {
        return Combinators.combine(OtlpArbitraries.ids(16), OtlpArbitraries.ids(8), OtlpArbitraries.attributes())
                .as((trace, span, attributes) -> Span.Link.newBuilder()
                        .setTraceId(trace)
                        .setSpanId(span)
                        .addAllAttributes(attributes)
                        .build());
    }
}
