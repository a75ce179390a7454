package io.voiceagent.transport.telemetry;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What became of the spans of a service on their way to the archive; every span ends in exactly one of the counts. */
final class SpanCounts implements MeterBinder {
    /** Spans that may wait for the exporter; one more is dropped rather than held in memory. */
    static final int MAX_WAITING = 16_384;

    private final AtomicInteger waiting = new AtomicInteger();
    private final LongAdder exported = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder tooLarge = new LongAdder();
    private final LongAdder unsent = new LongAdder();

    /** Takes a place in the queue, or counts the span as dropped. */
    boolean admit() {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            dropped.increment();
            return false;
        }
        return true;
    }

    void taken(int spans) {
        waiting.addAndGet(-spans);
    }

    void exported(int spans) {
        exported.add(spans);
    }

    void tooLarge(int spans) {
        tooLarge.add(spans);
    }

    void unsent(int spans) {
        unsent.add(spans);
    }

    long exported() {
        return exported.sum();
    }

    /** Spans that will not be archived, for whatever reason. */
    long lost() {
        return dropped.sum() + tooLarge.sum() + unsent.sum();
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        FunctionCounter.builder("voice.agent.telemetry.spans.exported", exported, LongAdder::sum)
                .description("Spans acknowledged by Kafka")
                .register(registry);
        lostCounter(registry, "queue_full", dropped);
        lostCounter(registry, "too_large", tooLarge);
        lostCounter(registry, "not_sent", unsent);
        Gauge.builder("voice.agent.telemetry.spans.waiting", waiting, AtomicInteger::get)
                .description("Spans that have ended and wait for export")
                .register(registry);
    }

    private static void lostCounter(MeterRegistry registry, String reason, LongAdder count) {
        FunctionCounter.builder("voice.agent.telemetry.spans.lost", count, LongAdder::sum)
                .description("Spans that will not be archived")
                .tag("reason", reason)
                .register(registry);
    }
}
