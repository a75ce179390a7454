package io.voiceagent.ingress.follow;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.fold.ResponseEvent;
import io.voiceagent.messages.fold.ResponseFold;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The records of one turn in this process's memory. Until somebody follows the turn they are only kept; from then on they are decoded and
 * folded as they come, and only the events are kept.
 */
final class TurnLog implements FollowedResponse {
    private static final Logger LOG = LoggerFactory.getLogger(TurnLog.class);
    static final String ACCEPTED = "accepted";
    static final String ENDED = "ended";
    /** About what an event takes beside its text, bytes. */
    private static final int EVENT_OVERHEAD_BYTES = 96;

    private final String id;
    private final EventLog events;

    // Guarded by this
    private List<LogRecord> kept = new ArrayList<>();
    private boolean followed;
    /** There while the turn is followed and has not ended: it holds the turn's input, which nobody needs afterwards. */
    private @Nullable ResponseFold fold;
    /** The response object until the turn is accepted; of the request no more is kept, which may be large. */
    private @Nullable String queued;

    private boolean accepted;
    private boolean endSeen;
    private long endSeenNanos;
    /** Of all but the events. */
    private int weight;

    private int eventsWeight;

    private volatile @Nullable String tenant;
    private volatile boolean stored = true;
    /** Milliseconds since the epoch. */
    private volatile long endedAt;

    private volatile @Nullable String finalJson;
    private volatile boolean lost;

    /** @param scheduler runs the readers of the events */
    TurnLog(String id, Scheduler scheduler) {
        this.id = id;
        this.events = new EventLog(scheduler);
    }

    /** A response that ended long ago. */
    static TurnLog archived(String id, String tenant, String json, List<ResponseEvent> events, Scheduler scheduler) {
        TurnLog turn = new TurnLog(id, scheduler);
        synchronized (turn) {
            turn.accepted = true;
            turn.followed = true;
            turn.tenant = tenant;
            turn.append(events);
            turn.finish(json);
        }
        return turn;
    }

    /** The next record of either log. */
    synchronized void record(LogRecord record) {
        if (record.source() == LogRecord.Source.STEPS) {
            accepted |= record.type().equals(ACCEPTED);
            if (!endSeen && record.type().equals(ENDED)) {
                endSeen = true;
                endSeenNanos = System.nanoTime();
            }
        }
        if (!followed) {
            kept.add(record);
            weight += record.weight();
        } else if (fold != null) {
            apply(fold, record);
        }
    }

    /** The request, as it was acknowledged or found: what is known until the turn is accepted. */
    synchronized void requested(Request.Submit by) {
        if (queued == null && !accepted) {
            queued = ResponseFold.queued(by);
            weight += queued.length();
        }
        if (tenant == null) {
            tenant = by.tenant();
            stored = by.spec().store();
        }
    }

    /**
     * Puts what was read from the log before what the tail has brought since.
     *
     * @param read the turn's records below {@code stepsEnd} and {@code streamEnd}
     */
    synchronized void load(List<LogRecord> read, long stepsEnd, long streamEnd) {
        if (followed) {
            return;
        }
        List<LogRecord> since = kept;
        kept = new ArrayList<>();
        weight = queued == null ? 0 : queued.length();
        accepted = false;
        read.forEach(this::record);
        since.stream()
                .filter(record -> record.offset() >= (record.source() == LogRecord.Source.STEPS ? stepsEnd : streamEnd))
                .forEach(this::record);
    }

    /** From now on the turn is folded; false when it is neither accepted nor requested as far as is known here. */
    synchronized boolean follow() {
        if (followed) {
            return true;
        }
        if (!accepted && queued == null) {
            return false;
        }
        ResponseFold begun = new ResponseFold(id);
        fold = begun;
        followed = true;
        List<LogRecord> before = kept;
        kept = List.of();
        weight = queued == null ? 0 : queued.length();
        before.forEach(record -> apply(begun, record));
        return true;
    }

