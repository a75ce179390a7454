package io.voiceagent.archiver.spans;

import org.jspecify.annotations.Nullable;

/**
 * One finished span, as a row of {@code trace_spans}.
 *
 * @param traceId 32 lower-case hex digits
 * @param spanId 16 lower-case hex digits
 * @param parentSpanId as {@code spanId}; null for a root
 * @param kind unspecified, internal, server, client, producer, consumer
 * @param startUnixNano nanoseconds since 1970, not negative
 * @param endUnixNano likewise; before the start only if the sender's clock says so
 * @param status unset, ok, error
 * @param attributes JSON object, as {@code resource}
 * @param events JSON array of objects with name, time, attributes
 * @param links JSON array of objects with trace_id, span_id, trace_state, attributes
 */
public record SpanRow(
        String traceId,
        String spanId,
        @Nullable String parentSpanId,
        String serviceName,
        String name,
        String kind,
        long startUnixNano,
        long endUnixNano,
        String status,
        @Nullable String statusMessage,
        @Nullable String traceState,
        @Nullable String scopeName,
        @Nullable String scopeVersion,
        String attributes,
        String resource,
        String events,
        String links) {

    /** Milliseconds from start to end. */
    public double durationMillis() {
        return (endUnixNano - startUnixNano) / 1e6;
    }
}
