package io.voiceagent.archiver.responses;

import io.voiceagent.archiver.ingest.ArchiveMeters.Component;
import io.voiceagent.archiver.ingest.ArchiveStatus.State;
import io.voiceagent.archiver.ingest.Backoff;
import io.voiceagent.archiver.ingest.DeadLetterException;
import io.voiceagent.archiver.ingest.Move;
import io.voiceagent.archiver.ingest.Session;
import io.voiceagent.archiver.responses.ResponseWriter.Position;
import io.voiceagent.archiver.responses.ResponseWriter.Stored;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer's membership in the group that archives responses. The group shares the partitions of the steps; a second
 * consumer follows with the same partitions of the stream. Both begin at the stored positions, which are those of the oldest
 * open turn, so after a rebalance, an overtaken batch or any failure the session forgets all turns and folds them again from
 * there. While Postgres is away it holds no turns and polls with all partitions paused, to keep its place in the group.
 *
 * <p>Confined to one thread.
 */
final class ResponseSession implements Session, ConsumerRebalanceListener {

    private static final Logger LOG = LoggerFactory.getLogger(ResponseSession.class);
    private static final Duration STEPS_POLL = Duration.ofMillis(100);
    private static final Duration STREAM_POLL = Duration.ofMillis(50);
    private static final Duration RETRY_POLL = Duration.ofMillis(500);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(1);

    /** When no turn ends, positions alone are stored no more often than that. */
    private static final Duration MOVE_EVERY = Duration.ofSeconds(5);

    private final ResponseStorage storage;
    private final ResponseMeters meters;
    private final Report report;
    private final MemoryBound bound;
    private final LogReader steps;
    private final LogReader stream;
    private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
    private final AssignedTurns turns;
    private ResponseWriter writer;
    private boolean inStep;
    private boolean busy;
    private long retryAt = System.nanoTime();
    private long lookAt = System.nanoTime();
    private long moveAt = System.nanoTime();

    ResponseSession(ResponseStorage storage, ArchiveLimits limits, ResponseMeters meters, Report report) {
        this.storage = storage;
        this.turns = new AssignedTurns(limits);
        this.meters = meters;
        this.report = report;
        this.bound = new MemoryBound(storage, limits, meters);
        this.writer = new ResponseWriter(storage);
        this.steps = new LogReader(
                storage.stepsTopic(), storage.stepsConsumers().apply("responses-steps"), meters.steps, meters.stepsLag);
        this.stream = new LogReader(
                storage.streamTopic(),
                storage.streamConsumers().apply("responses-stream"),
                meters.stream,
                meters.streamLag);
        steps.consumer.subscribe(List.of(storage.stepsTopic()), this);
    }

    /** Reads once from either log and stores what ended. Returns after a fraction of a second when nothing comes. */
    @Override
    public void step() {
        if (!inStep && System.nanoTime() - retryAt >= 0) {
            getInStep();
        }
        busy = read(steps, stepsPoll(), OpenTurns::step) | (inStep && read(stream, STREAM_POLL, OpenTurns::frame));
        if (inStep) {
            turns.balance(steps, stream);
            bound.hold(turns.byPartition().values());
            bound.readAgain(turns.byPartition());
            store();
        }
        if (System.nanoTime() - lookAt >= 0) {
            look();
        }
    }

    @Override
    public void wakeUp() {
        bound.stop();
        steps.consumer.wakeup();
    }

    @Override
    public void close() {
        try {
            steps.close();
        } finally {
            stream.close();
        }
    }

