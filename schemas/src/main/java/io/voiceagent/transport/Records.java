package io.voiceagent.transport;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.opentelemetry.context.Context;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.TenantUsage;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Messages as Kafka records: topic, partition, key, headers and bytes, each decided here and nowhere else.
 *
 * <p>What is keyed by a conversation goes to the partition that the conversation names, so that it is one partition on
 * every topic.
 */
public final class Records {
    /** Room for the batch around a record. */
    private static final int MAX_DEAD_LETTER_BYTES = TopicSpecs.MAX_RECORD_BYTES - (4 << 10);

    private static final int MAX_REASON_CHARS = 1_000;

    private static final ClassValue<String> TYPES = new ClassValue<>() {
        @Override
        protected String computeValue(Class<?> message) {
            return discriminator(message);
        }
    };

    private Records() {}

    /** A request on {@code agent.requests}. */
    public static ProducerRecord<String, byte[]> request(Request request, Context context) {
        return byConversation(
                Topics.REQUESTS,
                request.conversation(),
                Json.write(request),
                headers(request, request.responseId(), context));
    }

    /** A frame on {@code agent.stream}. */
    public static ProducerRecord<String, byte[]> frame(Frame frame, Context context) {
        return byConversation(
                Topics.STREAM,
                frame.conversation(),
                Json.write(frame),
                headers(frame, frame.ref().responseId(), context));
    }

    /** A result on the stage's results topic. */
    public static ProducerRecord<String, byte[]> result(Stage stage, CallResult result, Context context) {
        return byConversation(
                Topics.results(stage),
                result.conversation(),
                Json.write(result),
                headers(result, result.ref().responseId(), context));
    }

    /** An announcement on {@code workers}. */
    public static ProducerRecord<String, byte[]> announcement(Announcement announcement) {
        return new ProducerRecord<>(
                Topics.WORKERS,
                0,
                announcement.incarnation(),
                Json.write(announcement),
                headers(announcement, null, Context.root()));
    }

    /** A tool's description on {@code tools}. */
    public static ProducerRecord<String, byte[]> tool(ToolDescription tool) {
        RecordHeaders headers = new RecordHeaders();
        add(headers, Headers.SCHEMA_VERSION, Integer.toString(Headers.CURRENT_SCHEMA_VERSION));
        return new ProducerRecord<>(Topics.TOOLS, 0, tool.name(), Json.write(tool), headers);
    }

    /**
     * The record that goes to the dead letters instead of being read, unchanged but for headers that say why and where
     * from.
     */
    public static ProducerRecord<String, byte[]> deadLetter(ConsumerRecord<String, byte[]> read, String reason) {
        RecordHeaders headers =
                deadLetterHeaders(read.headers(), read.topic(), read.partition(), read.offset(), reason);
        byte[] value = copied(read.key(), read.value(), headers);
        return new ProducerRecord<>(Topics.deadLetters(read.topic()), null, read.key(), value, headers);
    }

    /**
     * The value that a dead letter takes along: the whole, or none when it would be too large with the headers that it got, which then
     * say how large it was. It stays where it was read for as long as that topic keeps it.
     *
     * @param headers of the dead letter
     */
    public static byte @Nullable [] copied(
            @Nullable String key, byte @Nullable [] value, org.apache.kafka.common.header.Headers headers) {
        if (value == null) {
            return null;
        }
        long size = value.length + (key == null ? 0L : 4L * key.length());
        for (Header header : headers) {
            size += 4L * header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        if (size <= MAX_DEAD_LETTER_BYTES) {
            return value;
        }
        headers.add(Headers.DLT_OMITTED_BYTES, Integer.toString(value.length).getBytes(StandardCharsets.UTF_8));
        return null;
    }

    /**
     * The headers of a dead letter: those that the record came with, and why and where from. A record that was put aside, written again
     * and put aside again says so of the last time.
     */
    public static RecordHeaders deadLetterHeaders(
            org.apache.kafka.common.header.Headers read, String topic, int partition, long offset, String reason) {
        RecordHeaders headers = new RecordHeaders(read);
        add(headers, Headers.DLT_REASON, reason.substring(0, Math.min(reason.length(), MAX_REASON_CHARS)));
        add(headers, Headers.DLT_TOPIC, topic);
        add(headers, Headers.DLT_PARTITION, Integer.toString(partition));
        add(headers, Headers.DLT_OFFSET, Long.toString(offset));
        return headers;
    }

    /**
     * Checks that a record is of a version that this code reads; a record without the header counts as the first version.
     *
     * @throws MalformedMessageException when it is newer, or the header is no number
     */
    public static void requireReadable(ConsumerRecord<?, ?> read) {
        requireReadable(read.headers());
    }

    /** The same of a record's headers. */
    public static void requireReadable(org.apache.kafka.common.header.Headers headers) {
        Header header = headers.lastHeader(Headers.SCHEMA_VERSION);
        if (header == null) {
            return;
        }
        String version = header.value() == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
        int number;
        try {
            number = Integer.parseInt(version);
        } catch (NumberFormatException e) {
            throw new MalformedMessageException("header %s is no number".formatted(Headers.SCHEMA_VERSION), e);
        }
        if (number > Headers.CURRENT_SCHEMA_VERSION) {
            throw new MalformedMessageException(
                    "schema version %d is newer than %d, which is read here"
                            .formatted(number, Headers.CURRENT_SCHEMA_VERSION),
                    null);
        }
    }

    /** Headers of a step event. */
    public static RecordHeaders headers(StepEvent event, Context context) {
        return headers(event, event.responseId(), context);
    }

    /** Headers of a call. */
    public static RecordHeaders headers(Call call, Context context) {
        return headers(call, call.ref().responseId(), context);
    }

    /** Headers of a frame. */
    public static RecordHeaders headers(Frame frame, Context context) {
        return headers(frame, frame.ref().responseId(), context);
    }

    /** Headers of a total, which belongs to no turn. */
    public static RecordHeaders headers(TenantUsage total) {
        RecordHeaders headers = new RecordHeaders();
        add(headers, Headers.SCHEMA_VERSION, Integer.toString(Headers.CURRENT_SCHEMA_VERSION));
        return headers;
    }

    /** The value's {@code type} discriminator, as in its JSON. */
    public static String type(Object message) {
        return TYPES.get(message.getClass());
    }

    private static RecordHeaders headers(Object message, @Nullable String responseId, Context context) {
        RecordHeaders headers = new RecordHeaders();
        add(headers, Headers.TYPE, type(message));
        add(headers, Headers.SCHEMA_VERSION, Integer.toString(Headers.CURRENT_SCHEMA_VERSION));
        if (responseId != null) {
            add(headers, Headers.RESPONSE_ID, responseId);
        }
        TraceHeaders.inject(context, headers);
        return headers;
    }

    private static ProducerRecord<String, byte[]> byConversation(
            String topic, String conversation, byte[] value, RecordHeaders headers) {
        return new ProducerRecord<>(topic, ResponseId.partition(conversation), conversation, value, headers);
    }

    private static void add(RecordHeaders headers, String key, String value) {
        headers.add(key, value.getBytes(StandardCharsets.UTF_8));
    }

    private static String discriminator(Class<?> message) {
        return Arrays.stream(message.getInterfaces())
                .map(i -> i.getAnnotation(JsonSubTypes.class))
                .filter(a -> a != null)
                .flatMap(a -> Arrays.stream(a.value()))
                .filter(t -> t.value() == message)
                .map(JsonSubTypes.Type::name)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(message + " is no message"));
    }
}
