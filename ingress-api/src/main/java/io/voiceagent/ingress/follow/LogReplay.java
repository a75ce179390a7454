package io.voiceagent.ingress.follow;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.fold.ResponseFold;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.Consumers.Isolation;
import io.voiceagent.transport.KafkaSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one turn back from the log: its id tells the partition and from when on. One at a time for each partition, so that a crowd that
 * asks for old turns costs the broker one reader a partition. Blocks the caller.
 */
final class LogReplay {
    private static final Logger LOG = LoggerFactory.getLogger(LogReplay.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long AT_ITS_TIME = -1;

    /**
     * A turn's records.
     *
     * @param accepted whether its beginning is among them; if not, the log does not have it
     * @param deleted whether its deletion is among them; if so, nothing else counts
     * @param cut whether its last step is among them, but not all frames that it counts in
     * @param stepsEnd {@code records} holds all steps below this offset, or all that count
     * @param streamEnd the same for frames
     */
    record Replayed(
            List<LogRecord> records, boolean accepted, boolean deleted, boolean cut, long stepsEnd, long streamEnd) {}

    private final KafkaSettings kafka;
    private final String clientId;
    private final FollowOptions options;
    private final List<ReentrantLock> partitions;
    private final AtomicLong readers = new AtomicLong();

    LogReplay(KafkaSettings kafka, String clientId, FollowOptions options) {
        this.kafka = kafka;
        this.clientId = clientId;
        this.options = options;
        this.partitions = Stream.generate(ReentrantLock::new)
                .limit(kafka.agentPartitions())
                .toList();
    }

    /**
     * All records of the turn, up to the ends of the logs as they are now.
     *
     * @param deletionsKnown its deletion is looked for below this offset of the steps; from there on it is known without
     * @throws org.apache.kafka.common.KafkaException when Kafka can't be read
     * @throws TimeoutException when it takes too long
     */
    Replayed turn(ResponseId id, long deletionsKnown) throws TimeoutException, InterruptedException {
        return exclusively(id, deadline -> {
            String name = id.toString();
            ResponseFold fold = new ResponseFold(name);
            List<LogRecord> records = new ArrayList<>();
            boolean[] end = new boolean[1];
            boolean[] deleted = new boolean[1];
            // Nobody accepts a turn after its deadline, so what follows much later need not be read
            long acceptedBy = id.submittedAt()
                    .plus(options.maxTurnAge())
                    .plus(Turns.MARGIN)
                    .toEpochMilli();
            long stepsEnd = scan(Topics.STEPS, Isolation.READ_COMMITTED, id, deadline, read -> {
                LogRecord record = LogRecord.of(LogRecord.Source.STEPS, read);
                if (record != null && record.responseId().equals(name)) {
                    records.add(record);
                    fold.apply(LogRecord.decode(read, StepEvent.class));
                    end[0] |= record.type().equals(TurnLog.ENDED);
                    deleted[0] |= record.type().equals(Deletions.DELETED);
                }
                boolean goesOn = !end[0] && (fold.accepted() != null || read.timestamp() <= acceptedBy);
                return !deleted[0] && (goesOn || read.offset() + 1 < deletionsKnown);
            });
            if (fold.accepted() == null || deleted[0]) {
                return new Replayed(records, fold.accepted() != null, deleted[0], false, stepsEnd, 0);
            }
            long streamEnd = fold.ended()
                    ? 0
                    : scan(Topics.STREAM, Isolation.READ_UNCOMMITTED, id, deadline, read -> {
                        LogRecord record = LogRecord.of(LogRecord.Source.STREAM, read);
                        if (record != null && record.responseId().equals(name)) {
                            frame(read, record, records, fold);
                        }
                        return !fold.ended();
                    });
            return new Replayed(records, true, false, end[0] && !fold.ended(), stepsEnd, streamEnd);
        });
    }

    /** A frame that can't be read is passed over by all readers: of what an end counts in, it then leaves a hole. */
    private static void frame(
            ConsumerRecord<String, byte[]> read, LogRecord record, List<LogRecord> records, ResponseFold fold) {
        Frame frame;
        try {
            frame = LogRecord.decode(read, Frame.class);
        } catch (MalformedMessageException e) {
            LOG.debug("{}-{}@{} is passed over", read.topic(), read.partition(), read.offset(), e);
            return;
        }
        records.add(record);
        fold.apply(frame);
    }

    /** Whether the log says between the two offsets of the steps that the response was deleted; throws as {@link #turn} does. */
    boolean deleted(ResponseId id, long from, long to) throws TimeoutException, InterruptedException {
        return exclusively(id, deadline -> {
            boolean[] deleted = new boolean[1];
            scan(Topics.STEPS, Isolation.READ_COMMITTED, id, from, deadline, read -> {
                LogRecord record = LogRecord.of(LogRecord.Source.STEPS, read);
                deleted[0] |= record != null
                        && record.responseId().equals(id.toString())
                        && record.type().equals(Deletions.DELETED);
                return !deleted[0] && read.offset() + 1 < to;
            });
            return deleted[0];
        });
    }

    /** The request itself, null when it is not in the log; throws as {@link #turn} does. */
    Request.@Nullable Submit request(ResponseId id) throws TimeoutException, InterruptedException {
        return exclusively(id, deadline -> {
            Request.@Nullable Submit[] found = new Request.Submit[1];
            Instant latest = id.submittedAt().plus(Turns.MARGIN);
            scan(Topics.REQUESTS, Isolation.READ_COMMITTED, id, deadline, read -> {
                LogRecord record = LogRecord.of(LogRecord.Source.STEPS, read);
                if (record != null
                        && record.responseId().equals(id.toString())
                        && LogRecord.decode(read, Request.class) instanceof Request.Submit submit) {
                    found[0] = submit;
                }
                return found[0] == null && read.timestamp() <= latest.toEpochMilli();
            });
            return found[0];
        });
    }

    private interface Scan<T> {
        T until(long deadline) throws TimeoutException;
    }

    private <T extends @Nullable Object> T exclusively(ResponseId id, Scan<T> scan)
            throws TimeoutException, InterruptedException {
        long deadline = System.nanoTime() + options.lookupTime().toNanos();
        if (id.partition() >= partitions.size()) {
            throw new IllegalArgumentException(
                    "partition %d of %s, but AGENT_PARTITIONS is %d".formatted(id.partition(), id, partitions.size()));
        }
        ReentrantLock lock = partitions.get(id.partition());
        if (!lock.tryLock(options.lookupTime().toMillis(), TimeUnit.MILLISECONDS)) {
            throw new TimeoutException("other look-ups in partition %d take too long".formatted(id.partition()));
        }
        try {
            return scan.until(deadline);
        } finally {
            lock.unlock();
        }
    }

    /** Hands over the records of the id's partition from the id's time on; returns the offset where the log ended. */
    private long scan(
            String topic,
            Isolation isolation,
            ResponseId id,
            long deadline,
            Predicate<ConsumerRecord<String, byte[]>> more)
            throws TimeoutException {
        return scan(topic, isolation, id, AT_ITS_TIME, deadline, more);
    }

    private long scan(
            String topic,
            Isolation isolation,
            ResponseId id,
            long from,
            long deadline,
            Predicate<ConsumerRecord<String, byte[]>> more)
            throws TimeoutException {
        TopicPartition partition = new TopicPartition(topic, id.partition());
        String name = "%s-%d".formatted(clientId, readers.getAndIncrement());
        try (Consumer<String, byte[]> consumer = Consumers.assigned(kafka, name, isolation, Consumers.Start.NONE)) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition), left(deadline)).getOrDefault(partition, 0L);
            long first = consumer.beginningOffsets(List.of(partition), left(deadline))
                    .getOrDefault(partition, 0L);
            if (from == AT_ITS_TIME) {
                long time = id.submittedAt().minus(Turns.MARGIN).toEpochMilli();
                OffsetAndTimestamp place = consumer.offsetsForTimes(Map.of(partition, time), left(deadline))
                        .get(partition);
                first = place == null ? end : place.offset();
            } else {
                first = Math.max(first, from);
            }
            if (first >= end) {
                return end;
            }
            consumer.seek(partition, first);
            while (consumer.position(partition, left(deadline)) < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (record.offset() < end && !more.test(record)) {
                        return end;
                    }
                }
            }
            return end;
        }
    }

    private static Duration left(long deadline) throws TimeoutException {
        long nanos = deadline - System.nanoTime();
        if (nanos <= 0) {
            throw new TimeoutException("the log was not read to its end in time");
        }
        return Duration.ofNanos(nanos);
    }
}
