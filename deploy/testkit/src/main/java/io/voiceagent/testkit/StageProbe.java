package io.voiceagent.testkit;

import static org.awaitility.Awaitility.await;

import io.opentelemetry.context.Context;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Gives calls to a stage and hears what it answers, as the orchestrator does. */
public final class StageProbe implements AutoCloseable {
    private final Stage stage;
    private final Producer<String, byte[]> producer;
    private final List<Frame> frames = new CopyOnWriteArrayList<>();
    private final List<CallResult> results = new CopyOnWriteArrayList<>();
    private final List<Announcement.Worker> announcements = new CopyOnWriteArrayList<>();
    private final Thread reader;
    private volatile boolean closed;

    /** Begins to listen; the topics are there. */
    public StageProbe(KafkaSettings kafka, Stage stage) {
        this.stage = stage;
        String id = "probe-" + UUID.randomUUID();
        this.producer = Producers.stage(kafka, id);
        var consumer = Consumers.assigned(kafka, id, Consumers.Isolation.READ_UNCOMMITTED, Consumers.Start.NONE);
        List<TopicPartition> partitions = Stream.of(Topics.results(stage), Topics.STREAM, Topics.WORKERS)
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        this.reader = Thread.ofPlatform().name(id).start(() -> {
            try (consumer) {
                while (!closed) {
                    consumer.poll(Duration.ofMillis(20)).forEach(record -> take(record.topic(), record.value()));
                }
            }
        });
    }

    private void take(String topic, byte[] value) {
        switch (topic) {
            case Topics.STREAM -> frames.add(Json.read(value, Frame.class));
            case Topics.WORKERS -> {
                if (Json.read(value, Announcement.class) instanceof Announcement.Worker worker) {
                    announcements.add(worker);
                }
            }
            default -> results.add(Json.read(value, CallResult.class));
        }
    }

    /** The last announcement of that incarnation, once there is one. */
    public Announcement.Worker announcement(String incarnation) {
        await().until(() -> announcements.stream().anyMatch(a -> a.incarnation().equals(incarnation)));
        return announcements.reversed().stream()
                .filter(a -> a.incarnation().equals(incarnation))
                .findFirst()
                .orElseThrow();
    }

    /** Sends a call to its owner, once that is announced. */
    public void give(Call call, Context context) {
        producer.send(new ProducerRecord<>(
                Topics.calls(stage),
                announcement(call.owner()).partition(),
                call.conversation(),
                Json.write(call),
                Records.headers(call, context)));
        producer.flush();
    }

    /** The first answer to that attempt, once there is one; waits 20 s at the most. */
    public CallResult result(CallRef ref) {
        await().atMost(Duration.ofSeconds(20))
                .until(() -> results.stream().anyMatch(r -> r.ref().equals(ref)));
        return results.stream().filter(r -> r.ref().equals(ref)).findFirst().orElseThrow();
    }

    /** All frames of that attempt so far. */
    public List<Frame> frames(CallRef ref) {
        return frames.stream().filter(f -> f.ref().equals(ref)).toList();
    }

    /** All deltas of that attempt so far. */
    public List<Frame.Delta> deltas(CallRef ref) {
        return frames(ref).stream()
                .filter(Frame.Deltas.class::isInstance)
                .flatMap(f -> ((Frame.Deltas) f).deltas().stream())
                .toList();
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        reader.join();
        producer.close(Duration.ofSeconds(2));
    }
}
