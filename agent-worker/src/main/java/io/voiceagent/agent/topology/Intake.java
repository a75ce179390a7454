package io.voiceagent.agent.topology;

import io.voiceagent.agent.core.CallState;
import io.voiceagent.agent.core.Input;
import io.voiceagent.agent.core.Turn;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Remains;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.TurnError;
import io.voiceagent.transport.Records;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** What a request must be like to be acted on, and what becomes of a record that is not. */
final class Intake {
    /** How far a request's time may be ahead of ours; one further ahead would make the store drop turns early. */
    static final Duration CLOCK_SKEW = Duration.ofHours(1);

    private Intake() {}

    /** @throws MalformedMessageException when the request belongs elsewhere, or to another time */
    static void checkPlace(Request request, int partition, long now) {
        ResponseId id = ResponseId.parse(request.responseId());
        if (id.partition() != partition || !id.conversation().equals(request.conversation())) {
            throw new MalformedMessageException(
                    "response %s does not belong to partition %d and conversation %s"
                            .formatted(id, partition, request.conversation()),
                    null);
        }
        long submittedAt = id.submittedAt().toEpochMilli();
        if (request instanceof Request.Submit submit) {
            submittedAt = Math.max(submittedAt, submit.submittedAt());
        }
        if (submittedAt > now + CLOCK_SKEW.toMillis()) {
            throw new MalformedMessageException(
                    "response %s was submitted at %s, which is in the future"
                            .formatted(id, Instant.ofEpochMilli(submittedAt)),
                    null);
        }
    }

    /** Whether the submission's own time is so far ahead that nothing of it may be kept. */
    static boolean isAhead(Request.Submit submit, long now) {
        return ResponseId.parse(submit.responseId()).submittedAt().toEpochMilli() > now + CLOCK_SKEW.toMillis();
    }

    /**
     * The submission in a record that can't be acted on, as far as it can be told, so that its turn may end; null when it is none, or
     * belongs elsewhere.
     */
    static Request.@Nullable Submit remains(byte @Nullable [] value, int partition) {
        Request.Submit submit = Remains.of(value).submission();
        if (submit == null) {
            return null;
        }
        ResponseId id = ResponseId.parse(submit.responseId());
        return id.partition() == partition && id.conversation().equals(submit.conversation()) ? submit : null;
    }

    /**
     * What stands for a result that can't be read, if its attempt is awaited: a failure of that attempt where it can be told how many
     * frames it has; otherwise the turn can't go on. Null when nobody waits for it.
     */
    static @Nullable Input unread(Remains result, Turn before) {
        CallRef ref = result.ref();
        String conversation = result.conversation();
        if (ref == null
                || conversation == null
                || result.isNotStarted() // it is asked for again
                || !(before instanceof Turn.Active active)
                || !(active.step().call(ref) instanceof CallState.Assigned call)
                || !call.owner().equals(result.incarnation())) {
            return null;
        }
        TurnError error = new TurnError(ErrorCodes.UNREADABLE, "The worker's answer could not be read.");
        return result.frames().isPresent()
                ? new Input.Result(new CallResult.Failed(
                        ref, conversation, result.incarnation(), result.frames().getAsInt(), error, true, 0))
                : new Input.Abort(error, null);
    }

    /**
     * The record as a dead letter: as it came, with the place that it came from and the reason, and without its value when that would make
     * it too large.
     */
    static Record<String, Outgoing> deadLetter(
            Record<String, byte[]> record, RecordMetadata place, String reason, long now) {
        RecordHeaders headers =
                Records.deadLetterHeaders(record.headers(), place.topic(), place.partition(), place.offset(), reason);
        byte[] value = Records.copied(record.key(), record.value(), headers);
        return new Record<>(record.key(), new Outgoing(value, null), now, headers);
    }
}
