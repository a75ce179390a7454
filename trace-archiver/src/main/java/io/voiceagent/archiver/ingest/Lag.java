package io.voiceagent.archiver.ingest;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * How far behind the archiver is. The age is an upper bound: a partition's oldest unread record is younger than the last
 * stored one, and younger than the last moment at which nothing was unread.
 *
 * <p>Confined to the archiver's thread; {@link #records()} and {@link #seconds()} may be read by any.
 */
final class Lag {

    private final Clock clock;
    private final Map<Integer, Long> storedAt = new HashMap<>(); // timestamp of the last stored record, ms
    private final Map<Integer, Long> caughtUpAt = new HashMap<>(); // ms
    private volatile long records;
    private volatile double seconds;

    Lag(Clock clock) {
        this.clock = clock;
    }

    /** Notes records that are stored. */
    void stored(Batch batch) {
        for (ConsumerRecord<byte[], byte[]> record : batch.records()) {
            storedAt.put(record.partition(), record.timestamp());
        }
    }

    /** Compares the stored positions of the own partitions with the ends of the log. */
    void observe(Map<Integer, Long> positions, Map<Integer, Long> ends) {
        long now = clock.millis();
        long unread = 0;
        long oldest = now;
        for (Map.Entry<Integer, Long> end : ends.entrySet()) {
            int partition = end.getKey();
            long behind = Math.max(0, end.getValue() - positions.getOrDefault(partition, end.getValue()));
            if (behind == 0) {
                caughtUpAt.put(partition, now);
            } else {
                long since = caughtUpAt.computeIfAbsent(partition, p -> now);
                oldest = Math.min(oldest, Math.max(since, storedAt.getOrDefault(partition, 0L)));
            }
            unread += behind;
        }
        records = unread;
        seconds = (now - oldest) / 1000.0;
    }

    /** Forgets partitions that are now another archiver's. */
    void retain(Set<Integer> partitions) {
        storedAt.keySet().retainAll(partitions);
        caughtUpAt.keySet().retainAll(partitions);
    }

    long records() {
        return records;
    }

    double seconds() {
        return seconds;
    }
}
