package io.voiceagent.agent.core;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** Virtual time: what is due happens in order, and all that is random comes from one seed. */
final class World {
    static final long START = 1_700_000_000_000L;

    private record Event(long at, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    final Tally tally = new Tally();
    final List<String> trace = new ArrayList<>();
    private final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final boolean tracing;
    private long now = START;
    private long order;

    World(long seed, boolean tracing) {
        this.random = new SplittableRandom(seed);
        this.tracing = tracing;
    }

    long now() {
        return now;
    }

    /** Milliseconds since the beginning. */
    long elapsed() {
        return now - START;
    }

    void at(long time, Runnable action) {
        events.add(new Event(Math.max(now, time), order++, action));
    }

    void after(long delay, Runnable action) {
        at(now + delay, action);
    }

    /** Lets the next thing happen; false when nothing is left to happen. */
    boolean step() {
        Event next = events.poll();
        if (next == null) {
            return false;
        }
        now = next.at();
        tally.step();
        next.action().run();
        return true;
    }

    boolean chance(double probability) {
        return probability > 0 && random.nextDouble() < probability;
    }

    /** Both bounds included. */
    int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    void trace(Supplier<String> line) {
        if (tracing) {
            trace.add("%8d  %s".formatted(elapsed(), line.get()));
        }
    }
}
