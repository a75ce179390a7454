package io.voiceagent.archiver.ingest;

import io.voiceagent.archiver.ingest.ArchiveMeters.Component;
import io.voiceagent.archiver.ingest.ArchiveStatus.State;
import io.voiceagent.archiver.ingest.BatchWriter.Outcome;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer's membership in the group that archives a topic. The consumer's position follows the stored one, never the
 * other way round: after a rebalance, an overtaken batch or any failure the session is out of step, and it reads nothing
 * until it has the positions from Postgres again. While Postgres is away it goes on polling with all partitions paused,
 * so it keeps its place in the group and its memory does not grow.
 *
 * <p>Confined to one thread.
 */
final class ReadSession<R> implements ConsumerRebalanceListener, Session {

    private static final Logger log = LoggerFactory.getLogger(ReadSession.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

    private final String topic;
    private final Consumer<byte[], byte[]> consumer;
    private final Storage<R> storage;
    private final ArchiveMeters meters;
    private final Lag lag;
    private final Report report;
    private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
    private final Map<Integer, Long> positions = new HashMap<>();
    private @Nullable BatchWriter<R> writer;
    private boolean inStep;
    private long retryAt = System.nanoTime();
    private long lookAt = System.nanoTime();

    ReadSession(
            String topic,
            Consumer<byte[], byte[]> consumer,
            Storage<R> storage,
            ArchiveMeters meters,
            Lag lag,
            Report report) {
        this.topic = topic;
        this.consumer = consumer;
        this.storage = storage;
        this.meters = meters;
        this.lag = lag;
        this.report = report;
        consumer.subscribe(List.of(topic), this);
    }

    /** Reads once and stores what came. Returns after half a second at the latest when nothing comes. */
    @Override
    public void step() {
        if (!inStep && System.nanoTime() - retryAt >= 0) {
            getInStep();
        }
        try {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(pollTime());
            // A rebalance inside of the poll may have put the session out of step: what came is read again then.
            if (inStep && !records.isEmpty()) {
                store(records);
            }
        } catch (OffsetOutOfRangeException e) {
            followLog(e.offsetOutOfRangePartitions().keySet());
        }
        if (System.nanoTime() - lookAt >= 0) {
            look();
        }
    }

    @Override
    public void wakeUp() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
    }

