package io.voiceagent.archiver.ingest;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * How far behind a reader is. The age is an upper bound: a partition's oldest unread record is younger than the last one
 * done with, and younger than the last moment at which nothing was unread.
 *
 * <p>Confined to the archiver's thread; {@link #records()} and {@link #seconds()} may be read by any.
 */
public final class Lag {

    private final Clock clock;
    private final Map<Integer, Long> doneAt = new HashMap<>(); // timestamp of the last record done with, ms
    private final Map<Integer, Long> caughtUpAt = new HashMap<>(); // ms
    private volatile long records;
    private volatile double seconds;

    public Lag(Clock clock) {
        this.clock = clock;
    }

    /** Notes records that are done with. */
    public void done(Iterable<ConsumerRecord<byte[], byte[]>> records) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            doneAt.put(record.partition(), record.timestamp());
        }
    }

    /** Compares the positions of the own partitions with the ends of the log. */
    public void observe(Map<Integer, Long> positions, Map<Integer, Long> ends) {
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
                oldest = Math.min(oldest, Math.max(since, doneAt.getOrDefault(partition, 0L)));
            }
            unread += behind;
        }
        records = unread;
        seconds = (now - oldest) / 1000.0;
    }

    /** Forgets partitions that are now another archiver's. */
    public void retain(Set<Integer> partitions) {
        doneAt.keySet().retainAll(partitions);
        caughtUpAt.keySet().retainAll(partitions);
    }

    public long records() {
        return records;
    }

    public double seconds() {
        return seconds;
    }
}
