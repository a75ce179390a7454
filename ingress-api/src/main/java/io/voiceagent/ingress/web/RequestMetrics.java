package io.voiceagent.ingress.web;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Durations of requests, under two names: {@code http.server.duration_ms} for the archive, in milliseconds, and {@code
 * voice.agent.http.requests} for Prometheus, in seconds. Tags have few values: what a stranger can choose (path, method) is folded into
 * templates and one {@code _OTHER}.
 */
public final class RequestMetrics {
    private static final double[] BOUNDS_MILLIS = {
        5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000, 30_000, 60_000, 300_000
    };
    private static final Duration[] BOUNDS = bounds();

    private final MeterRegistry all;
    private final MeterRegistry archive;
    private final AtomicInteger active;
    private final AtomicInteger streams;

    /**
     * @param all where the service's meters go
     * @param archive the registry among them whose metrics are archived
     */
    public RequestMetrics(MeterRegistry all, MeterRegistry archive) {
        this.all = all;
        this.archive = archive;
        this.active = gauge(all, "voice.agent.http.active", "Requests that are being answered");
        this.streams = gauge(all, "voice.agent.http.streams", "Streams of events that are open");
    }

    /** From the head of a streamed request to the first piece of its answer. */
    void firstToken(Duration took) {
        Timer.builder("voice.agent.http.first.token")
                .description("Time from the head of a streamed request to the first piece of its answer")
                .serviceLevelObjectives(BOUNDS)
                .register(all)
                .record(took);
    }

    void started() {
        active.incrementAndGet();
    }

    void streamOpened() {
        streams.incrementAndGet();
    }

    void streamClosed() {
        streams.decrementAndGet();
    }

    void ended(String method, String route, int status, boolean stream, Duration took) {
        active.decrementAndGet();
        DistributionSummary.builder("http.server.duration_ms")
                .description("Time from the request's head to the end of the answer")
                .baseUnit("ms")
                .serviceLevelObjectives(BOUNDS_MILLIS)
                .tags(Tags.of(
                        "http.request.method",
                        method,
                        "http.route",
                        route,
                        "http.response.status_code",
                        Integer.toString(status),
                        "stream",
                        Boolean.toString(stream)))
                .register(archive)
                .record(took.toNanos() / 1e6);
        Timer.builder("voice.agent.http.requests")
                .description("Time from the request's head to the end of the answer")
                .serviceLevelObjectives(BOUNDS)
                .tags(Tags.of(
                        "method",
                        method,
                        "route",
                        route,
                        "status",
                        Integer.toString(status),
                        "stream",
                        Boolean.toString(stream)))
                .register(all)
                .record(took);
    }

    private static AtomicInteger gauge(MeterRegistry registry, String name, String description) {
        AtomicInteger value = new AtomicInteger();
        io.micrometer.core.instrument.Gauge.builder(name, value, AtomicInteger::get)
                .description(description)
                .register(registry);
        return value;
    }

    private static Duration[] bounds() {
        Duration[] bounds = new Duration[BOUNDS_MILLIS.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = Duration.ofMillis((long) BOUNDS_MILLIS[i]);
        }
        return bounds;
    }
}
