package io.voiceagent.transport.telemetry;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What became of the spans of a service on their way to one destination; every span ends in exactly one of the counts. */
final class SpanCounts implements MeterBinder {
    /** Where spans go; tag {@code destination} of the meters. */
    enum Destination {
        /** The archive, by Kafka. */
        ARCHIVE,
        /** Whoever applies the tail rule, by Kafka. */
        UNDECIDED,
        /** The endpoint of {@code OTEL_EXPORTER_OTLP_ENDPOINT}. */
        OTLP;

        private String tag() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Spans that may wait for the exporter; one more is dropped rather than held in memory. */
    static final int MAX_WAITING = 16_384;

    private final Destination destination;
    private final AtomicInteger waiting = new AtomicInteger();
    private final LongAdder exported = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder tooLarge = new LongAdder();
    private final LongAdder unsent = new LongAdder();

    SpanCounts(Destination destination) {
        this.destination = destination;
    }

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

    /** Spans that will not arrive, for whatever reason. */
    long lost() {
        return dropped.sum() + tooLarge.sum() + unsent.sum();
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        FunctionCounter.builder("voice.agent.telemetry.spans.exported", exported, LongAdder::sum)
                .description("Spans acknowledged by Kafka, or by the endpoint")
                .tag("destination", destination.tag())
                .register(registry);
        lostCounter(registry, "queue_full", dropped);
        lostCounter(registry, "too_large", tooLarge);
        lostCounter(registry, "not_sent", unsent);
        Gauge.builder("voice.agent.telemetry.spans.waiting", waiting, AtomicInteger::get)
                .description("Spans that have ended and wait for export")
                .tag("destination", destination.tag())
                .register(registry);
    }

    private void lostCounter(MeterRegistry registry, String reason, LongAdder count) {
        FunctionCounter.builder("voice.agent.telemetry.spans.lost", count, LongAdder::sum)
                .description("Spans that will not be archived, or not reach the endpoint")
                .tag("destination", destination.tag())
                .tag("reason", reason)
                .register(registry);
    }
}
