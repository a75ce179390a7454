package io.voiceagent.archiver.config;

import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicSpecs;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The Kafka clients of the archiver. Keys and values are bytes: a payload that can't be read must still be moved. */
public final class KafkaClients {

    /** For so long records are gathered before they are stored, unless {@link #GATHERED_BYTES} are there before. */
    private static final Duration GATHERING = Duration.ofMillis(200);

    private static final int GATHERED_BYTES = 256 << 10;

    /** What one batch holds at most, and about what the consumer holds beside it. */
    private static final int MAX_FETCH_BYTES = 8 << 20;

    private static final int MAX_BATCH_RECORDS = 1_000;
    private static final Duration ADMIN_TIMEOUT = Duration.ofSeconds(10);

    private final KafkaSettings settings;

    public KafkaClients(KafkaSettings settings) {
        this.settings = settings;
    }

    /**
     * A member of the group that archives a topic. It takes its positions from Postgres: no commits, no resets.
     *
     * @param number which one of this process it is, from 1
     */
    public Consumer<byte[], byte[]> consumer(String topic, int number) {
        Map<String, Object> properties = reader("trace-archiver-" + topic + "-" + number);
        join(properties, "trace-archiver-" + topic);
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** A member of the group that archives responses, for the steps: sees what is committed. */
    public Consumer<byte[], byte[]> steps(String group, String clientId) {
        Map<String, Object> properties = reader("trace-archiver-" + clientId);
        join(properties, group);
        properties.put("isolation.level", "read_committed");
        return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** A reader of the stream that is told its partitions. */
    public Consumer<byte[], byte[]> stream(String clientId) {
        return new KafkaConsumer<>(
                reader("trace-archiver-" + clientId), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static void join(Map<String, Object> properties, String group) {
        properties.put("group.id", group);
        properties.put("group.protocol", "classic");
        properties.put("session.timeout.ms", 8_000);
        properties.put("heartbeat.interval.ms", 2_000);
    }

    private Map<String, Object> reader(String clientId) {
        Map<String, Object> properties = settings.clientProperties();
        properties.put("client.id", clientId);
        properties.put("enable.auto.commit", false);
        properties.put("auto.offset.reset", "none");
        properties.put("allow.auto.create.topics", false);
        properties.put("fetch.min.bytes", GATHERED_BYTES);
        properties.put("fetch.max.wait.ms", (int) GATHERING.toMillis());
        properties.put("fetch.max.bytes", MAX_FETCH_BYTES);
        properties.put("max.partition.fetch.bytes", MAX_FETCH_BYTES / 4);
        properties.put("max.poll.records", MAX_BATCH_RECORDS);
        return properties;
    }

    /** For dead letters: rare, and each waited for. */
    public Producer<byte[], byte[]> deadLetters() {
        Map<String, Object> properties = settings.clientProperties();
        properties.put("client.id", "trace-archiver-dead-letters");
        properties.put("acks", "all");
        properties.put("enable.idempotence", true);
        properties.put("linger.ms", 0);
        properties.put("max.block.ms", 5_000);
        properties.put("request.timeout.ms", 4_000);
        properties.put("delivery.timeout.ms", 8_000);
        properties.put("max.request.size", TopicSpecs.MAX_RECORD_BYTES);
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * The id that the broker gave a topic when it was made.
     *
     * @throws KafkaException when it can't be told now
     */
    public String topicId(String topic) {
        try (Admin admin = Admin.create(settings.clientProperties())) {
            Map<String, KafkaFuture<TopicDescription>> descriptions =
                    admin.describeTopics(List.of(topic)).topicNameValues();
            return Objects.requireNonNull(descriptions.get(topic))
                    .get(ADMIN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .topicId()
                    .toString();
        } catch (ExecutionException | TimeoutException e) {
            throw new KafkaException("can't tell the id of topic " + topic, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        }
    }
}
