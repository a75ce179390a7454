package io.voiceagent.agent.topology;

import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way to a topic.
 *
 * @param partition null: any
 */
record Outgoing(byte[] value, @Nullable Integer partition) {
    static Serializer<Outgoing> serializer() {
        return (topic, outgoing) -> outgoing.value();
    }
}
