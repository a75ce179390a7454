package io.voiceagent.agent.topology;

import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way to a topic.
 *
 * @param value null: none, as of a dead letter whose value is not copied
 * @param partition null: any
 */
record Outgoing(byte @Nullable [] value, @Nullable Integer partition) {
    static Serializer<Outgoing> serializer() {
        return (topic, outgoing) -> outgoing.value();
    }
}
