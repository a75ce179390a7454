package io.voiceagent.transport.telemetry;

import io.prometheus.metrics.tracer.common.SpanContext;
import org.jspecify.annotations.Nullable;

/**
 * Lets Prometheus' histograms and counters keep, beside a value, the trace that it was measured in: that of the {@link LogScope} of the
 * thread. Only sampled traces are named, since nobody could open the others.
 *
 * @see <a href="https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars">Exemplars in OpenMetrics</a>
 */
public final class TraceExemplars implements SpanContext {
    @Override
    public @Nullable String getCurrentTraceId() {
        var span = LogScope.current();
        return span.isValid() ? span.getTraceId() : null;
    }

    @Override
    public @Nullable String getCurrentSpanId() {
        var span = LogScope.current();
        return span.isValid() ? span.getSpanId() : null;
    }

    @Override
    public boolean isCurrentSpanSampled() {
        return LogScope.current().isSampled();
    }

    /** That a value stands for its span here says nothing about the span itself. */
    @Override
    public void markCurrentSpanAsExemplar() {}
}
