package io.voiceagent.ingress.follow;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.fold.ResponseEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * The turns that this process has in memory: all that run, and of those that ended as many as fit. What is not here is found in the log or
 * the archive, so anything may be dropped.
 */
final class Turns {
    /** Clocks of brokers and processes may differ by this much. */
    static final Duration MARGIN = Duration.ofSeconds(60);
    /** The reader of the frames may be behind that of the steps by this much. */
    private static final Duration FRAMES_COME_WITHIN = Duration.ofSeconds(10);

    private final Duration maxTurnAge;
    private final long maxRunningBytes;
    private final InstantSource clock;
    private final Scheduler scheduler;
    private final ConcurrentHashMap<String, TurnLog> running = new ConcurrentHashMap<>();
    /** About what has come in since the last sweep, bytes. */
    private final AtomicLong sinceSweep = new AtomicLong();

    private final Cache<String, TurnLog> ended;

    Turns(FollowOptions options, InstantSource clock, Scheduler scheduler) {
        this.maxTurnAge = options.maxTurnAge();
        this.maxRunningBytes = options.runningBytes();
        this.clock = clock;
        this.scheduler = scheduler;
        this.ended = Caffeine.newBuilder()
                .maximumWeight(options.endedBytes())
                .weigher((String id, TurnLog turn) -> id.length() + turn.weight())
                .build();
    }

    /** Takes a record of the tail; returns false when it belongs to no turn that can be followed from here. */
    boolean record(LogRecord record) {
        TurnLog turn = find(record.responseId());
        if (turn == null) {
            if (!begins(record)) {
                return false;
            }
            turn = running.computeIfAbsent(record.responseId(), id -> new TurnLog(id, scheduler));
        }
        boolean wasOver = turn.over();
        sinceSweep.addAndGet(record.weight());
        turn.record(record);
        if (!wasOver && turn.over()) {
            settle(turn);
        }
        return true;
    }

    /** A frame may run ahead of the step that it belongs to; one of an old turn comes from a worker that nobody waits for. */
    private boolean begins(LogRecord record) {
        return switch (record.source()) {
            case STEPS -> record.type().equals(TurnLog.ACCEPTED);
            case STREAM -> age(record.responseId()).compareTo(maxTurnAge) < 0;
        };
    }

    /** The turn as it is in memory, null when it is not. */
    @Nullable
    TurnLog find(String id) {
        TurnLog turn = running.get(id);
        return turn != null ? turn : ended.getIfPresent(id);
    }

    /**
     * The turn, made if need be, and followed as soon as enough is known of it. It stays in memory until it is over, or is dropped.
     *
     * @param submit the request where it is at hand
     */
    TurnLog follow(String id, Request.@Nullable Submit submit) {
        // In one step with settling, or a turn could be followed that the tail has just let go
        return Objects.requireNonNull(running.compute(id, (key, held) -> {
            TurnLog turn = held == null ? ended.getIfPresent(key) : held;
            if (turn == null) {
                turn = new TurnLog(key, scheduler);
            }
            if (submit != null) {
                turn.requested(submit);
                sinceSweep.addAndGet(turn.weight());
            }
            turn.follow();
            return turn;
        }));
    }

    /** Whether the tail brings the records of this very object. */
    boolean holds(TurnLog turn) {
        return running.get(turn.id()) == turn;
    }

    /** If the turn is over, it need not stay any more. */
    void settle(TurnLog turn) {
        running.computeIfPresent(turn.id(), (id, held) -> {
            if (held != turn || !turn.over()) {
                return held;
            }
            ended.put(id, turn);
            return null;
        });
    }

    /** Takes a response that ended long ago, in the place of what stood for it. */
    TurnLog archived(String id, String tenant, String json, List<ResponseEvent> events) {
        TurnLog turn = TurnLog.archived(id, tenant, json, events, scheduler);
        TurnLog held = running.remove(id);
        if (held != null) {
            held.lose("it is in the archive");
        }
        ended.put(id, turn);
        return turn;
    }

    /** Forgets a turn; who follows it is told. */
    void drop(TurnLog turn, String why) {
        running.remove(turn.id(), turn);
        turn.lose(why);
    }

    /** Forgets a turn, whether it runs or has ended; who waits for it is told. */
    void forget(String id, String why) {
        TurnLog held = running.get(id);
        if (held != null) {
            drop(held, why);
        }
        ended.invalidate(id);
    }

    /** Forgets all turns that run: the tail has lost its place. */
    void dropRunning(String why) {
        List.copyOf(running.values()).forEach(turn -> drop(turn, why));
    }

    /** Whether so much has come in that the next sweep should not wait for its time. */
    boolean crowded() {
        return sinceSweep.get() > maxRunningBytes / 4;
    }

    /**
     * Drops what has been here for longer than a turn may take, and what is too much: first turns that nobody has asked for, then those that
     * somebody has asked for and nobody waits for, the oldest first. For calls now and then.
     */
    void sweep() {
        sinceSweep.set(0);
        List<Idle> idle = new ArrayList<>();
        long bytes = 0;
        for (TurnLog turn : running.values()) {
            Duration age = age(turn.id());
            int weight = turn.weight();
            if (turn.framesMissing(FRAMES_COME_WITHIN)) {
                drop(turn, "some of its frames are not in the log any more");
            } else if (turn.awaited()) {
                bytes += weight;
            } else if (age.compareTo(maxTurnAge.plus(MARGIN)) > 0) {
                drop(turn, "it is older than a turn may get");
            } else {
                bytes += weight;
                idle.add(new Idle(turn, turn.followed(), age, weight));
            }
        }
        if (bytes <= maxRunningBytes) {
            return;
        }
        idle.sort(Comparator.comparing(Idle::followed)
                .thenComparing(Comparator.comparing(Idle::age).reversed()));
        for (int i = 0; i < idle.size() && bytes > maxRunningBytes; i++) {
            bytes -= idle.get(i).weight;
            drop(idle.get(i).turn, "there is no room");
        }
    }

    /** A turn that nobody waits for, as it is when the sweep looks at it: other threads go on with it. */
    private record Idle(TurnLog turn, boolean followed, Duration age, int weight) {}

    /** About what the turns that run take in memory, bytes. */
    long runningBytes() {
        return running.values().stream().mapToLong(TurnLog::weight).sum();
    }

    int running() {
        return running.size();
    }

    private Duration age(String id) {
        try {
            return Duration.between(ResponseId.parse(id).submittedAt(), clock.instant());
        } catch (MalformedMessageException notOurs) {
            return Duration.between(Instant.EPOCH, clock.instant());
        }
    }
}
