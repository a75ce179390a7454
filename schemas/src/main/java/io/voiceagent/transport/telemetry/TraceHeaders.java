package io.voiceagent.transport.telemetry;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Trace context in Kafka headers: {@code traceparent} and {@code tracestate}, UTF-8.
 *
 * @see <a href="https://www.w3.org/TR/trace-context/">W3C Trace Context</a>
 */
public final class TraceHeaders {
    private static final W3CTraceContextPropagator W3C = W3CTraceContextPropagator.getInstance();

    private TraceHeaders() {}

    /** Writes the span of {@code context} into {@code headers}, replacing what is there; nothing without a span. */
    public static void inject(Context context, Headers headers) {
        W3C.inject(context, headers, Setter.INSTANCE);
    }

    /** A context whose span is the remote parent named in {@code headers}; without a valid one, the root context. */
    public static Context extract(Headers headers) {
        return W3C.extract(Context.root(), headers, Getter.INSTANCE);
    }

    /**
     * A context that makes the span with these ids the parent of what is started or injected in it, whether that span
     * exists yet or not.
     *
     * @param traceId 32 lower-case hex digits
     * @param spanId 16 lower-case hex digits
     * @param sampled whether the trace is recorded
     */
    public static Context parent(String traceId, String spanId, boolean sampled) {
        TraceFlags flags = sampled ? TraceFlags.getSampled() : TraceFlags.getDefault();
        return Context.root()
                .with(Span.wrap(SpanContext.createFromRemoteParent(traceId, spanId, flags, TraceState.getDefault())));
    }

    private enum Setter implements TextMapSetter<Headers> {
        INSTANCE;

        @Override
        public void set(@Nullable Headers headers, String key, String value) {
            if (headers != null) {
                headers.remove(key).add(key, value.getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private enum Getter implements TextMapGetter<Headers> {
        INSTANCE;

        @Override
        public Iterable<String> keys(Headers headers) {
            List<String> keys = new ArrayList<>();
            headers.forEach(header -> keys.add(header.key()));
            return keys;
        }

        @Override
        public @Nullable String get(@Nullable Headers headers, String key) {
            Header header = headers == null ? null : headers.lastHeader(key);
            return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
        }
    }
}
