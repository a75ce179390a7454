package io.voiceagent.archiver.responses;

import io.voiceagent.archiver.ingest.ArchiveMeters;
import io.voiceagent.archiver.ingest.Lag;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/** One of the two logs that a session reads: its consumer, and how far behind that is. Confined to the session's thread. */
final class LogReader implements AutoCloseable {

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

    final String topic;
    final Consumer<byte[], byte[]> consumer;
    final ArchiveMeters meters;
    final Lag lag;
    /** Offset of the next record to read, as of the last look. */
    private final Map<Integer, Long> next = new HashMap<>();

    LogReader(String topic, Consumer<byte[], byte[]> consumer, ArchiveMeters meters, Lag lag) {
        this.topic = topic;
        this.consumer = consumer;
        this.meters = meters;
        this.lag = lag;
    }

    /** Reads on from these offsets; all of these partitions are assigned. */
    void seek(Map<Integer, Long> offsets) {
        offsets.forEach((partition, offset) -> consumer.seek(new TopicPartition(topic, partition), offset));
        next.clear();
        next.putAll(offsets);
        lag.retain(offsets.keySet());
    }

    /**
     * Measures the lag.
     *
     * @param reads whether the consumer's own positions count; if not, those that it had when it last did
     * @return the partitions that have been read to their end
     * @throws org.apache.kafka.common.errors.TimeoutException when Kafka does not answer
     */
    Set<Integer> look(boolean reads, Duration timeout) {
        Map<Integer, Long> ends = new HashMap<>();
        Set<Integer> atEnd = new HashSet<>();
        consumer.endOffsets(consumer.assignment(), timeout).forEach((tp, end) -> {
            int partition = tp.partition();
            ends.put(partition, end);
            if (reads) {
                next.put(partition, consumer.position(tp, timeout));
                if (next.getOrDefault(partition, 0L) >= end) {
                    atEnd.add(partition);
                }
            }
        });
        lag.observe(next, ends);
        return atEnd;
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
    }
}
