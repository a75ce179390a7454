package io.voiceagent.ingress.webhook;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.DoubleSupplier;

/** What is measured of webhooks. */
final class WebhookMeters {
    private final MeterRegistry registry;
    private volatile Outbox.Waiting waiting = new Outbox.Waiting(0, 0);

    WebhookMeters(MeterRegistry registry) {
        this.registry = registry;
        gauge(
                "voice.agent.webhook.pending",
                "Deliveries that have not ended, of all replicas",
                () -> waiting.pending());
        gauge(
                "voice.agent.webhook.overdue.seconds",
                "How long the longest due delivery waits",
                () -> waiting.overdueSeconds());
    }

    void gauge(String name, String description, DoubleSupplier value) {
        Gauge.builder(name, value, DoubleSupplier::getAsDouble)
                .description(description)
                .register(registry);
    }

    void waiting(Outbox.Waiting now) {
        waiting = now;
    }

    /** @param outcome {@code delivered}, {@code retried}, {@code given_up} or {@code disabled} */
    void attempted(String outcome, Duration took) {
        Timer.builder("voice.agent.webhook.attempts")
                .description("Time from the claim of a delivery to its answer")
                .tag("outcome", outcome)
                .register(registry)
                .record(took);
    }

    void stored(int deliveries) {
        registry.counter("voice.agent.webhook.stored").increment(deliveries);
    }

    /** @param where {@code reader}, {@code sender} or {@code record} (a step that can't be read) */
    void failed(String where) {
        registry.counter("voice.agent.webhook.errors", "where", where).increment();
    }
}