    /** A position is needed for the poll to go on, and paused, it is not read from; {@link #getInStep} sets the right one. */
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        consumer.pause(partitions);
        partitions.forEach(partition -> consumer.seek(partition, 0));
        outOfStep();
    }

    /** Nothing is in flight: every batch is stored, or given up, before the next poll. */
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        outOfStep();
    }

    private void outOfStep() {
        inStep = false;
        retryAt = System.nanoTime();
    }

    private Duration pollTime() {
        if (inStep) {
            return POLL;
        }
        long untilRetry = Math.max(0, retryAt - System.nanoTime());
        return Duration.ofNanos(Math.min(untilRetry, POLL.toNanos()));
    }

    private void getInStep() {
        Set<TopicPartition> assigned = consumer.assignment();
        if (assigned.isEmpty()) {
            retryAt = System.nanoTime() + POLL.toNanos();
            return;
        }
        try {
            Map<Integer, Long> stored = writer().positions(numbers(assigned));
            positions.clear();
            positions.putAll(stored);
            lag.retain(positions.keySet());
            for (TopicPartition partition : assigned) {
                consumer.seek(partition, positions.getOrDefault(partition.partition(), 0L));
            }
            consumer.resume(assigned);
            inStep = true;
            log.debug("Reads {} from {}", topic, positions);
            report.accept(State.RUNNING, null);
        } catch (SQLException e) {
            waitFor(State.WAITING_FOR_POSTGRES, Component.POSTGRES, e);
        }
    }

    private void store(ConsumerRecords<byte[], byte[]> records) {
        List<ConsumerRecord<byte[], byte[]>> list = new ArrayList<>(records.count());
        records.forEach(list::add);
        Batch batch = Batch.of(list, positions);
        long begin = System.nanoTime();
        try {
            switch (writer().write(batch)) {
                case Outcome.Stored stored -> {
                    batch.moves().forEach((partition, move) -> positions.put(partition, move.next()));
                    lag.done(batch.records());
                    meters.stored(stored.rows(), stored.refused(), since(begin));
                    backoff.succeeded();
                }
                case Outcome.Overtaken ignored -> {
                    log.warn(
                            "Another archiver has stored records of {} that were read here; reads on after them",
                            topic);
                    meters.overtaken(since(begin));
                    outOfStep();
                }
            }
        } catch (SQLException e) {
            meters.failed(since(begin));
            waitFor(State.WAITING_FOR_POSTGRES, Component.POSTGRES, e);
        } catch (DeadLetterException e) {
            meters.failed(since(begin));
            waitFor(State.WAITING_FOR_KAFKA, Component.KAFKA, e);
        }
    }

    /** The log no longer begins, or no longer ends, where the stored position says: goes on where it can be read. */
    private void followLog(Set<TopicPartition> partitions) {
        try {
            writer = storage.writer(topic); // if the topic was made anew, this has the positions of the new one
            Map<Integer, Long> stored = writer.positions(numbers(partitions));
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            for (TopicPartition partition : partitions) {
                long position = stored.getOrDefault(partition.partition(), 0L);
                long begin = begins.getOrDefault(partition, position);
                long end = ends.getOrDefault(partition, position);
                if (position < begin) {
                    // Not an error for a topic that is older than the archive; a loss for one that was being read.
                    log.error(
                            "{}: records {} to {} are gone before they were archived", partition, position, begin - 1);
                    meters.lost(begin - position);
                    writer.skip(partition.partition(), new Move(position, begin));
                } else if (position > end) {
                    log.error("{}: the log ends at {}, before {} that was archived up to", partition, end, position);
                    writer.skip(partition.partition(), new Move(position, end));
                }
            }
            outOfStep();
        } catch (SQLException e) {
            waitFor(State.WAITING_FOR_POSTGRES, Component.POSTGRES, e);
        }
    }

    private void waitFor(State state, Component component, Exception e) {
        inStep = false;
        consumer.pause(consumer.assignment());
        Duration wait = backoff.failed();
        retryAt = System.nanoTime() + wait.toNanos();
        meters.error(component);
        report.accept(state, String.valueOf(e.getMessage()));
        log.warn("{}: not stored, tries again in {} ms: {}", topic, wait.toMillis(), e.toString());
        log.debug("Cause", e);
    }

    /** Measures the lag; finds out on the way whether Kafka answers, for a poll does not tell. */
    private void look() {
        lookAt = System.nanoTime() + LOOK_EVERY.toNanos();
        try {
            Set<TopicPartition> assigned = consumer.assignment();
            if (assigned.isEmpty()) {
                consumer.partitionsFor(topic, LOOK_TIMEOUT);
                lag.observe(Map.of(), Map.of());
            } else {
                Map<Integer, Long> ends = new HashMap<>();
                consumer.endOffsets(assigned, LOOK_TIMEOUT).forEach((tp, end) -> ends.put(tp.partition(), end));
                lag.observe(positions, ends);
            }
            if (inStep) {
                report.accept(State.RUNNING, null);
            }
        } catch (TimeoutException e) {
            meters.error(Component.KAFKA);
            report.accept(State.WAITING_FOR_KAFKA, String.valueOf(e.getMessage()));
        }
    }

    private BatchWriter<R> writer() {
        BatchWriter<R> existing = writer;
        if (existing == null) {
            existing = storage.writer(topic);
            writer = existing;
        }
        return existing;
    }

    private static Set<Integer> numbers(Set<TopicPartition> partitions) {
        return partitions.stream().map(TopicPartition::partition).collect(Collectors.toSet());
    }

    private static Duration since(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin);
    }
}
