package io.voiceagent.agent.topology;

import io.opentelemetry.context.Context;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/** A worker played by the test: it announces itself and takes its calls; the test answers them. */
final class FakeWorker implements AutoCloseable {
    record Taken(Call call, Context trace, long at) {}

    final String incarnation = UUID.randomUUID().toString();
    final BlockingQueue<Taken> calls = new LinkedBlockingQueue<>();
    private final Stage stage;
    private final int partition;
    private final Map<String, String> tools;
    private final Set<String> held = ConcurrentHashMap.newKeySet();
    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final Thread thread;
    private volatile boolean closed;

    FakeWorker(KafkaSettings kafka, Stage stage, int partition, Map<String, String> tools) {
        this.stage = stage;
        this.partition = partition;
        this.tools = tools;
        this.consumer = Consumers.assigned(
                kafka, "fake-" + incarnation, Consumers.Isolation.READ_COMMITTED, Consumers.Start.NONE);
        this.producer = Producers.stage(kafka, "fake-" + incarnation);
        TopicPartition place = new TopicPartition(Topics.calls(stage), partition);
        consumer.assign(List.of(place));
        consumer.seekToEnd(List.of(place));
        consumer.position(place);
        this.thread = Thread.ofPlatform().daemon().start(() -> run(place));
    }

    private void run(TopicPartition place) {
        long sequence = 0;
        long announced = 0;
        while (!closed) {
            if (System.nanoTime() - announced > TimeUnit.MILLISECONDS.toNanos(Announcement.INTERVAL_MILLIS)) {
                announced = System.nanoTime();
                producer.send(Records.announcement(new Announcement.Worker(
                        incarnation,
                        sequence++,
                        stage,
                        partition,
                        consumer.position(place),
                        100,
                        new ArrayList<>(held),
                        false,
                        "test",
                        tools)));
            }
            for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(20))) {
                Call call = Json.read(record.value(), Call.class);
                if (call.owner().equals(incarnation)) {
                    if (!(call instanceof Call.Stop)) {
                        held.add(call.ref().toString());
                    }
                    calls.add(new Taken(call, TraceHeaders.extract(record.headers()), System.nanoTime()));
                }
            }
        }
        consumer.close();
    }

    Taken take() throws InterruptedException {
        Taken taken = calls.poll(20, TimeUnit.SECONDS);
        if (taken == null) {
            throw new AssertionError("no call came to " + stage + " worker " + incarnation);
        }
        return taken;
    }

    void answer(Call call, CallOutput output) {
        producer.send(Records.frame(new Frame.Opened(call.ref(), call.conversation(), incarnation), Context.root()));
        held.remove(call.ref().toString());
        send(new CallResult.Completed(call.ref(), call.conversation(), incarnation, 1, output));
    }

    void send(CallResult result) {
        producer.send(Records.result(stage, result, Context.root()));
        producer.flush();
    }

    /** Falls silent, as after a kill. */
    @Override
    public void close() {
        closed = true;
        Threads.join(5_000, thread);
        producer.close(Duration.ofSeconds(2));
    }
}
