package io.voiceagent.agent.topology;

import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** All committed records of a topic from its beginning. */
final class Tail implements AutoCloseable {
    record Read(ConsumerRecord<String, byte[]> record, long at) {}

    final List<Read> records = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean closed;

    Tail(KafkaSettings kafka, String topic) {
        Consumer<String, byte[]> consumer = Consumers.assigned(
                kafka, "tail-" + UUID.randomUUID(), Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST);
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        thread = Thread.ofPlatform().daemon().start(() -> {
            while (!closed) {
                consumer.poll(Duration.ofMillis(20))
                        .forEach(record -> records.add(new Read(record, System.nanoTime())));
            }
            consumer.close();
        });
    }

    @Override
    public void close() {
        closed = true;
        Threads.join(5_000, thread);
    }
}