    private void apply(ResponseFold into, LogRecord record) {
        if (lost || finalJson != null) {
            return;
        }
        if (record.source() == LogRecord.Source.STEPS && record.type().equals(ACCEPTED)) {
            weight += record.weight();
        }
        try {
            append(
                    switch (record.source()) {
                        case STEPS -> into.apply(Json.read(record.value(), StepEvent.class));
                        case STREAM -> into.apply(Json.read(record.value(), Frame.class));
                    });
        } catch (RuntimeException e) {
            if (e instanceof MalformedMessageException && record.source() == LogRecord.Source.STREAM) {
                // All readers pass over it: it is none of the turn's own, or leaves a hole that shows at the end
                LOG.warn("Offset {} of the frames of {} is passed over: {}", record.offset(), id, e.getMessage());
                return;
            }
            // Not only what is malformed: the tail reads all turns, and must outlive any record of one
            LOG.error("{} can't be followed from offset {} of {}", id, record.offset(), record.source(), e);
            lose("a record of the turn can't be read");
            return;
        }
        if (tenant == null) {
            tenant = into.tenant();
        }
        if (queued != null && into.accepted() != null) {
            weight -= queued.length();
            queued = null;
        }
        if (into.accepted() != null) {
            stored = into.accepted().spec().store();
        }
        String response = into.ended() ? into.response() : null;
        if (response != null && into.ending() != null) {
            endedAt = into.ending().at();
            finish(response);
        }
    }

    private void append(List<ResponseEvent> more) {
        more.forEach(event -> eventsWeight += event.json().length() + EVENT_OVERHEAD_BYTES);
        events.append(more);
    }

    private void finish(String json) {
        fold = null;
        queued = null;
        finalJson = json;
        weight = json.length();
        events.complete();
    }

    /** Whoever follows is told to look again elsewhere; without effect on a response that is all there. */
    void lose(String why) {
        if (finalJson == null) {
            lost = true;
            events.fail(new FollowingLostException("%s is not followed any more: %s".formatted(id, why)));
        }
    }

    /** Whether the last of its steps is there; of its frames some may yet come when nobody has followed it. */
    synchronized boolean over() {
        return followed ? finalJson != null : accepted && endSeen;
    }

    /** Whether it is followed, and something can be told of it. */
    boolean known() {
        return tenant != null && followed();
    }

    /** Whether its last step has been there for that long, but not all of its frames, which come no more: the log has lost them. */
    synchronized boolean framesMissing(Duration since) {
        return followed && endSeen && finalJson == null && System.nanoTime() - endSeenNanos > since.toNanos();
    }

    /** Whether it has ended, was not to be kept, and has been kept for that long since. */
    boolean expired(Instant now, Duration unstoredKept) {
        return ended() && !stored && now.toEpochMilli() - endedAt > unstoredKept.toMillis();
    }

    /** Whether somebody has asked for it. */
    synchronized boolean followed() {
        return followed;
    }

    /** Whether somebody waits for what comes. */
    boolean awaited() {
        return events.readers() > 0;
    }

    /** About what it takes in memory, bytes. */
    synchronized int weight() {
        return weight + eventsWeight;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String tenant() {
        return Objects.requireNonNullElse(tenant, "");
    }

    @Override
    public String json() {
        String whole = finalJson;
        if (whole != null) {
            return whole;
        }
        synchronized (this) {
            String ended = finalJson;
            if (ended != null) {
                return ended;
            }
            String now = fold == null ? null : fold.response();
            if (now == null) {
                now = queued;
            }
            if (now == null) {
                throw new IllegalStateException(id + " is not followed");
            }
            return now;
        }
    }

    @Override
    public boolean ended() {
        return finalJson != null;
    }

    @Override
    public boolean stored() {
        return stored;
    }

    @Override
    public Flux<ResponseEvent> events(long startingAfter) {
        return events.from(startingAfter);
    }

    @Override
    public Mono<String> whenEnded() {
        return events.from(Long.MAX_VALUE).then(Mono.fromSupplier(this::json));
    }
}
