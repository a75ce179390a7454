package io.voiceagent.agent.topology;

import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.transport.Records;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

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

    /** The record as a dead letter: as it came, with the place that it came from and the reason. */
    static Record<String, Outgoing> deadLetter(
            Record<String, byte[]> record, RecordMetadata place, String reason, long now) {
        RecordHeaders headers =
                Records.deadLetterHeaders(record.headers(), place.topic(), place.partition(), place.offset(), reason);
        byte[] value = record.value() == null ? new byte[0] : record.value();
        return new Record<>(record.key(), new Outgoing(value, null), now, headers);
    }
}