    /** A position is needed for the poll to go on, and paused, it is not read from; {@link #getInStep} sets the right one. */
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        steps.consumer.pause(partitions);
        partitions.forEach(partition -> steps.consumer.seek(partition, 0));
        outOfStep();
    }

    /** What ended is stored before the next poll, so only turns are forgotten that whoever is next folds again. */
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        outOfStep();
    }

    private void outOfStep() {
        inStep = false;
        retryAt = System.nanoTime();
        turns.forget();
        steps.consumer.pause(steps.consumer.assignment());
    }

    private Duration stepsPoll() {
        if (inStep) {
            return busy ? Duration.ZERO : STEPS_POLL;
        }
        long untilRetry = Math.max(0, retryAt - System.nanoTime());
        return Duration.ofNanos(Math.min(untilRetry, RETRY_POLL.toNanos()));
    }

    private void getInStep() {
        Set<TopicPartition> assigned = steps.consumer.assignment();
        if (assigned.isEmpty()) {
            begin(Map.of());
            retryAt = System.nanoTime() + RETRY_POLL.toNanos();
            return;
        }
        try {
            begin(writer.positions(numbers(assigned)));
            steps.consumer.resume(assigned);
            inStep = true;
            report.accept(State.RUNNING, null);
        } catch (SQLException e) {
            waitFor(State.WAITING_FOR_POSTGRES, Component.POSTGRES, e);
        }
    }

    private void begin(Map<Integer, Position> positions) {
        turns.begin(positions);
        Map<Integer, Long> stepsFrom = new HashMap<>();
        Map<Integer, Long> streamFrom = new HashMap<>();
        List<TopicPartition> streams = new ArrayList<>();
        positions.forEach((partition, position) -> {
            stepsFrom.put(partition, position.steps());
            streamFrom.put(partition, position.stream());
            streams.add(new TopicPartition(stream.topic, partition));
        });
        stream.consumer.assign(streams);
        stream.seek(streamFrom);
        steps.seek(stepsFrom);
        LOG.debug("Archives responses from {}", positions);
    }

    /** Whether there were records. */
    private boolean read(LogReader log, Duration wait, BiConsumer<OpenTurns, ConsumerRecord<byte[], byte[]>> take) {
        try {
            ConsumerRecords<byte[], byte[]> records = log.consumer.poll(wait);
            // A rebalance inside of the poll may have put the session out of step: what came is read again then
            if (!inStep || records.isEmpty()) {
                return false;
            }
            turns.take(records, take);
            log.lag.done(records);
            return true;
        } catch (OffsetOutOfRangeException e) {
            followLog(log, e.offsetOutOfRangePartitions().keySet());
            return false;
        }
    }

    private void store() {
        ResponseWriter.Batch batch = turns.batch();
        boolean moveOnly = batch.rows().isEmpty()
                && batch.deletions().isEmpty()
                && batch.letters().isEmpty();
        if (batch.after().isEmpty() || moveOnly && System.nanoTime() - moveAt < 0) {
            return;
        }
        moveAt = System.nanoTime() + MOVE_EVERY.toNanos();
        write(batch);
    }

    private void write(ResponseWriter.Batch batch) {
        long begin = System.nanoTime();
        try {
            Optional<Stored> outcome = writer.write(batch);
            if (outcome.isPresent()) {
                turns.stored(batch);
                meters.stored(batch.rows(), outcome.get(), since(begin));
                backoff.succeeded();
            } else {
                LOG.warn("Another archiver has stored responses that were read here; reads on after them");
                meters.steps.overtaken(since(begin));
                outOfStep();
            }
        } catch (SQLException e) {
            meters.steps.failed(since(begin));
            waitFor(State.WAITING_FOR_POSTGRES, Component.POSTGRES, e);
        } catch (DeadLetterException e) {
            meters.steps.failed(since(begin));
            waitFor(State.WAITING_FOR_KAFKA, Component.KAFKA, e);
        }
    }

    /** A log no longer begins, or no longer ends, where the stored position says: goes on where it can be read. */
    private void followLog(LogReader of, Set<TopicPartition> partitions) {
        try {
            writer = new ResponseWriter(storage); // if a topic was made anew, this has the positions of the new one
            Map<Integer, Position> positions = writer.positions(numbers(partitions));
            Map<Integer, Long> from = new HashMap<>();
            positions.forEach((partition, at) -> from.put(partition, of == steps ? at.steps() : at.stream()));
            for (Map.Entry<Integer, Move> move : of.follow(from).entrySet()) {
                if (!writer.skip(of == steps, move.getKey(), move.getValue())) {
                    LOG.warn("{}-{}: another archiver has moved the position", of.topic, move.getKey());
                }
            }
            outOfStep();
        } catch (SQLException e) {
            waitFor(State.WAITING_FOR_POSTGRES, Component.POSTGRES, e);
        }
    }

    private void waitFor(State state, Component component, Exception e) {
        outOfStep();
        Duration wait = backoff.failed();
        retryAt = System.nanoTime() + wait.toNanos();
        meters.steps.error(component);
        report.accept(state, String.valueOf(e.getMessage()));
        LOG.warn("Responses are not stored, tries again in {} ms: {}", wait.toMillis(), e.toString());
        LOG.debug("Cause", e);
    }

    /**
     * Measures the lag, gives up what will not come, and finds out on the way whether Kafka answers, for a poll does not tell.
     */
    private void look() {
        lookAt = System.nanoTime() + LOOK_EVERY.toNanos();
        try {
            if (steps.consumer.assignment().isEmpty()) {
                steps.consumer.partitionsFor(steps.topic, LOOK_TIMEOUT);
            }
            long now = System.currentTimeMillis();
            Set<Integer> stepsRead = steps.look(inStep, LOOK_TIMEOUT);
            Set<Integer> streamRead = stream.look(inStep, LOOK_TIMEOUT);
            meters.expired(turns.expire(stepsRead, streamRead, now));
            meters.open(turns.size(), turns.bytes());
            if (inStep) {
                report.accept(State.RUNNING, null);
            }
        } catch (TimeoutException e) {
            meters.steps.error(Component.KAFKA);
            report.accept(State.WAITING_FOR_KAFKA, String.valueOf(e.getMessage()));
        }
    }

    private static Set<Integer> numbers(Set<TopicPartition> partitions) {
        Set<Integer> numbers = new HashSet<>();
        partitions.forEach(tp -> numbers.add(tp.partition()));
        return numbers;
    }

    private static Duration since(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin);
    }
}
