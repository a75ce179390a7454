package io.voiceagent.transport.stage;

import static org.awaitility.Awaitility.await;

import io.opentelemetry.context.Context;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What an orchestrator does with a stage, by hand: gives calls and stops, and reads what comes back. */
final class StageClient implements AutoCloseable {
    private final KafkaSettings settings;
    private final Stage stage;
    private final Producer<String, byte[]> producer;
    private final List<CallResult> results = new CopyOnWriteArrayList<>();
    private final List<Frame> frames = new CopyOnWriteArrayList<>();
    private final List<Announcement.Worker> announcements = new CopyOnWriteArrayList<>();
    private final List<ConsumerRecord<String, byte[]>> dead = new CopyOnWriteArrayList<>();
    private final Thread reader;
    private volatile boolean closed;

    StageClient(KafkaSettings settings, Stage stage) {
        this.settings = settings;
        this.stage = stage;
        String id = UUID.randomUUID().toString();
        this.producer = Producers.stage(settings, "client-" + id);
        var consumer = Consumers.assigned(
                settings, "client-" + id, Consumers.Isolation.READ_UNCOMMITTED, Consumers.Start.NONE);
        List<TopicPartition> partitions = Stream.of(
                        Topics.results(stage), Topics.STREAM, Topics.WORKERS, Topics.deadLetters(Topics.calls(stage)))
                .flatMap(t -> consumer.partitionsFor(t).stream())
                .map(p -> new TopicPartition(p.topic(), p.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position);
        this.reader = Thread.ofPlatform().start(() -> {
            try (consumer) {
                while (!closed) {
                    consumer.poll(Duration.ofMillis(20)).forEach(r -> {
                        if (r.topic().endsWith(Topics.DLT_SUFFIX)) {
                            dead.add(r);
                            return;
                        }
                        switch (r.topic()) {
                            case Topics.STREAM -> frames.add(Json.read(r.value(), Frame.class));
                            case Topics.WORKERS -> {
                                if (Json.read(r.value(), Announcement.class) instanceof Announcement.Worker w) {
                                    announcements.add(w);
                                }
                            }
                            default -> results.add(Json.read(r.value(), CallResult.class));
                        }
                    });
                }
            }
        });
    }

    /** A reference of a new turn. */
    static CallRef newRef() {
        return new CallRef("resp_" + UUID.randomUUID(), 0, 0, 0);
    }

    /** The same, with an id as the API gives it. */
    static CallRef newTurn() {
        byte[] signed = ResponseId.signedBytes(1, newConversation(), Instant.now(), 1);
        return new CallRef(ResponseId.format(signed, new byte[ResponseId.MAC_BYTES]), 0, 0, 0);
    }

    /** The dead letter with that header, once it is there. */
    ConsumerRecord<String, byte[]> deadLetter(String header) {
        await().atMost(Duration.ofSeconds(15))
                .until(() -> dead.stream().anyMatch(r -> r.headers().lastHeader(header) != null));
        return dead.stream()
                .filter(r -> r.headers().lastHeader(header) != null)
                .findFirst()
                .orElseThrow();
    }

    static String newConversation() {
        return ResponseId.conversation(
                ThreadLocalRandom.current().nextInt(4),
                ThreadLocalRandom.current().nextLong());
    }

    /** The last announcement of this incarnation, once there is one. */
    Announcement.Worker announcement(String incarnation) {
        await().atMost(Duration.ofSeconds(15))
                .until(() ->
                        announcements.stream().anyMatch(a -> a.incarnation().equals(incarnation)));
        return announcements.reversed().stream()
                .filter(a -> a.incarnation().equals(incarnation))
                .findFirst()
                .orElseThrow();
    }

    List<Announcement.Worker> announcements() {
        return announcements;
    }

    Call.Tool call(String owner, CallRef ref) {
        return call(owner, ref, System.currentTimeMillis() + 10_000);
    }

    Call.Tool call(String owner, CallRef ref, long notAfter) {
        Call.Tool call = new Call.Tool(
                ref, newConversation(), "acme", owner, notAfter, "call_1", "calculator", "hash", "{\"x\":1}");
        give(call, Context.root());
        return call;
    }

    void stop(Call call) {
        give(new Call.Stop(call.ref(), call.conversation(), call.owner(), "test"), Context.root());
    }

    void give(Call call, Context context) {
        int partition = announcement(call.owner()).partition();
        producer.send(new ProducerRecord<>(
                Topics.calls(stage), partition, call.conversation(), Json.write(call), Records.headers(call, context)));
        producer.flush();
    }

    /** Writes a call as an orchestrator does whose decision is then rolled back. */
    Call.Tool callAndRollBack(String owner, CallRef ref) {
        Call.Tool call = new Call.Tool(
                ref,
                newConversation(),
                "acme",
                owner,
                System.currentTimeMillis() + 10_000,
                "call_1",
                "calculator",
                "hash",
                "{}");
        int partition = announcement(owner).partition();
        Map<String, Object> properties = new HashMap<>(settings.clientProperties());
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "client-" + UUID.randomUUID());
        try (Producer<String, byte[]> rolledBack =
                new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer())) {
            rolledBack.initTransactions();
            rolledBack.beginTransaction();
            rolledBack.send(
                    new ProducerRecord<>(Topics.calls(stage), partition, call.conversation(), Json.write(call)));
            rolledBack.flush();
            rolledBack.abortTransaction();
        }
        return call;
    }

    void giveRaw(String owner, String value) {
        producer.send(new ProducerRecord<>(
                Topics.calls(stage), announcement(owner).partition(), "raw", value.getBytes(StandardCharsets.UTF_8)));
        producer.flush();
    }

    /** The {@code n}-th result of that attempt, from 0, once it is there. */
    CallResult result(CallRef ref, int n) {
        return result(ref, n, Duration.ofSeconds(15));
    }

    CallResult result(CallRef ref, int n, Duration atMost) {
        await().atMost(atMost).until(() -> results(ref).size() > n);
        return results(ref).get(n);
    }

    List<CallResult> results(CallRef ref) {
        return results.stream().filter(r -> r.ref().equals(ref)).toList();
    }

    List<Frame> frames(CallRef ref) {
        return frames.stream().filter(f -> f.ref().equals(ref)).toList();
    }

    /** The deltas of that attempt, put together. */
    String text(CallRef ref) {
        StringBuilder text = new StringBuilder();
        for (Frame frame : frames(ref)) {
            if (frame instanceof Frame.Deltas deltas) {
                deltas.deltas().forEach(d -> text.append(((Frame.Text) d).text()));
            }
        }
        return text.toString();
    }

    @Override
    public void close() throws InterruptedException {
        closed = true;
        reader.join();
        producer.close(Duration.ofSeconds(2));
    }
}
