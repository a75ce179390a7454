package io.voiceagent.archiver.responses;

import io.voiceagent.archiver.ingest.DeadLetters.Letter;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.transport.Records;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The turns of one partition that have not ended, folded as their records come. Takes each log in its own order; how the two
 * interleave does not matter to what comes out.
 *
 * <p>{@link #stepsPosition} and {@link #streamPosition} say where reading must begin again for nothing to be missing: at the
 * oldest turn that is open. What is read again gives the same responses again.
 *
 * <p>Time is that of the logs, so a reader that was away for long judges as one that was there. No I/O, no clock; confined to
 * one thread.
 */
final class OpenTurns {

    private static final Logger LOG = LoggerFactory.getLogger(OpenTurns.class);

    private final ArchiveLimits limits;
    private final Map<String, OpenTurn> open = new HashMap<>();
    /** Those of which the beginning was read, by its offset. */
    private final TreeMap<Long, OpenTurn> accepted = new TreeMap<>();

    private final Remembered closed = new Remembered();
    private List<FinishedResponse> finished = new ArrayList<>();
    private List<StepEvent.Deleted> deletions = new ArrayList<>();
    private List<Letter> letters = new ArrayList<>();
    private long stepsNext;
    private long streamNext;
    private long stepsTime;
    private long streamTime;

    /**
     * @param stepsNext offset of the next record of the steps
     * @param streamNext offset of the next record of the stream
     */
    OpenTurns(ArchiveLimits limits, long stepsNext, long streamNext) {
        this.limits = limits;
        this.stepsNext = stepsNext;
        this.streamNext = streamNext;
    }

    /** Turns that are over, so that late frames of theirs are known as such. Forgets the oldest. */
    private static final class Remembered extends LinkedHashMap<String, Boolean> {
        private static final long serialVersionUID = 1L;
        private static final int TURNS = 2_000;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > TURNS;
        }
    }

    /**
     * What is waited for no longer.
     *
     * @param orphans turns of which there were frames alone: late ones, or ones of a turn that began before the log does
     * @param turns turns that were accepted, and are not stored
     */
    record Expired(int orphans, int turns) {}

    /** Takes the next record of the steps. */
    void step(ConsumerRecord<byte[], byte[]> record) {
        stepsNext = record.offset() + 1;
        stepsTime = Math.max(stepsTime, record.timestamp());
        StepEvent event = read(record, StepEvent.class);
        if (event instanceof StepEvent.Deleted deletion) {
            deleted(deletion);
            return;
        }
        if (event == null || closed.containsKey(event.responseId())) {
            return;
        }
        OpenTurn turn = event instanceof StepEvent.Accepted begin ? begun(begin, record) : open.get(event.responseId());
        // A turn that began before the place from which the log is read is stored already
        if (turn != null && turn.stepsFrom() >= 0) {
            fold(turn, record, () -> turn.apply(event, record));
        }
    }

    /** Also of turns that were stored long ago. One whose frames have not all come yet is not stored any more. */
    private void deleted(StepEvent.Deleted deletion) {
        deletions.add(deletion);
        OpenTurn turn = open.get(deletion.responseId());
        if (turn != null) {
            close(turn);
        } else {
            closed.put(deletion.responseId(), true);
        }
    }

    private @Nullable OpenTurn begun(StepEvent.Accepted begin, ConsumerRecord<byte[], byte[]> record) {
        if (!begin.spec().store()) {
            open.remove(begin.responseId());
            closed.put(begin.responseId(), true);
            return null;
        }
        OpenTurn turn =
                open.computeIfAbsent(begin.responseId(), id -> new OpenTurn(id, streamNext, record.timestamp()));
        if (turn.stepsFrom() < 0) {
            turn.begun(record.offset());
            accepted.put(record.offset(), turn);
        }
        return turn;
    }

    /** Takes the next record of the stream. */
    void frame(ConsumerRecord<byte[], byte[]> record) {
        streamNext = record.offset() + 1;
        streamTime = Math.max(streamTime, record.timestamp());
        Frame frame = read(record, Frame.class);
        if (frame == null || closed.containsKey(frame.ref().responseId())) {
            return;
        }
        OpenTurn turn = open.computeIfAbsent(
                frame.ref().responseId(), id -> new OpenTurn(id, record.offset(), record.timestamp()));
        fold(turn, record, () -> turn.apply(frame, record));
    }

    private <T> @Nullable T read(ConsumerRecord<byte[], byte[]> record, Class<T> type) {
        try {
            Records.requireReadable(record);
            if (record.value() == null) {
                throw new MalformedMessageException("the record has no value", null);
            }
            return Json.read(record.value(), type);
        } catch (MalformedMessageException e) {
            if (type == Frame.class) {
                // All readers pass over it: it is none of the turn's own, or leaves a hole that shows at the end
                letters.add(new Letter(record, record.value(), String.valueOf(e.getMessage())));
                return null;
            }
            Header id = record.headers().lastHeader(Headers.RESPONSE_ID);
            String turn = id == null || id.value() == null ? null : new String(id.value(), StandardCharsets.UTF_8);
            putAside(record, turn, String.valueOf(e.getMessage()));
            return null;
        }
    }

    private void fold(OpenTurn turn, ConsumerRecord<byte[], byte[]> record, Runnable apply) {
        try {
            apply.run();
            FinishedResponse row = turn.finished();
            if (row != null) {
                finished.add(row);
                close(turn);
            }
        } catch (RuntimeException e) {
            // Not only what is malformed: one turn must not stop all others
            LOG.error("{}-{}@{} can't be folded", record.topic(), record.partition(), record.offset(), e);
            putAside(record, turn.id, "the fold failed: " + e);
        }
    }

    /** Without one of its records a turn has no true response. */
    private void putAside(ConsumerRecord<byte[], byte[]> record, @Nullable String id, String reason) {
        if (id == null) {
            letters.add(new Letter(record, record.value(), reason));
            return;
        }
        letters.add(new Letter(record, record.value(), reason + "; " + id + " is not archived"));
        OpenTurn turn = open.get(id);
        if (turn != null) {
            close(turn);
        } else {
            closed.put(id, true);
        }
    }

    private void close(OpenTurn turn) {
        open.remove(turn.id);
        closed.put(turn.id, true);
        if (turn.stepsFrom() >= 0) {
            accepted.remove(turn.stepsFrom());
            // As long as an older turn is open, this one is read again after a restart, and then needs its frames too
            Map.Entry<Long, OpenTurn> older = accepted.lowerEntry(turn.stepsFrom());
            if (older != null) {
                older.getValue().coverStreamFrom(turn.streamFrom());
            }
        }
    }

    /** All of the steps that was there at {@code time} has been read. */
    void stepsReadUpTo(long time) {
        stepsTime = Math.max(stepsTime, time);
    }

    /** All of the stream that was there at {@code time} has been read. */
    void streamReadUpTo(long time) {
        streamTime = Math.max(streamTime, time);
    }

    /** Gives up what can't become whole any more. */
    Expired expire() {
        int orphans = 0;
        int turns = 0;
        for (OpenTurn turn : List.copyOf(open.values())) {
            if (turn.stepsFrom() < 0) {
                if (turn.seenAt() < stepsTime - limits.orphans().toMillis()) {
                    open.remove(turn.id);
                    orphans++;
                }
            } else if (turn.endedAt() >= 0
                    ? turn.endedAt() < streamTime - limits.frames().toMillis()
                    : turn.seenAt() < stepsTime - limits.end().toMillis()) {
                giveUp(turn, turn.endedAt() >= 0 ? "frames are missing that its end counts in" : "it has no end");
                turns++;
            }
        }
        return new Expired(orphans, turns);
    }

    /** The turn that takes the most memory, null when none takes any. */
    @Nullable
    OpenTurn largest() {
        return open.values().stream()
                .filter(turn -> turn.bytes() > 0)
                .max(Comparator.comparingLong(OpenTurn::bytes))
                .orElse(null);
    }

    /** The turns that have ended after they were let go. */
    List<OpenTurn> toReadAgain() {
        return open.values().stream().filter(OpenTurn::mustBeReadAgain).toList();
    }

    /** Takes what reading a turn again came to. */
    void readAgain(OpenTurn turn, FinishedResponse row) {
        finished.add(row);
        close(turn);
    }

    /** A turn can't be read again. */
    void giveUp(OpenTurn turn, String why) {
        LOG.error("{} is not archived: {}", turn.id, why);
        close(turn);
    }

    /** The responses that ended since the last time. */
    List<FinishedResponse> takeFinished() {
        List<FinishedResponse> taken = finished;
        finished = new ArrayList<>();
        return taken;
    }

    /** The deletions since the last time; they come after the responses of the same time. */
    List<StepEvent.Deleted> takeDeletions() {
        List<StepEvent.Deleted> taken = deletions;
        deletions = new ArrayList<>();
        return taken;
    }

    /** The records that could not be used since the last time. */
    List<Letter> takeLetters() {
        List<Letter> taken = letters;
        letters = new ArrayList<>();
        return taken;
    }

    /** Where the steps must be read from again; never moves back. */
    long stepsPosition() {
        return accepted.isEmpty() ? stepsNext : accepted.firstKey();
    }

    /** Where the stream must be read from again; never moves back. */
    long streamPosition() {
        return open.values().stream().mapToLong(OpenTurn::streamFrom).reduce(streamNext, Math::min);
    }

    /** Timestamp up to which the steps have been read. */
    long stepsTime() {
        return stepsTime;
    }

    /** Timestamp up to which the stream has been read. */
    long streamTime() {
        return streamTime;
    }

    int size() {
        return open.size();
    }

    /** About what the open turns take in memory. */
    long bytes() {
        return open.values().stream().mapToLong(OpenTurn::bytes).sum();
    }
}
