package io.voiceagent.ingress.follow;

import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.transport.Records;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A record of a turn as it lies in the log, not decoded.
 *
 * @param type the value's discriminator, from the header
 */
record LogRecord(Source source, String responseId, String type, long offset, byte[] value) {
    /** Which of a turn's two logs. */
    enum Source {
        STEPS,
        STREAM
    }

    private static final int OVERHEAD_BYTES = 64;

    /** About what it takes in memory, bytes. */
    int weight() {
        return value.length + OVERHEAD_BYTES;
    }

    /** Reads what the headers say; null when the record names no response or no type. */
    static @Nullable LogRecord of(Source source, ConsumerRecord<String, byte[]> read) {
        String responseId = header(read, Headers.RESPONSE_ID);
        String type = header(read, Headers.TYPE);
        return responseId == null || type == null || read.value() == null
                ? null
                : new LogRecord(source, responseId, type, read.offset(), read.value());
    }

    /**
     * The record as what it should be.
     *
     * @throws MalformedMessageException when it is not, or is of a version that is not read here
     */
    static <T> T decode(ConsumerRecord<String, byte[]> read, Class<T> type) {
        Records.requireReadable(read);
        return Json.read(read.value(), type);
    }

    private static @Nullable String header(ConsumerRecord<String, byte[]> read, String name) {
        Header header = read.headers().lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }
}
