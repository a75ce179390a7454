package io.voiceagent.agent.topology;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/** Since when a partition has records that wait, and none of them was taken. The sum of a topic does not show it: the other partitions go on. */
final class Stalls {
    private final Map<TopicPartition, Long> since = new ConcurrentHashMap<>();

    /** A record was taken. */
    void taken(String topic, int partition, long now) {
        since.put(new TopicPartition(topic, partition), now);
    }

    /**
     * The longest of a topic's stalls, in milliseconds; 0 when nothing waits.
     *
     * @param lags records that wait, by partition; one that was not there at the look before counts from now on
     */
    long longest(String topic, Map<TopicPartition, Double> lags, long now) {
        // Who works on it elsewhere takes it from there
        since.keySet().removeIf(partition -> partition.topic().equals(topic) && !lags.containsKey(partition));
        long longest = 0;
        for (Map.Entry<TopicPartition, Double> lag : lags.entrySet()) {
            if (!lag.getKey().topic().equals(topic)) {
                continue;
            }
            if (lag.getValue() > 0) {
                Long from = since.putIfAbsent(lag.getKey(), now);
                longest = Math.max(longest, from == null ? 0 : now - from);
            } else {
                since.put(lag.getKey(), now);
            }
        }
        return longest;
    }
}
