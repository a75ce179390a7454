package io.voiceagent.ingress.follow;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.ingress.follow.LogRecord.Source;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers.Isolation;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.PassedOver;
import io.voiceagent.transport.Records;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tails the steps and the frames of all turns into {@link Turns}: one thread for each of the two logs, since only the steps are read up to
 * what is committed.
 */
final class Following implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Following.class);
    private static final long SWEEP_NANOS = Duration.ofSeconds(5).toNanos();

    private final Turns turns;
    private final Verdicts verdicts;
    private final Deletions deletions;
    private final WatchedTurns watched;
    private final Lines lines;
    private final PassedOver passedOver;
    private final LogTail steps;
    private final LogTail stream;
    private final AtomicLong unreadable = new AtomicLong();

    Following(
            KafkaSettings kafka,
            String clientId,
            FollowOptions options,
            Turns turns,
            Verdicts verdicts,
            Deletions deletions,
            WatchedTurns watched,
            Lines lines,
            InstantSource clock,
            PassedOver passedOver) {
        this.turns = turns;
        this.verdicts = verdicts;
        this.deletions = deletions;
        this.watched = watched;
        this.lines = lines;
        this.passedOver = passedOver.of(Topics.STEPS).of(Topics.STREAM);
        this.steps = new LogTail(
                kafka,
                clientId + "-steps",
                new LogTail.Plan(Topics.STEPS, kafka.agentPartitions(), Isolation.READ_COMMITTED, options.maxTurnAge()),
                clock,
                new TurnReader(Source.STEPS));
        // A little further back: the first frame must not be missed of a turn whose beginning is seen
        this.stream = new LogTail(
                kafka,
                clientId + "-stream",
                new LogTail.Plan(
                        Topics.STREAM,
                        kafka.agentPartitions(),
                        Isolation.READ_UNCOMMITTED,
                        options.maxTurnAge().plus(Turns.MARGIN)),
                clock,
                new TurnReader(Source.STREAM));
    }

    void start() {
        steps.start();
        stream.start();
    }

    boolean caughtUp() {
        return steps.caughtUp() && stream.caughtUp();
    }

    void bindTo(MeterRegistry registry) {
        Gauge.builder("voice.agent.follow.running", turns, Turns::running)
                .description("Turns in memory that have not ended")
                .register(registry);
        Gauge.builder("voice.agent.follow.running.bytes", turns, Turns::runningBytes)
                .description("Memory that they take, about")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("voice.agent.follow.verdicts", verdicts, Verdicts::size)
                .description("Submissions whose fate somebody waits for")
                .register(registry);
        Gauge.builder("voice.agent.follow.unreadable", unreadable, AtomicLong::get)
                .description("Records that name no response and were passed over")
                .register(registry);
    }

    void letGo() {
        turns.dropRunning("this server shuts down");
        lines.lose("this server shuts down");
    }

    @Override
    public void close() throws InterruptedException {
        letGo();
        steps.close();
        stream.close();
        letGo();
    }

    /** A hole in one log breaks every turn, so both begin anew and whoever follows looks again. */
    private void lost(Source by) {
        (by == Source.STEPS ? stream : steps).restart();
        deletions.current(false);
        turns.dropRunning("this server has lost its place in the log");
        lines.lose("this server has lost its place in the log");
    }

    private final class TurnReader implements LogTail.Reader {
        private final Source source;
        private long swept = System.nanoTime();

        private TurnReader(Source source) {
            this.source = source;
        }

        @Override
        public void record(ConsumerRecord<String, byte[]> read) {
            LogRecord record = LogRecord.of(source, read);
            if (record == null) {
                unreadable.incrementAndGet();
                LOG.debug("{}-{}@{} names no response", read.topic(), read.partition(), read.offset());
                return;
            }
            try {
                Records.requireReadable(read);
            } catch (MalformedMessageException e) {
                passOver(read, record, e);
                return;
            }
            turns.record(record);
            if (source == Source.STEPS) {
                delete(record, read.partition());
                verdicts.record(record);
                watched.record(record);
                lines.record(record);
            }
        }

        /** A frame may be none of the turn's own; without one of its steps a turn can't be told. */
        private void passOver(ConsumerRecord<String, byte[]> read, LogRecord record, MalformedMessageException reason) {
            passedOver.add(read, reason);
            if (source == Source.STEPS) {
                turns.forget(record.responseId(), "a step of it can't be read here");
            }
        }

        /** Known before it is forgotten: a look-up that brings it back in between asks for it afterwards. */
        private void delete(LogRecord record, int partition) {
            if (deletions.record(record, partition)) {
                turns.forget(record.responseId(), "it was deleted");
                deletions.tell(record.responseId());
            }
        }

        @Override
        public void begins(Map<TopicPartition, Long> offsets) {
            if (source == Source.STEPS) {
                offsets.forEach((partition, offset) -> deletions.begin(partition.partition(), offset));
            }
        }

        @Override
        public void idle() {
            if (source == Source.STEPS) {
                deletions.current(steps.caughtUp());
            }
            if (turns.crowded() || source == Source.STEPS && System.nanoTime() - swept > SWEEP_NANOS) {
                swept = System.nanoTime();
                turns.sweep();
            }
        }

        @Override
        public void lost() {
            Following.this.lost(source);
        }
    }
}
