package io.voiceagent.ingress.limit;

import io.voiceagent.ingress.follow.TurnWatcher;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/**
 * The turns of each tenant that run, as the log tells and as this replica knows of its own before the log tells. What other replicas have
 * submitted is known when it is accepted, so for some milliseconds a tenant that uses many replicas may have a few turns more.
 */
public final class TenantTurns implements TurnWatcher {
    private static final Duration SWEEP = Duration.ofSeconds(30);

    private record Turn(String tenant, long until) {}

    private final Duration maxTurnAge;
    private final InstantSource clock;
    private final BiConsumer<String, Long> used;
    private final Map<String, Turn> turns = new ConcurrentHashMap<>();
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();
    private volatile long swept;

    /**
     * @param maxTurnAge a turn whose end is not seen by then is not counted any more
     * @param used is told the tenant and the tokens of each turn that has ended just now
     */
    public TenantTurns(Duration maxTurnAge, InstantSource clock, BiConsumer<String, Long> used) {
        this.maxTurnAge = maxTurnAge;
        this.clock = clock;
        this.used = used;
        this.swept = clock.millis();
    }

    /** Counts a turn that is about to be submitted; false, and nothing is counted, when as many run already. */
    boolean begin(String id, String tenant, int most) {
        sweep();
        AtomicBoolean begun = new AtomicBoolean();
        counts.compute(tenant, (key, count) -> {
            int now = count == null ? 0 : count;
            begun.set(now < most);
            return now < most ? Integer.valueOf(now + 1) : count;
        });
        if (begun.get() && turns.putIfAbsent(id, new Turn(tenant, end(clock.millis()))) != null) {
            decrement(tenant);
        }
        return begun.get();
    }

    /** Takes back {@link #begin}: it was not accepted. */
    void forget(String id) {
        Turn turn = turns.remove(id);
        if (turn != null) {
            decrement(turn.tenant);
        }
    }

    @Override
    public void accepted(String id, String tenant, long submittedAt) {
        Turn turn = new Turn(tenant, end(submittedAt));
        if (turn.until > clock.millis() && turns.putIfAbsent(id, turn) == null) {
            counts.merge(tenant, 1, Integer::sum);
        }
    }

    @Override
    public void ended(String id, long tokens, long at) {
        Turn turn = turns.remove(id);
        if (turn == null) {
            return;
        }
        decrement(turn.tenant);
        // What is read again after a start was used up long ago
        if (clock.millis() - at < Duration.ofMinutes(1).toMillis()) {
            used.accept(turn.tenant, tokens);
        }
    }

    /** How many turns of the tenant run. */
    int running(String tenant) {
        return counts.getOrDefault(tenant, 0);
    }

    private void decrement(String tenant) {
        counts.computeIfPresent(tenant, (key, count) -> count > 1 ? Integer.valueOf(count - 1) : null);
    }

    private long end(long submittedAt) {
        return submittedAt + maxTurnAge.toMillis();
    }

    private void sweep() {
        long now = clock.millis();
        if (now - swept < SWEEP.toMillis()) {
            return;
        }
        swept = now;
        turns.forEach((id, turn) -> {
            if (turn.until <= now) {
                forget(id);
            }
        });
    }
}
