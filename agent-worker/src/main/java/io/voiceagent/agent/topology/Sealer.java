package io.voiceagent.agent.topology;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.context.Context;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.PassedOver;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.crash.CrashPoint;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a {@link Frame.Seal} for each outcome whose frames nobody can count. It reads the committed decisions, so a decision that is
 * rolled back seals nothing; it moves on only when its seals are acknowledged, so none is left out; and a second seal of the same attempt
 * does no harm.
 */
final class Sealer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sealer.class);
    private static final String GROUP = "voice-agent-sealer";
    private static final Duration POLL = Duration.ofMillis(200);
    /** Offsets of batches without a seal are committed this often. */
    private static final Duration COMMIT = Duration.ofSeconds(5);

    private static final long PAUSE_MILLIS = 1_000;
    private static final long JOIN_MILLIS = 3_000;

    private final KafkaSettings kafka;
    private final String clientId;
    private final Counter seals;
    private final PassedOver passedOver;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    Sealer(KafkaSettings kafka, String incarnation, MeterRegistry registry, PassedOver passedOver) {
        this.kafka = kafka;
        this.clientId = "orchestrator-sealer-" + incarnation;
        this.passedOver = passedOver.of(Topics.STEPS);
        this.seals = Counter.builder("voice.agent.seals")
                .description("Seals written for attempts whose frames nobody can count")
                .register(registry);
        this.thread = Thread.ofPlatform().name("orchestrator-sealer").daemon().unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        while (closed.getCount() > 0) {
            try (Consumer<String, byte[]> consumer = Consumers.group(
                            kafka, clientId, GROUP, Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST);
                    Producer<String, byte[]> producer = Producers.stage(kafka, clientId)) {
                consumer.subscribe(List.of(Topics.STEPS));
                follow(consumer, producer);
            } catch (InterruptException e) {
                return;
            } catch (KafkaException e) {
                LOG.warn("Sealing failed, beginning again where it was committed: {}", e.toString());
                pause();
            }
        }
    }

    private void follow(Consumer<String, byte[]> consumer, Producer<String, byte[]> producer) {
        long committed = System.nanoTime();
        boolean moved = false;
        while (closed.getCount() > 0) {
            ConsumerRecords<String, byte[]> records = consumer.poll(POLL);
            boolean sealed = seal(records, producer);
            moved |= !records.isEmpty();
            if (sealed || (moved && System.nanoTime() - committed > COMMIT.toNanos())) {
                consumer.commitSync();
                committed = System.nanoTime();
                moved = false;
            }
        }
        if (moved) {
            consumer.commitSync();
        }
    }

    private boolean seal(ConsumerRecords<String, byte[]> records, Producer<String, byte[]> producer) {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : records) {
            if (isStepEnd(record)) {
                for (ProducerRecord<String, byte[]> seal : sealsOf(record)) {
                    CrashPoint.ORCHESTRATOR_SEAL_BEFORE.reach();
                    sent.add(producer.send(seal));
                }
            }
        }
        for (Future<RecordMetadata> future : sent) {
            await(future);
        }
        seals.increment(sent.size());
        if (sent.isEmpty()) {
            return false;
        }
        CrashPoint.ORCHESTRATOR_SEAL_AFTER.reach();
        return true;
    }

    /** The seals that a step event asks for. */
    static List<Frame.Seal> seals(StepEvent event) {
        return event instanceof StepEvent.StepEnded ended
                ? ended.outcomes().stream()
                        .filter(StepEvent.CallOutcome::sealed)
                        .map(outcome -> new Frame.Seal(outcome.ref(), ended.conversation()))
                        .toList()
                : List.of();
    }

    private List<ProducerRecord<String, byte[]>> sealsOf(ConsumerRecord<String, byte[]> record) {
        try {
            Records.requireReadable(record);
            Context trace = TraceHeaders.extract(record.headers());
            return seals(Json.read(record.value(), StepEvent.class)).stream()
                    .map(seal -> Records.frame(seal, trace))
                    .toList();
        } catch (RuntimeException e) {
            // Not only what is malformed: all turns are sealed here, and no record of one may end that
            passedOver.add(record, e);
            return List.of();
        }
    }

    private static boolean isStepEnd(ConsumerRecord<String, byte[]> record) {
        Header type = record.headers().lastHeader(Headers.TYPE);
        return type == null
                || type.value() == null
                || new String(type.value(), StandardCharsets.UTF_8).equals("step_ended");
    }

    private static void await(Future<RecordMetadata> future) {
        try {
            future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            throw new KafkaException("a seal was not acknowledged", e.getCause());
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
        Threads.join(JOIN_MILLIS, thread);
    }
}
