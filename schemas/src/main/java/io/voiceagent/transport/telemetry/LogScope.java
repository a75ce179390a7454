package io.voiceagent.transport.telemetry;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Puts {@code trace_id} and {@code span_id} into the log lines of this thread until it is closed, and then puts back
 * what was there. Use it in try-with-resources, on one thread.
 */
public final class LogScope implements AutoCloseable {
    /** Key of the trace id in the logging context and in JSON log lines. */
    public static final String TRACE_ID = "trace_id";

    /** Key of the span id in the logging context and in JSON log lines. */
    public static final String SPAN_ID = "span_id";

    private static final ThreadLocal<SpanContext> CURRENT = ThreadLocal.withInitial(SpanContext::getInvalid);

    private final SpanContext outer = CURRENT.get();
    private final @Nullable String outerTraceId = MDC.get(TRACE_ID);
    private final @Nullable String outerSpanId = MDC.get(SPAN_ID);

    private LogScope() {}

    /** Log lines carry the ids of the span in {@code context}; those of before when it has none. */
    public static LogScope of(Context context) {
        LogScope scope = new LogScope();
        SpanContext span = Span.fromContext(context).getSpanContext();
        if (span.isValid()) {
            MDC.put(TRACE_ID, span.getTraceId());
            MDC.put(SPAN_ID, span.getSpanId());
            CURRENT.set(span);
        }
        return scope;
    }

    /** The span that this thread's log lines name; invalid when they name none. */
    static SpanContext current() {
        return CURRENT.get();
    }

    @Override
    public void close() {
        CURRENT.set(outer);
        restore(TRACE_ID, outerTraceId);
        restore(SPAN_ID, outerSpanId);
    }

    private static void restore(String key, @Nullable String value) {
        if (value == null) {
            MDC.remove(key);
        } else {
            MDC.put(key, value);
        }
    }
}
