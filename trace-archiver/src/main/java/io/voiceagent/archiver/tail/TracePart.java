package io.voiceagent.archiver.tail;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import io.voiceagent.transport.telemetry.SpanNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Spans of one trace that came from one service at one time, and what they say of the turn.
 *
 * @param traceId 32 hex digits
 * @param spans of one resource and scope each
 * @param failed whether one of them is an error
 * @param turn how long the turn took; zero when its span is not among them
 * @param answered whether a request's span is among them
 * @param sent whether something was sent, so that spans of others are to be waited for
 * @param decided whether the orchestrator's span of a turn or request is among them: nothing of weight comes after it
 * @param bytes what it takes in memory, about
 */
record TracePart(
        String traceId,
        List<ResourceSpans> spans,
        boolean failed,
        Duration turn,
        boolean answered,
        boolean sent,
        boolean decided,
        int bytes) {
    /** On each span that the tail rule kept: how it came to be here, since such spans are no sample. */
    private static final KeyValue KEPT = KeyValue.newBuilder()
            .setKey("voice_agent.sampled_by")
            .setValue(AnyValue.newBuilder().setStringValue("tail"))
            .build();

    /** The parts of a payload, one a trace, in the order in which traces first appear. */
    static List<TracePart> parse(byte[] payload) throws InvalidProtocolBufferException {
        Map<String, List<ResourceSpans>> traces = new LinkedHashMap<>();
        for (ResourceSpans resource :
                ExportTraceServiceRequest.parseFrom(payload).getResourceSpansList()) {
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                Map<String, ScopeSpans.Builder> here = new LinkedHashMap<>();
                for (Span span : scope.getSpansList()) {
                    here.computeIfAbsent(
                                    HexFormat.of().formatHex(span.getTraceId().toByteArray()),
                                    any -> scope.toBuilder().clearSpans())
                            .addSpans(span);
                }
                here.forEach((trace, spans) -> traces.computeIfAbsent(trace, any -> new ArrayList<>())
                        .add(resource.toBuilder()
                                .clearScopeSpans()
                                .addScopeSpans(spans)
                                .build()));
            }
        }
        return traces.entrySet().stream()
                .map(trace -> of(trace.getKey(), trace.getValue()))
                .toList();
    }

    private static TracePart of(String traceId, List<ResourceSpans> parts) {
        boolean failed = false;
        boolean answered = false;
        boolean sent = false;
        boolean decided = false;
        Duration turn = Duration.ZERO;
        for (Span span : spans(parts)) {
            failed |= span.getStatus().getCode() == StatusCode.STATUS_CODE_ERROR;
            answered |= span.getKind() == SpanKind.SPAN_KIND_SERVER;
            sent |= span.getKind() == SpanKind.SPAN_KIND_PRODUCER;
            if (span.getName().equals(SpanNames.PROCESS_MESSAGE)) {
                turn = Duration.ofNanos(span.getEndTimeUnixNano() - span.getStartTimeUnixNano());
                decided = true;
            }
            decided |= span.getName().equals(SpanNames.PROCESS_REQUEST);
        }
        int bytes = parts.stream().mapToInt(ResourceSpans::getSerializedSize).sum();
        return new TracePart(traceId, List.copyOf(parts), failed, turn, answered, sent, decided, bytes);
    }

    /** How many spans it has. */
    int count() {
        return spans(spans).size();
    }

    /** The payload of the parts, each span marked as kept by the tail rule. */
    static byte[] payload(List<TracePart> parts) {
        ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
        for (TracePart part : parts) {
            for (ResourceSpans resource : part.spans) {
                ResourceSpans.Builder copy = resource.toBuilder();
                copy.getScopeSpansBuilderList()
                        .forEach(scope -> scope.getSpansBuilderList().forEach(span -> span.addAttributes(KEPT)));
                request.addResourceSpans(copy);
            }
        }
        return request.build().toByteArray();
    }

    private static List<Span> spans(List<ResourceSpans> parts) {
        return parts.stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
    }
}
