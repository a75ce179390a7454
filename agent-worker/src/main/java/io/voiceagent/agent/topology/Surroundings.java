package io.voiceagent.agent.topology;

import io.voiceagent.agent.core.Census;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.PassedOver;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.crash.CrashPoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the orchestrator knows of the others: one thread reads {@code workers} into the {@link Census} and {@code tools} into the
 * catalogue, another one announces this process every second. Neither is on a stream thread: heartbeats through an exactly-once
 * topology would cost a transaction each.
 */
final class Surroundings implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Surroundings.class);
    private static final TopicPartition WORKERS = new TopicPartition(Topics.WORKERS, 0);
    private static final TopicPartition TOOLS = new TopicPartition(Topics.TOOLS, 0);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long PAUSE_MILLIS = 1_000;
    private static final long JOIN_MILLIS = 3_000;

    private final KafkaSettings kafka;
    private final String incarnation;
    private final String version;
    private final Census census;
    private final LongSupplier clock;
    private final PassedOver passedOver;
    private final Map<String, ToolDescription> tools = new ConcurrentHashMap<>();
    private final CountDownLatch toolsRead = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread reader;
    private final Thread announcer;

    Surroundings(
            KafkaSettings kafka,
            String incarnation,
            String version,
            Census census,
            LongSupplier clock,
            PassedOver passedOver) {
        this.kafka = kafka;
        this.incarnation = incarnation;
        this.version = version;
        this.census = census;
        this.clock = clock;
        this.passedOver = passedOver.of(Topics.WORKERS).of(Topics.TOOLS);
        this.reader =
                Thread.ofPlatform().name("orchestrator-surroundings").daemon().unstarted(this::read);
        this.announcer =
                Thread.ofPlatform().name("orchestrator-announcer").daemon().unstarted(this::announce);
    }

    void start() {
        reader.start();
        announcer.start();
    }

    /** The tools that are described now, by name. */
    Map<String, ToolDescription> tools() {
        return tools;
    }

    /** Waits until the catalogue has been read once; false when that took longer. A turn pins the tools that it begins with. */
    boolean awaitTools(Duration atMost) throws InterruptedException {
        return toolsRead.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void read() {
        while (closed.getCount() > 0) {
            try (Consumer<String, byte[]> consumer = Consumers.assigned(
                    kafka,
                    "orchestrator-surroundings-" + incarnation,
                    Consumers.Isolation.READ_UNCOMMITTED,
                    Consumers.Start.LATEST)) {
                follow(consumer);
            } catch (WakeupException | InterruptException e) {
                return;
            } catch (KafkaException e) {
                LOG.warn("Reading {} and {} failed, trying again: {}", Topics.WORKERS, Topics.TOOLS, e.toString());
                pause();
            }
        }
    }

    private void follow(Consumer<String, byte[]> consumer) {
        consumer.assign(List.of(WORKERS, TOOLS));
        consumer.seekToEnd(List.of(WORKERS));
        consumer.seekToBeginning(List.of(TOOLS));
        long end = consumer.endOffsets(List.of(TOOLS)).getOrDefault(TOOLS, 0L);
        while (closed.getCount() > 0) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                take(record);
            }
            if (toolsRead.getCount() > 0 && consumer.position(TOOLS) >= end) {
                toolsRead.countDown();
            }
        }
    }

    private void take(ConsumerRecord<String, byte[]> record) {
        try {
            if (record.value() != null) {
                Records.requireReadable(record);
            }
            if (record.topic().equals(Topics.WORKERS)) {
                census.heard(Json.read(record.value(), Announcement.class), clock.getAsLong());
            } else if (record.value() == null) {
                tools.remove(record.key());
            } else {
                ToolDescription tool = Json.read(record.value(), ToolDescription.class);
                tools.put(tool.name(), tool);
            }
        } catch (MalformedMessageException e) {
            passedOver.add(record, e);
        }
    }

    private void announce() {
        long sequence = 0;
        try (Producer<String, byte[]> producer =
                Producers.announcements(kafka, "orchestrator-announcer-" + incarnation)) {
            while (closed.getCount() > 0) {
                // The number counts what was tried: one that did not come through leaves a gap, which is what it is for
                Announcement own = new Announcement.Orchestrator(incarnation, sequence++, version);
                CrashPoint.ORCHESTRATOR_ANNOUNCE_BEFORE.reach();
                try {
                    producer.send(Records.announcement(own), (metadata, failure) -> {
                        if (failure == null) {
                            CrashPoint.ORCHESTRATOR_ANNOUNCE_AFTER.reach();
                        } else {
                            LOG.debug("An announcement was not acknowledged", failure);
                        }
                    });
                } catch (InterruptException e) {
                    return;
                } catch (KafkaException e) {
                    LOG.debug("An announcement could not be sent", e);
                }
                if (closed.await(Announcement.INTERVAL_MILLIS, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pause() {
        try {
            closed.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        Threads.join(JOIN_MILLIS, reader, announcer);
    }
}
