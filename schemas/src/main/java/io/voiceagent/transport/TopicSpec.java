package io.voiceagent.transport;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one topic is made.
 *
 * @param partitions its number of partitions
 * @param partitionsVariable the variable that decides that number, or null when it is fixed
 * @param configs topic configuration, such as {@code retention.ms}
 */
public record TopicSpec(
        String name, int partitions, @Nullable String partitionsVariable, Map<String, String> configs) {
    public TopicSpec {
        configs = Map.copyOf(configs);
    }
}
