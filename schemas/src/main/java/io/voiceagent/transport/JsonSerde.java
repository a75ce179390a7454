package io.voiceagent.transport;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * A message as UTF-8 JSON. A null stays null (a tombstone); what can't be read is a {@link SerializationException}.
 *
 * @param <T> the record or sealed interface of a topic
 */
public final class JsonSerde<T> implements Serde<T> {
    private final Class<T> type;

    private JsonSerde(Class<T> type) {
        this.type = type;
    }

    public static <T> JsonSerde<T> of(Class<T> type) {
        return new JsonSerde<>(type);
    }

    @Override
    public Serializer<T> serializer() {
        return (topic, value) -> write(value);
    }

    @Override
    public Deserializer<T> deserializer() {
        return (topic, bytes) -> read(topic, bytes);
    }

    // Kafka's interfaces are not annotated, but hand tombstones through as null
    @SuppressWarnings("NullAway")
    private static byte[] write(@Nullable Object value) {
        return value == null ? null : Json.write(value);
    }

    @SuppressWarnings("NullAway")
    private T read(String topic, byte @Nullable [] bytes) {
        if (bytes == null) {
            return null;
        }
        try {
            return Json.read(bytes, type);
        } catch (MalformedMessageException e) {
            throw new SerializationException("Record of %s: %s".formatted(topic, e.getMessage()), e);
        }
    }
}
