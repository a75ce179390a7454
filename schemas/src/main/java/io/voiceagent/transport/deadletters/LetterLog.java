package io.voiceagent.transport.deadletters;

import io.voiceagent.transport.KafkaSettings;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads dead-letter topics; belongs to one thread. */
final class LetterLog implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration AT_MOST = Duration.ofSeconds(30);

    private final KafkaConsumer<byte[], byte[]> consumer;

    LetterLog(KafkaSettings kafka) {
        Map<String, Object> properties = kafka.clientProperties();
        properties.put("client.id", "dead-letters");
        properties.put("enable.auto.commit", false);
        properties.put("allow.auto.create.topics", false);
        properties.put("isolation.level", "read_committed");
        properties.put("auto.offset.reset", "earliest");
        properties.put("default.api.timeout.ms", (int) AT_MOST.toMillis());
        consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Names of all dead-letter topics that there are, sorted. */
    Set<String> topics(String suffix) {
        Set<String> topics = new TreeSet<>(consumer.listTopics(AT_MOST).keySet());
        topics.removeIf(topic -> !topic.endsWith(suffix));
        return topics;
    }

    /** Hands over all that is in a topic now, partition by partition in order. */
    void forEach(String topic, Consumer<Letter> action) {
        for (TopicPartition partition : partitions(topic)) {
            read(partition, 0, action);
        }
    }

    /**
     * The letter at that place.
     *
     * @throws CommandException when none is there
     */
    Letter at(Place place) {
        Letter[] found = new Letter[1];
        if (partitions(place.partition().topic()).contains(place.partition())) {
            read(place.partition(), place.offset(), letter -> {
                if (letter.record().offset() == place.offset()) {
                    found[0] = letter;
                }
            });
        }
        if (found[0] == null || found[0].note() != null) {
            throw new CommandException("No dead letter is at %s; list tells where they are".formatted(place));
        }
        return found[0];
    }

    /** Offsets of the partition's letters that were written again, as its notes say. */
    Set<Long> replayed(TopicPartition partition) {
        Set<Long> replayed = new HashSet<>();
        read(partition, 0, letter -> {
            Long note = letter.note();
            if (note != null) {
                replayed.add(note);
            }
        });
        return replayed;
    }

    private List<TopicPartition> partitions(String topic) {
        return consumer.partitionsFor(topic, AT_MOST).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .sorted(java.util.Comparator.comparingInt(TopicPartition::partition))
                .toList();
    }

    private void read(TopicPartition partition, long from, Consumer<Letter> action) {
        consumer.assign(List.of(partition));
        long end = consumer.endOffsets(List.of(partition), AT_MOST).getOrDefault(partition, 0L);
        long begin = consumer.beginningOffsets(List.of(partition), AT_MOST).getOrDefault(partition, 0L);
        consumer.seek(partition, Math.max(begin, from));
        while (consumer.position(partition, AT_MOST) < end) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                action.accept(new Letter(record));
            }
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
