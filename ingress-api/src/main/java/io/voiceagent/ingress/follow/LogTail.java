package io.voiceagent.ingress.follow;

import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.Consumers.Isolation;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.crash.CrashPoint;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all partitions of one topic from a time ago on, for ever, on a thread of its own, and belongs to no group: every process sees
 * everything.
 */
final class LogTail implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration RETRY = Duration.ofSeconds(1);

    /**
     * What is read, and how.
     *
     * @param from how long ago reading begins, null: at the beginning of the log
     */
    record Plan(
            String topic,
            int partitions,
            Isolation isolation,
            @Nullable Duration from) {}

    /** What is done with it, all on the tail's thread. */
    interface Reader {
        /** Reading begins, or begins anew, at these offsets. */
        default void begins(Map<TopicPartition, Long> offsets) {}

        void record(ConsumerRecord<String, byte[]> record);

        /** After each poll, at least twice a second as long as Kafka answers. */
        default void idle() {}

        /** The place in the log is gone, and reading begins anew: there is a hole. */
        default void lost() {}
    }

    private final KafkaSettings kafka;
    private final String clientId;
    private final Plan plan;
    private final Reader reader;
    private final InstantSource clock;
    private final List<TopicPartition> partitions;
    private final Thread thread;
    private final CountDownLatch closing = new CountDownLatch(1);

    /** Where the log ended when reading began; empty once that is reached. */
    private Map<TopicPartition, Long> goal = Map.of();

    private volatile @Nullable Consumer<String, byte[]> consumer;
    private volatile boolean again;
    private volatile boolean caughtUp;

    LogTail(KafkaSettings kafka, String clientId, Plan plan, InstantSource clock, Reader reader) {
        this.kafka = kafka;
        this.clientId = clientId;
        this.plan = plan;
        this.reader = reader;
        this.clock = clock;
        this.partitions = IntStream.range(0, plan.partitions)
                .mapToObj(partition -> new TopicPartition(plan.topic, partition))
                .toList();
        this.thread = Thread.ofPlatform().name("tail-" + plan.topic).daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Whether all has been read that was there when reading began. */
    boolean caughtUp() {
        return caughtUp;
    }

    /** Begins anew at the time ago from now. */
    void restart() {
        again = true;
        caughtUp = false;
        wake();
    }

    @Override
    public void close() throws InterruptedException {
        closing.countDown();
        wake();
        thread.join(Duration.ofSeconds(5));
    }

    private boolean closed() {
        return closing.getCount() == 0;
    }

    private void wake() {
        Consumer<String, byte[]> running = consumer;
        if (running != null) {
            running.wakeup();
        }
    }

    private void run() {
        while (!closed()) {
            try (Consumer<String, byte[]> fresh =
                    Consumers.assigned(kafka, clientId, plan.isolation, Consumers.Start.NONE)) {
                consumer = fresh;
                fresh.assign(partitions);
                read(fresh);
            } catch (WakeupException e) {
                // Closed, or to begin anew: the loop's condition tells which
                LOG.debug("Reading of {} interrupted", plan.topic, e);
            } catch (InvalidOffsetException e) {
                LOG.warn("The place in {} is gone, reading begins anew: {}", plan.topic, e.getMessage());
                caughtUp = false;
                reader.lost();
            } catch (RuntimeException e) {
                LOG.warn("Reading of {} failed and begins anew in {} s", plan.topic, RETRY.toSeconds(), e);
                caughtUp = false;
                reader.lost();
                pause();
            } finally {
                consumer = null;
            }
        }
    }

    private void read(Consumer<String, byte[]> from) {
        again = false;
        seek(from);
        while (!closed() && !again) {
            for (ConsumerRecord<String, byte[]> record : from.poll(POLL)) {
                CrashPoint.INGRESS_TAKE_BEFORE.reach();
                reader.record(record);
                CrashPoint.INGRESS_TAKE_AFTER.reach();
            }
            reader.idle();
            if (!caughtUp) {
                checkCaughtUp(from);
            }
        }
    }

    private void seek(Consumer<String, byte[]> from) {
        // The end before the place of the time: what is appended in between must not be jumped over
        Map<TopicPartition, Long> end = from.endOffsets(partitions);
        goal = new HashMap<>(end);
        if (plan.from == null) {
            from.seekToBeginning(partitions);
            reader.begins(from.beginningOffsets(partitions));
            return;
        }
        long time = clock.instant().minus(plan.from).toEpochMilli();
        Map<TopicPartition, @Nullable OffsetAndTimestamp> places =
                from.offsetsForTimes(partitions.stream().collect(Collectors.toMap(p -> p, p -> time)));
        Map<TopicPartition, Long> begin = new HashMap<>();
        end.forEach((partition, last) -> {
            OffsetAndTimestamp place = places.get(partition);
            begin.put(partition, place == null ? last : Math.min(place.offset(), last));
        });
        begin.forEach(from::seek);
        reader.begins(begin);
    }

    private void checkCaughtUp(Consumer<String, byte[]> from) {
        goal.entrySet().removeIf(entry -> from.position(entry.getKey()) >= entry.getValue());
        caughtUp = goal.isEmpty() && !again;
    }

    private void pause() {
        try {
            if (closing.await(RETRY.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("Closed while waiting to read {} again", plan.topic);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closing.countDown();
        }
    }
}
