package io.voiceagent.archiver.responses;

import io.voiceagent.archiver.ingest.ArchiveMeters;
import io.voiceagent.archiver.ingest.Lag;
import io.voiceagent.archiver.ingest.Move;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One of the two logs that a session reads: its consumer, and how far behind that is. Confined to the session's thread. */
final class LogReader implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LogReader.class);
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
     * Finds where to read on when the log does not hold these positions: it begins after one, or ends before it. Counts what is
     * lost.
     */
    Map<Integer, Move> follow(Map<Integer, Long> positions) {
        Set<TopicPartition> partitions = new HashSet<>();
        positions.keySet().forEach(partition -> partitions.add(new TopicPartition(topic, partition)));
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        Map<Integer, Move> moves = new HashMap<>();
        positions.forEach((partition, from) -> {
            TopicPartition tp = new TopicPartition(topic, partition);
            long to = Math.min(Math.max(from, begins.getOrDefault(tp, from)), ends.getOrDefault(tp, from));
            if (to > from) {
                LOG.error("{}: records {} to {} are gone before they were archived", tp, from, to - 1);
                meters.lost(to - from);
            } else if (to < from) {
                LOG.error("{}: the log ends at {}, before {} that was archived up to", tp, to, from);
            }
            if (to != from) {
                moves.put(partition, new Move(from, to));
            }
        });
        return moves;
    }

    /** Stops, or goes on, reading a partition. */
    void hold(int partition, boolean hold) {
        TopicPartition tp = new TopicPartition(topic, partition);
        if (hold != consumer.paused().contains(tp)) {
            if (hold) {
                consumer.pause(Set.of(tp));
            } else {
                consumer.resume(Set.of(tp));
            }
        }
    }

    /** Whether the partition is known to have more, as of the last answer of the broker. */
    boolean behind(int partition) {
        return consumer.currentLag(new TopicPartition(topic, partition)).orElse(0) > 0;
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
