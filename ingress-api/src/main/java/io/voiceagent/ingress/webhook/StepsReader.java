package io.voiceagent.ingress.webhook;

import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Records;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the committed steps and stores a delivery for each endpoint that wants to know of a turn's end. All ingresses share the partitions as a
 * group; the positions are those in the outbox, moved with the deliveries, so a crash neither loses nor doubles one. What fails is begun anew
 * with a new consumer.
 */
final class StepsReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StepsReader.class);
    private static final String GROUP = "voice-agent-webhooks";
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final Duration ADMIN_WAIT = Duration.ofSeconds(10);
    private static final Duration STOP_WAIT = Duration.ofSeconds(5);
    /** A position without deliveries is stored so often: it only saves reading again. */
    private static final Duration SAVE = Duration.ofSeconds(5);

    private static final byte[] ENDED = "ended".getBytes(StandardCharsets.UTF_8);

    /**
     * What the reader needs.
     *
     * @param issuedFor whether a response id was issued for a tenant: a turn's end does not name its tenant
     * @param begin where reading begins when it was never begun: what ended before is not told
     * @param stored called when deliveries were stored
     */
    record Parts(
            KafkaSettings kafka,
            Outbox outbox,
            Supplier<Endpoints> endpoints,
            BiPredicate<String, String> issuedFor,
            Instant begin,
            Runnable stored,
            WebhookMeters meters) {}

    private final Parts parts;
    private final Map<Integer, Long> saved = new HashMap<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread = Thread.ofPlatform().name("webhook-reader").unstarted(this::run);
    private volatile @Nullable Consumer<String, byte[]> current;
    private volatile @Nullable String problem = "turns that end are not read yet";
    private volatile long lag;
    private boolean failing;
    private long savedAt;

    private StepsReader(Parts parts) {
        this.parts = parts;
        parts.meters.gauge(
                "voice.agent.webhook.lag", "Steps that are not read yet, of the partitions read here", () -> lag);
    }

    static StepsReader start(Parts parts) {
        StepsReader reader = new StepsReader(parts);
        reader.thread.start();
        return reader;
    }

    /** Why it does not read, null when it does. */
    @Nullable
    String problem() {
        return problem;
    }

    @Override
    public void close() {
        stopping.countDown();
        Consumer<String, byte[]> consumer = current;
        if (consumer != null) {
            consumer.wakeup();
        }
        try {
            if (!thread.join(STOP_WAIT)) {
                LOG.warn("The reader for webhooks did not end within {}", STOP_WAIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        while (isRunning()) {
            try {
                read();
            } catch (WakeupException e) {
                LOG.debug("Woken to stop", e);
            } catch (RuntimeException e) {
                pause = failing ? min(pause.multipliedBy(2), LONGEST_PAUSE) : FIRST_PAUSE;
                failed(e);
                await(pause);
            }
        }
    }

    private void failed(RuntimeException e) {
        parts.meters.failed("reader");
        if (!failing) {
            LOG.warn("Turns that end are not read for webhooks; nothing is lost, they are read later", e);
        }
        failing = true;
        problem = "turns that end can't be read or stored (%s)"
                .formatted(e.getClass().getSimpleName());
    }

    private void read() {
        parts.outbox.migrate();
        String topicId = topicId();
        // Told here rather than when the consumer has joined its group
        parts.outbox.positions(topicId);
        saved.clear();
        try (Consumer<String, byte[]> consumer = Consumers.group(
                parts.kafka,
                "voice-agent-api-webhooks",
                GROUP,
                Consumers.Isolation.READ_COMMITTED,
                Consumers.Start.NONE)) {
            current = consumer;
            consumer.subscribe(List.of(Topics.STEPS), new Placement(consumer, topicId));
            while (isRunning()) {
                step(consumer, topicId);
            }
        } finally {
            current = null;
        }
    }

    private void step(Consumer<String, byte[]> consumer, String topicId) {
        List<Delivery> deliveries = new ArrayList<>();
        consumer.poll(POLL).forEach(record -> deliveries.addAll(deliveries(record)));
        if (!deliveries.isEmpty() || System.nanoTime() - savedAt > SAVE.toNanos()) {
            save(consumer, topicId, deliveries);
        }
        lag = consumer.assignment().stream()
                .mapToLong(partition -> consumer.currentLag(partition).orElse(0))
                .sum();
        if (failing) {
            LOG.info("Turns that end are read for webhooks again");
            failing = false;
        }
        problem = null;
    }

    private void save(Consumer<String, byte[]> consumer, String topicId, List<Delivery> deliveries) {
        List<Outbox.Move> moves = new ArrayList<>();
        for (TopicPartition partition : consumer.assignment()) {
            Long before = saved.get(partition.partition());
            long next = consumer.position(partition);
            if (before != null && before != next) {
                moves.add(new Outbox.Move(partition.partition(), before, next));
            }
        }
        if (!moves.isEmpty()) {
            parts.outbox.append(topicId, moves, deliveries);
            moves.forEach(move -> saved.put(move.partition(), move.next()));
        }
        savedAt = System.nanoTime();
        if (!deliveries.isEmpty()) {
            parts.meters.stored(deliveries.size());
            parts.stored.run();
        }
    }

    private List<Delivery> deliveries(ConsumerRecord<String, byte[]> record) {
        // Most steps are no ends: they are told by the header, and not decoded
        Header type = record.headers().lastHeader(Headers.TYPE);
        if (type == null || !java.util.Arrays.equals(type.value(), ENDED)) {
            return List.of();
        }
        try {
            Records.requireReadable(record);
            return Json.read(record.value(), StepEvent.class) instanceof StepEvent.Ended ended
                    ? deliveries(ended)
                    : List.of();
        } catch (MalformedMessageException e) {
            parts.meters.failed("record");
            LOG.error(
                    "Partition {} of {} has at {} an end that can't be read; no webhook tells of it",
                    record.partition(),
                    record.topic(),
                    record.offset(),
                    e);
            return List.of();
        }
    }

    private List<Delivery> deliveries(StepEvent.Ended ended) {
        Endpoints endpoints = parts.endpoints.get();
        return endpoints.tenants().stream()
                .filter(tenant -> parts.issuedFor.test(ended.responseId(), tenant))
                .findFirst()
                .map(tenant -> endpoints.of(tenant, EventType.of(ended.status())).stream()
                        .map(endpoint -> Delivery.of(ended, endpoint))
                        .toList())
                .orElse(List.of());
    }

    /** A topic that was made anew has other offsets. */
    private String topicId() {
        try (Admin admin = Admin.create(parts.kafka.clientProperties())) {
            return admin.describeTopics(List.of(Topics.STEPS))
                    .allTopicNames()
                    .get(ADMIN_WAIT.toMillis(), TimeUnit.MILLISECONDS)
                    .values()
                    .iterator()
                    .next()
                    .topicId()
                    .toString();
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new KafkaException("the topic %s can't be described".formatted(Topics.STEPS), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("interrupted", e);
        }
    }

    private boolean isRunning() {
        return stopping.getCount() > 0;
    }

    private void await(Duration pause) {
        try {
            if (stopping.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("Stopped while waiting to begin anew");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopping.countDown();
        }
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    /** Puts the consumer where the outbox says. */
    private final class Placement implements ConsumerRebalanceListener {
        private final Consumer<String, byte[]> consumer;
        private final String topicId;

        Placement(Consumer<String, byte[]> consumer, String topicId) {
            this.consumer = consumer;
            this.topicId = topicId;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            partitions.forEach(partition -> saved.remove(partition.partition()));
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            begin(partitions);
            Map<Integer, Long> positions = parts.outbox.positions(topicId);
            Map<TopicPartition, Long> oldest = consumer.beginningOffsets(partitions);
            for (TopicPartition partition : partitions) {
                long position = positions.getOrDefault(partition.partition(), 0L);
                saved.put(partition.partition(), position);
                long first = oldest.getOrDefault(partition, 0L);
                if (position < first) {
                    LOG.error("The log begins at {} in {}: turns that ended before are not told", first, partition);
                }
                consumer.seek(partition, Math.max(position, first));
            }
        }

        private void begin(Collection<TopicPartition> partitions) {
            Map<Integer, Long> known = parts.outbox.positions(topicId);
            List<TopicPartition> unknown = partitions.stream()
                    .filter(partition -> !known.containsKey(partition.partition()))
                    .toList();
            if (unknown.isEmpty()) {
                return;
            }
            Map<TopicPartition, Long> times = new HashMap<>();
            unknown.forEach(partition -> times.put(partition, parts.begin.toEpochMilli()));
            var found = consumer.offsetsForTimes(times);
            Map<TopicPartition, Long> ends = consumer.endOffsets(unknown);
            for (TopicPartition partition : unknown) {
                var at = found.get(partition);
                parts.outbox.createPosition(
                        topicId, partition.partition(), at == null ? ends.getOrDefault(partition, 0L) : at.offset());
            }
        }
    }
}
