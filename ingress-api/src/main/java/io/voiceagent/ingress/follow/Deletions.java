package io.voiceagent.ingress.follow;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The deletions that the tail of the committed steps has read, and from where in each partition on they are complete. Who reads the log or the
 * archive on its own has to look for deletions before that place itself; together they miss none.
 *
 * <p>Bounded: when there are too many, the oldest is forgotten and the place moves behind it.
 */
final class Deletions {
    /** Type of the step. */
    static final String DELETED = "deleted";
    /** Nothing is known: all of the log has to be looked through. */
    static final long NOTHING = Long.MAX_VALUE;

    private static final int USUAL_BOUND = 100_000;

    private record Deletion(String id, int partition, long offset) {}

    private record Awaited(Sinks.One<Boolean> sink, int watchers) {}

    private final int bound;
    private final Scheduler scheduler;
    private final ConcurrentHashMap<String, Awaited> awaited = new ConcurrentHashMap<>();

    // Guarded by this
    private final Map<String, Deletion> known = new HashMap<>();
    private final Deque<Deletion> inOrder = new ArrayDeque<>();
    private final long[] from;
    private boolean current;

    /** @param scheduler runs those who wait, since the tail must not */
    Deletions(int partitions, Scheduler scheduler) {
        this(partitions, scheduler, USUAL_BOUND);
    }

    Deletions(int partitions, Scheduler scheduler, int bound) {
        this.from = new long[partitions];
        Arrays.fill(from, NOTHING);
        this.scheduler = scheduler;
        this.bound = bound;
    }

    /** The tail begins at this offset of the partition, and has not read up to the end of the log. */
    synchronized void begin(int partition, long offset) {
        from[partition] = offset;
        current = false;
    }

    /** Whether the tail has read all that was there when it began. */
    synchronized void current(boolean isSo) {
        current = isSo;
    }

    /** The next record of the steps. True when it is a deletion; the turn is to be forgotten then, before {@link #tell}. */
    synchronized boolean record(LogRecord record, int partition) {
        if (!record.type().equals(DELETED)) {
            return false;
        }
        Deletion deletion = new Deletion(record.responseId(), partition, record.offset());
        if (known.putIfAbsent(deletion.id, deletion) == null) {
            inOrder.add(deletion);
        }
        while (inOrder.size() > bound) {
            Deletion oldest = inOrder.remove();
            known.remove(oldest.id);
            if (from[oldest.partition] != NOTHING) {
                from[oldest.partition] = Math.max(from[oldest.partition], oldest.offset + 1);
            }
        }
        return true;
    }

    /** Tells those who wait for the deletion. */
    void tell(String id) {
        Awaited waiting = awaited.get(id);
        if (waiting != null) {
            waiting.sink.tryEmitValue(true);
        }
    }

    /** Whether the tail has read that the response was deleted. */
    synchronized boolean contains(String id) {
        return known.containsKey(id);
    }

    /** All deletions of the partition from this offset on are known; {@link #NOTHING}: none need be. */
    synchronized long completeFrom(int partition) {
        return current ? from[partition] : NOTHING;
    }

    /** Watches for a deletion; it sees what is read from now on. */
    ResponseReader.DeletionWatch watch(String id) {
        Awaited mine = awaited.compute(
                id,
                (key, held) -> held == null ? new Awaited(Sinks.one(), 1) : new Awaited(held.sink, held.watchers + 1));
        return new ResponseReader.DeletionWatch() {
            @Override
            public Mono<Void> deleted() {
                return mine.sink.asMono().publishOn(scheduler).then();
            }

            @Override
            public void close() {
                awaited.computeIfPresent(
                        id, (key, held) -> held.watchers == 1 ? null : new Awaited(held.sink, held.watchers - 1));
            }
        };
    }

    /** How many are awaited. */
    int watched() {
        return awaited.size();
    }
}
