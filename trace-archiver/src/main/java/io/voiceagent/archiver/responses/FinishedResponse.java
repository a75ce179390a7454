package io.voiceagent.archiver.responses;

import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.fold.ResponseFold;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tools.jackson.core.type.TypeReference;

/**
 * A row of {@code responses.responses}.
 *
 * @param status {@code completed}, {@code incomplete}, {@code failed} or {@code cancelled}
 * @param foldVersion the version of the rules by which body and events were derived
 * @param body the final response object, JSON text
 * @param events the JSON texts of the events, one a line, as gzip
 * @param inputItems the turn's own input, a JSON array of {@link Item}
 * @param end the record that ended the turn
 */
// The array is made for this row and never changed.
@SuppressWarnings("ArrayRecordComponent")
record FinishedResponse(
        String responseId,
        String tenant,
        String conversation,
        String status,
        Instant createdAt,
        Instant completedAt,
        int foldVersion,
        String body,
        byte[] events,
        String inputItems,
        ConsumerRecord<byte[], byte[]> end) {

    private static final TypeReference<List<Item>> ITEMS = new TypeReference<>() {};

    /** What a fold that has ended came to. */
    static FinishedResponse of(ResponseFold fold, EventText events, ConsumerRecord<byte[], byte[]> end) {
        StepEvent.Accepted accepted = Objects.requireNonNull(fold.accepted());
        StepEvent.Ended ended = Objects.requireNonNull(fold.ending());
        return new FinishedResponse(
                accepted.responseId(),
                storable(accepted.tenant()),
                accepted.conversation(),
                ended.status().name().toLowerCase(Locale.ROOT),
                Instant.ofEpochMilli(accepted.submittedAt()),
                Instant.ofEpochMilli(ended.at()),
                accepted.foldVersion(),
                storable(Objects.requireNonNull(fold.response())),
                events.gzip(),
                storable(Json.mapper()
                        .writerFor(ITEMS)
                        .writeValueAsString(accepted.spec().input())),
                end);
    }

    /** Half of a surrogate pair can be written in JSON but not in UTF-8; it is sent to clients, too, as what this makes of it. */
    private static String storable(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
