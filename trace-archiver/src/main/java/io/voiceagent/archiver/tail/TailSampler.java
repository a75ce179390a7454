package io.voiceagent.archiver.tail;

import com.google.protobuf.InvalidProtocolBufferException;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.TopicSpecs;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the spans that wait for a decision and sends those that are kept on to {@code otlp_spans}, where they are archived as all others are.
 *
 * <p>What waits is in memory alone. It is given up, and counted, when this ends or a partition goes to another archiver; after a crash it is
 * gone uncounted. A trace is then kept without the spans of before, or not at all: sampled traces know no such gap.
 */
public final class TailSampler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TailSampler.class);
    private static final String GROUP = "trace-archiver-tail";
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration END_WITHIN = Duration.ofSeconds(3);

    private final KafkaSettings kafka;
    private final TailBuffer buffer;
    private final AtomicLong kept = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong evicted = new AtomicLong();
    private final AtomicLong unreadable = new AtomicLong();
    private final AtomicLong unsent = new AtomicLong();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final Thread thread =
            Thread.ofPlatform().name("tail-sampler").daemon().unstarted(this::run);
    private volatile boolean ending;

    /**
     * @param slow turns that took so long are kept, as are failed ones
     * @param maxBytes what may wait in memory
     */
    public TailSampler(KafkaSettings kafka, Duration slow, long maxBytes, MeterRegistry registry) {
        this.kafka = kafka;
        this.buffer = new TailBuffer(TailRule.of(slow, maxBytes));
        count(registry, "kept", kept);
        count(registry, "dropped", dropped);
        count(registry, "given_up", evicted);
        count(registry, "not_sent", unsent);
        FunctionCounter.builder("voice.agent.tail.unreadable", unreadable, AtomicLong::get)
                .description("Payloads of undecided spans that could not be read")
                .register(registry);
        Gauge.builder("voice.agent.tail.waiting", waitingBytes, AtomicLong::get)
                .description("What waits for a decision")
                .baseUnit("bytes")
                .register(registry);
    }

    private static void count(MeterRegistry registry, String outcome, AtomicLong spans) {
        FunctionCounter.builder("voice.agent.tail.spans", spans, AtomicLong::get)
                .description("Spans of traces that were not sampled: kept, dropped as nothing was wrong with the turn, "
                        + "given up undecided, or kept and not sent")
                .tag("outcome", outcome)
                .register(registry);
    }

    /** Starts the thread that reads. */
    public void start() {
        thread.start();
    }

    private void run() {
        while (!ending) {
            String client = "trace-archiver-tail-" + UUID.randomUUID();
            try (Consumer<String, byte[]> consumer = Consumers.group(
                            kafka, client, GROUP, Consumers.Isolation.READ_UNCOMMITTED, Consumers.Start.EARLIEST);
                    Producer<String, byte[]> producer = Producers.telemetry(kafka, client + "-kept")) {
                consumer.subscribe(List.of(Topics.OTLP_SPANS_UNDECIDED), new GivesUp());
                while (!ending) {
                    turn(consumer, producer);
                }
            } catch (KafkaException e) {
                LOG.warn("Undecided spans can't be read now, tries again in {}", PAUSE, e);
                pause();
            }
        }
        buffer.clear();
        publish();
    }

    private void turn(Consumer<String, byte[]> consumer, Producer<String, byte[]> producer) {
        var records = consumer.poll(POLL);
        long now = System.nanoTime() / 1_000_000;
        for (ConsumerRecord<String, byte[]> record : records) {
            take(record, now, producer);
        }
        buffer.pass(now);
        publish();
        if (!records.isEmpty()) {
            producer.flush();
            consumer.commitAsync();
        }
    }

    private void take(ConsumerRecord<String, byte[]> record, long now, Producer<String, byte[]> producer) {
        List<TracePart> parts;
        try {
            parts = TracePart.parse(record.value());
        } catch (InvalidProtocolBufferException e) {
            unreadable.incrementAndGet();
            LOG.debug("{}-{}@{} is no OTLP payload", record.topic(), record.partition(), record.offset(), e);
            return;
        }
        for (TracePart part : parts) {
            send(buffer.add(part, now), producer);
        }
    }

    private void send(List<TracePart> parts, Producer<String, byte[]> producer) {
        // A part is less than a record; many of a trace may be more
        for (TracePart part : parts) {
            byte[] payload = TracePart.payload(List.of(part));
            if (payload.length > TopicSpecs.MAX_SMALL_RECORD_BYTES) {
                unsent.addAndGet(part.count());
                continue;
            }
            producer.send(new ProducerRecord<>(Topics.OTLP_SPANS, payload), (place, error) -> {
                if (error != null) {
                    unsent.addAndGet(part.count());
                    LOG.debug("Spans that were to be kept are lost", error);
                }
            });
        }
    }

    private void publish() {
        kept.set(buffer.tally().kept);
        dropped.set(buffer.tally().dropped);
        evicted.set(buffer.tally().evicted);
        waitingBytes.set(buffer.bytes());
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends within seconds; what waits is given up. */
    @Override
    public void close() {
        ending = true;
        try {
            thread.join(END_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What belongs to partitions of others can't be decided here any more; which traces these are is not worth finding out. */
    private final class GivesUp implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            if (!partitions.isEmpty()) {
                buffer.clear();
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}
    }
}
