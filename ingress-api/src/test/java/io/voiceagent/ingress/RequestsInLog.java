package io.voiceagent.ingress;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/** What is in {@code agent.requests}: all of it, each time it is read. */
final class RequestsInLog implements AutoCloseable {
    private final Consumer<String, byte[]> consumer;
    private final List<TopicPartition> partitions;

    RequestsInLog(KafkaSettings kafka, String clientId) {
        this.consumer =
                Consumers.assigned(kafka, clientId, Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST);
        this.partitions = IntStream.range(0, kafka.agentPartitions())
                .mapToObj(partition -> new TopicPartition(Topics.REQUESTS, partition))
                .toList();
        consumer.assign(partitions);
    }

    /** How many records there are. */
    long count() {
        return consumer.endOffsets(partitions).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** The requests, partition by partition. */
    List<Request> all() {
        var ends = consumer.endOffsets(partitions);
        consumer.seekToBeginning(partitions);
        List<Request> requests = new ArrayList<>();
        while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
            consumer.poll(Duration.ofMillis(100))
                    .forEach(record -> requests.add(Json.read(record.value(), Request.class)));
        }
        return requests;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
