package io.voiceagent.transport.telemetry;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;

/**
 * Lets ended spans into a batch processor while there is room, and counts those it turns away: the batch processor
 * itself drops in silence.
 */
final class BoundedSpanProcessor implements SpanProcessor {
    private final SpanProcessor batches;
    private final SpanCounts counts;
    private final boolean sampled;

    /**
     * @param batches must have a queue larger than {@link SpanCounts#MAX_WAITING}
     * @param sampled whether it is for spans that are sampled, or for those that are recorded and not sampled
     */
    BoundedSpanProcessor(SpanProcessor batches, SpanCounts counts, boolean sampled) {
        this.batches = batches;
        this.counts = counts;
        this.sampled = sampled;
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (span.getSpanContext().isSampled() == sampled && counts.admit()) {
            batches.onEnd(span);
        }
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }

    @Override
    public CompletableResultCode forceFlush() {
        return batches.forceFlush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return batches.shutdown();
    }
}
