package io.voiceagent.archiver.responses;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps open turns within their bound of memory: lets the largest go, and reads those again once they have ended. */
final class MemoryBound {

    private static final Logger LOG = LoggerFactory.getLogger(MemoryBound.class);

    /** How long one reading may take; live turns wait meanwhile. */
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    /** When not all frames of a turn were there, it is tried again that much later. */
    private static final Duration AGAIN_AFTER = Duration.ofSeconds(5);

    private final ResponseStorage storage;
    private final long bytes;
    private final ResponseMeters meters;
    private volatile boolean stopping;

    MemoryBound(ResponseStorage storage, ArchiveLimits limits, ResponseMeters meters) {
        this.storage = storage;
        this.bytes = limits.openBytes();
        this.meters = meters;
    }

    /** Cuts short a reading that goes on. For any thread. */
    void stop() {
        stopping = true;
    }

    /** Lets turns go until the others fit. */
    void hold(Collection<OpenTurns> partitions) {
        long held = partitions.stream().mapToLong(OpenTurns::bytes).sum();
        while (held > bytes) {
            OpenTurn largest = partitions.stream()
                    .map(OpenTurns::largest)
                    .filter(Objects::nonNull)
                    .max(Comparator.comparingLong(OpenTurn::bytes))
                    .orElse(null);
            if (largest == null) {
                return;
            }
            held -= largest.bytes();
            largest.letGo();
        }
    }

    /** Reads one turn again that was let go and has ended, if there is one. */
    void readAgain(Map<Integer, OpenTurns> partitions) {
        long now = System.nanoTime();
        for (Map.Entry<Integer, OpenTurns> partition : partitions.entrySet()) {
            for (OpenTurn turn : partition.getValue().toReadAgain()) {
                if (turn.readAgainAt() - now <= 0) {
                    turn.readAgainAt(now + AGAIN_AFTER.toNanos());
                    readAgain(partition.getKey(), partition.getValue(), turn);
                    return;
                }
            }
        }
    }

    private void readAgain(int partition, OpenTurns of, OpenTurn turn) {
        try {
            FinishedResponse row = new SecondReading(storage, partition, () -> stopping).read(turn, TIMEOUT);
            if (row != null) {
                of.readAgain(turn, row);
                meters.readAgain();
            }
        } catch (OffsetOutOfRangeException e) {
            giveUp(of, turn, e);
        } catch (KafkaException e) {
            throw e; // Kafka failed, not the turn
        } catch (RuntimeException e) {
            giveUp(of, turn, e);
        }
    }

    private void giveUp(OpenTurns of, OpenTurn turn, RuntimeException e) {
        LOG.error("{} can't be read again", turn.id, e);
        of.giveUp(turn, "it can't be read again");
        meters.expired(new OpenTurns.Expired(0, 1));
    }
}
