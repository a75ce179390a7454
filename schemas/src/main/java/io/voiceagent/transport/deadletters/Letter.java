package io.voiceagent.transport.deadletters;

import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** A record of a dead-letter topic. */
record Letter(ConsumerRecord<byte[], byte[]> record) {
    private static final Set<String> OF_DEAD_LETTERS = Set.of(
            Headers.DLT_REASON,
            Headers.DLT_TOPIC,
            Headers.DLT_PARTITION,
            Headers.DLT_OFFSET,
            Headers.DLT_OMITTED_BYTES,
            Headers.DLT_REPLAYED);

    Place place() {
        return Place.of(record.topic(), record.partition(), record.offset());
    }

    Instant time() {
        return Instant.ofEpochMilli(record.timestamp());
    }

    /** The offset that a note is about; null of a dead letter. */
    @Nullable
    Long note() {
        String note = header(Headers.DLT_NOTE);
        try {
            return note == null ? null : Long.valueOf(note);
        } catch (NumberFormatException e) {
            return null; // a stranger's: it is shown as what it says
        }
    }

    String reason() {
        String reason = header(Headers.DLT_REASON);
        return reason == null ? "no reason is given" : reason;
    }

    /** Where it was read, as its headers say. */
    String origin() {
        return "%s-%s@%s"
                .formatted(header(Headers.DLT_TOPIC), header(Headers.DLT_PARTITION), header(Headers.DLT_OFFSET));
    }

    /** Size of the value that is here. */
    int bytes() {
        return record.value() == null ? 0 : record.value().length;
    }

    /** The last header of that name as text; null when there is none. */
    @Nullable
    String header(String name) {
        Header header = record.headers().lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    /**
     * The record as it was, at the partition where it was, with a mark that it was written again.
     *
     * @throws CommandException when that can't be told, or its value is not here
     */
    ProducerRecord<byte[], byte[]> again() {
        String topic = header(Headers.DLT_TOPIC);
        String partition = header(Headers.DLT_PARTITION);
        if (topic == null || partition == null || !Topics.deadLetters(topic).equals(record.topic())) {
            throw new CommandException("%s does not say which topic and partition it is from".formatted(place()));
        }
        if (header(Headers.DLT_OMITTED_BYTES) != null) {
            throw new CommandException(
                    "%s was too large to be copied: its value is at %s, for as long as that topic keeps it"
                            .formatted(place(), origin()));
        }
        if (!partition.matches("\\d{1,4}")) {
            throw new CommandException("%s says no partition that could be".formatted(place()));
        }
        RecordHeaders headers = new RecordHeaders();
        for (Header header : record.headers()) {
            if (!OF_DEAD_LETTERS.contains(header.key())) {
                headers.add(header);
            }
        }
        headers.add(Headers.DLT_REPLAYED, place().toString().getBytes(StandardCharsets.UTF_8));
        return new ProducerRecord<>(topic, Integer.parseInt(partition), record.key(), record.value(), headers);
    }

    /** A note beside it that it was written again. */
    ProducerRecord<byte[], byte[]> noted() {
        RecordHeaders headers = new RecordHeaders();
        headers.add(Headers.DLT_NOTE, Long.toString(record.offset()).getBytes(StandardCharsets.UTF_8));
        return new ProducerRecord<>(record.topic(), record.partition(), record.key(), null, headers);
    }
}
