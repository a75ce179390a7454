package io.voiceagent.archiver.responses;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.fold.ResponseEvent;
import io.voiceagent.messages.fold.ResponseFold;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A turn whose last event is not known yet. It can be let go, to save memory: then only its place is kept, and it must be read
 * again when it has ended.
 */
final class OpenTurn {

    /** About what a record takes as objects, beside its text. */
    private static final int RECORD_BYTES = 200;

    final String id;
    private @Nullable ResponseFold fold;
    private EventText events = new EventText();

    /** A position of the stream before the turn's first frame, and before that of any finished turn that began after this one. */
    private long streamFrom;
    /** Offset of its first record in the steps, -1 as long as only frames of it were seen. */
    private long stepsFrom = -1;
    /** Timestamp of the first record that was seen, milliseconds. */
    private final long seenAt;

    private @Nullable ConsumerRecord<byte[], byte[]> end;
    /** Bytes of steps and text that the fold keeps. */
    private long kept;
    /** Bytes of frames that wait for their step. */
    private long waiting;

    /** When to try to read it again, {@link System#nanoTime}. */
    private long readAgainAt = System.nanoTime();

    OpenTurn(String id, long streamFrom, long seenAt) {
        this.id = id;
        this.fold = new ResponseFold(id);
        this.streamFrom = streamFrom;
        this.seenAt = seenAt;
    }

    /** Its first record in the steps is at {@code offset}. */
    void begun(long offset) {
        stepsFrom = offset;
    }

    void apply(StepEvent event, ConsumerRecord<byte[], byte[]> record) {
        if (event instanceof StepEvent.Ended) {
            end = record;
        }
        kept += fold == null ? 0 : weight(record);
        if (fold != null) {
            note(fold.apply(event));
        }
    }

    void apply(Frame frame, ConsumerRecord<byte[], byte[]> record) {
        if (fold == null) {
            return;
        }
        long weight = weight(record);
        waiting += weight;
        kept += weight / 8; // of a frame that was folded, the text alone is left
        note(fold.apply(frame));
    }

    private void note(List<ResponseEvent> more) {
        if (!more.isEmpty()) {
            waiting = 0;
            events.append(more);
        }
    }

    private static long weight(ConsumerRecord<byte[], byte[]> record) {
        return Math.max(0, record.serializedValueSize()) + RECORD_BYTES;
    }

    /** Whether its last event is known. */
    boolean ended() {
        return fold != null && fold.ended();
    }

    /** The row, once the last event is known. */
    @Nullable
    FinishedResponse finished() {
        return fold != null && fold.ended() && end != null ? FinishedResponse.of(fold, events, end) : null;
    }

    /** Keeps its place alone. */
    void letGo() {
        fold = null;
        events = new EventText();
        kept = 0;
        waiting = 0;
    }

    /** Whether it has ended after it was let go, so that its records from there on tell all. */
    boolean mustBeReadAgain() {
        return fold == null && end != null;
    }

    long readAgainAt() {
        return readAgainAt;
    }

    void readAgainAt(long nanos) {
        readAgainAt = nanos;
    }

    /** The record that ended it; null as long as that was not read. */
    @Nullable
    ConsumerRecord<byte[], byte[]> end() {
        return end;
    }

    /** -1 as long as its beginning was not read. */
    long stepsFrom() {
        return stepsFrom;
    }

    long streamFrom() {
        return streamFrom;
    }

    /** Reading again from this turn on must also find the frames of a later turn that is finished. */
    void coverStreamFrom(long position) {
        streamFrom = Math.min(streamFrom, position);
    }

    long seenAt() {
        return seenAt;
    }

    /** Timestamp of its end in the steps, -1 as long as that was not read. */
    long endedAt() {
        return end == null ? -1 : end.timestamp();
    }

    /** About what it takes in memory. */
    long bytes() {
        return kept + waiting + events.bytes();
    }
}
