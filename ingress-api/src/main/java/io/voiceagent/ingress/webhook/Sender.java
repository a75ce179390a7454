package io.voiceagent.ingress.webhook;

import io.voiceagent.ingress.webhook.RetryPolicy.Next;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the deliveries that are due. All ingresses do, each with what it has claimed; an endpoint has few requests at once, so a slow one holds up
 * itself alone. A sender that dies leaves its claims to run out: what it had sent may come once more, with the same {@code webhook-id}.
 */
final class Sender implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sender.class);
    private static final int AT_ONCE = 64;
    private static final int AT_ONCE_PER_ENDPOINT = 4;
    private static final Duration IDLE = Duration.ofMillis(500);
    private static final Duration AWAY = Duration.ofSeconds(2);
    private static final Duration SWEEP = Duration.ofSeconds(15);
    private static final Duration STOP_WAIT = Duration.ofSeconds(3);

    private final Outbox outbox;
    private final Supplier<Endpoints> endpoints;
    private final Receivers receivers;
    private final RetryPolicy policy;
    private final WebhookMeters meters;
    private final InstantSource clock;
    private final Map<String, Integer> inFlight = new ConcurrentHashMap<>();
    private final Semaphore work = new Semaphore(0);
    private final Thread thread = Thread.ofPlatform().name("webhook-sender").unstarted(this::run);
    private volatile boolean stopped;
    private volatile @Nullable String problem;
    private long sweptAt = System.nanoTime() - SWEEP.toNanos();

    Sender(
            Outbox outbox,
            Supplier<Endpoints> endpoints,
            Receivers receivers,
            RetryPolicy policy,
            WebhookMeters meters,
            InstantSource clock) {
        this.outbox = outbox;
        this.endpoints = endpoints;
        this.receivers = receivers;
        this.policy = policy;
        this.meters = meters;
        this.clock = clock;
    }

    void start() {
        thread.start();
    }

    /** There may be something to do at once. */
    void wake() {
        work.release();
    }

    /** Why nothing is sent, null when it is. */
    @Nullable
    String problem() {
        return problem;
    }

    @Override
    public void close() {
        stopped = true;
        thread.interrupt();
        try {
            if (!thread.join(STOP_WAIT) || !finished()) {
                LOG.warn(
                        "The sender of webhooks did not end within {}; what is under way may be sent again", STOP_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the requests that are under way: whose answer is not recorded is sent again. */
    private boolean finished() throws InterruptedException {
        long deadline = System.nanoTime() + STOP_WAIT.toNanos();
        while (!inFlight.isEmpty()) {
            if (!work.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return false;
            }
        }
        return true;
    }

    private void run() {
        try {
            while (!stopped) {
                if (!round()) {
                    pause(problem == null ? IDLE : AWAY);
                }
            }
        } catch (InterruptedException e) {
            // Closed: what is not sent is claimed by others, or after the next start
            Thread.currentThread().interrupt();
        }
    }

    private void pause(Duration atMost) throws InterruptedException {
        if (work.tryAcquire(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
            work.drainPermits();
        }
    }

    /** True: there was something to do, and may be more. */
    private boolean round() {
        if (!outbox.migrated()) {
            return false;
        }
        try {
            sweep();
            Map<String, Integer> rooms = rooms();
            List<Outbox.Claimed> claimed = rooms.isEmpty() ? List.of() : outbox.claim(rooms);
            claimed.forEach(this::begin);
            problem = null;
            return !claimed.isEmpty();
        } catch (RuntimeException e) {
            failed(e);
            return false;
        }
    }

    private void failed(RuntimeException e) {
        meters.failed("sender");
        if (problem == null && !stopped) {
            LOG.warn("No webhooks are sent; they wait in the database", e);
        }
        problem = "the outbox can't be read or written (%s)"
                .formatted(e.getClass().getSimpleName());
    }

    private void sweep() {
        if (System.nanoTime() - sweptAt < SWEEP.toNanos()) {
            return;
        }
        sweptAt = System.nanoTime();
        outbox.sweep();
        meters.waiting(outbox.waiting());
    }

    /** How many more requests each endpoint may have, in an order that favours none. */
    private Map<String, Integer> rooms() {
        int left =
                AT_ONCE - inFlight.values().stream().mapToInt(Integer::intValue).sum();
        List<Endpoint> all = new ArrayList<>(endpoints.get().all());
        Collections.shuffle(all, ThreadLocalRandom.current());
        Map<String, Integer> rooms = new LinkedHashMap<>();
        for (Endpoint endpoint : all) {
            int room = Math.min(left, AT_ONCE_PER_ENDPOINT - inFlight.getOrDefault(endpoint.id(), 0));
            if (room > 0) {
                rooms.put(endpoint.id(), room);
                left -= room;
            }
        }
        return rooms;
    }

    private void begin(Outbox.Claimed claimed) {
        inFlight.merge(claimed.endpoint(), 1, Integer::sum);
        Thread.ofVirtual().name("webhook-" + claimed.id()).start(() -> {
            try {
                deliver(claimed);
            } catch (RuntimeException e) {
                // The claim runs out, and the delivery is made again
                failed(e);
            } finally {
                inFlight.computeIfPresent(claimed.endpoint(), (endpoint, count) -> count == 1 ? null : count - 1);
                wake();
            }
        });
    }

    private void deliver(Outbox.Claimed claimed) {
        Endpoint endpoint = endpoints.get().find(claimed.endpoint());
        if (endpoint == null) {
            // Taken out of the file since: it waits for its return, or to be too old
            return;
        }
        long began = System.nanoTime();
        Attempt attempt = receivers.post(
                endpoint.url(),
                Signature.headers(claimed.id(), clock.instant(), claimed.body(), endpoint.secrets()),
                claimed.body());
        Next next = policy.after(
                attempt,
                claimed.attempts(),
                claimed.age(),
                ThreadLocalRandom.current().nextDouble());
        meters.attempted(record(claimed, endpoint, attempt, next), Duration.ofNanos(System.nanoTime() - began));
    }

    private String record(Outbox.Claimed claimed, Endpoint endpoint, Attempt attempt, Next next) {
        @Nullable Integer status = attempt instanceof Attempt.Answered answered ? answered.status() : null;
        String error = error(attempt);
        return switch (next) {
            case Next.Delivered delivered -> {
                outbox.delivered(claimed, status == null ? 0 : status);
                yield "delivered";
            }
            case Next.Retry(Duration after) -> {
                outbox.retry(claimed, after, status, error);
                yield "retried";
            }
            case Next.GiveUp giveUp -> {
                outbox.giveUp(claimed, status, error);
                LOG.warn("Webhook {} of {} is given up: {}", claimed.id(), endpoint.tenant(), error);
                yield "given_up";
            }
            case Next.Disable disable -> {
                outbox.giveUp(claimed, status, error);
                outbox.disable(endpoint, "the endpoint answered 410 to another delivery");
                LOG.warn("An endpoint of {} answered 410: it is left alone until its entry changes", endpoint.tenant());
                yield "disabled";
            }
        };
    }

    private static String error(Attempt attempt) {
        return switch (attempt) {
            case Attempt.Answered answered -> "the answer was " + answered.status();
            case Attempt.Unanswered unanswered -> unanswered.reason();
            case Attempt.NotSent notSent -> notSent.reason();
        };
    }
}
