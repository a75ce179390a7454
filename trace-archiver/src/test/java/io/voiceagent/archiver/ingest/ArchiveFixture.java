package io.voiceagent.archiver.ingest;

import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.voiceagent.archiver.Servers;
import io.voiceagent.archiver.config.KafkaClients;
import io.voiceagent.archiver.spans.SpanDecoder;
import io.voiceagent.archiver.spans.SpanFormat;
import io.voiceagent.archiver.spans.SpanRow;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.KafkaSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A topic of its own on the shared broker, archivers that read it, and what they have written. */
final class ArchiveFixture implements AutoCloseable {

    /** Also the service name of all spans, by which they are told apart from those of other tests. */
    final String topic = "spans-" + UUID.randomUUID();

    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final KafkaClients clients =
            new KafkaClients(KafkaSettings.local(Servers.broker().bootstrapServers(), 4, 4));
    private final Producer<byte[], byte[]> producer;
    private final Producer<byte[], byte[]> deadLetterProducer = clients.deadLetters();
    private final List<LogArchiver> archivers = new ArrayList<>();
    private final DataSource dataSource;
    private final int partitions;

    ArchiveFixture(DataSource dataSource, int partitions) throws Exception {
        this.dataSource = dataSource;
        this.partitions = partitions;
        Map<String, Object> server =
                Map.of("bootstrap.servers", Servers.broker().bootstrapServers());
        try (Admin admin = Admin.create(server)) {
            admin.createTopics(List.of(
                            new NewTopic(topic, partitions, (short) 1),
                            new NewTopic(Topics.deadLetters(topic), 1, (short) 1)))
                    .all()
                    .get();
        }
        this.producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        Servers.broker().bootstrapServers(),
                        ProducerConfig.LINGER_MS_CONFIG,
                        0),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** An archiver of the topic as in production, but for what {@code storage} changes. */
    LogArchiver start(Storage<SpanRow> storage) {
        return start(storage, () -> clients.consumer(topic, 1));
    }

    /** An archiver that thinks that all partitions are its own, as one does that was replaced and does not know it. */
    LogArchiver startAlone(Storage<SpanRow> storage) {
        return start(storage, () -> {
            KafkaSettings settings = KafkaSettings.local(Servers.broker().bootstrapServers(), 4, 4);
            Map<String, Object> properties = settings.clientProperties();
            properties.put(ConsumerConfig.GROUP_ID_CONFIG, "alone-" + UUID.randomUUID());
            properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
            properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
            return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        });
    }

    /** One process' archivers, so many side by side. */
    void startWriters(int writers) {
        start(writers, number -> clients.consumer(topic, number), storage());
    }

    private LogArchiver start(Storage<SpanRow> storage, Supplier<Consumer<byte[], byte[]>> consumers) {
        return start(1, number -> consumers.get(), storage).getFirst();
    }

    private List<LogArchiver> start(
            int writers, IntFunction<Consumer<byte[], byte[]>> consumers, Storage<SpanRow> storage) {
        List<LogArchiver> started = LogArchiver.ofRows(topic, writers, consumers, storage, registry);
        archivers.addAll(started);
        started.forEach(LogArchiver::start);
        return started;
    }

    Storage<SpanRow> storage() {
        return storage(dataSource, new SpanDecoder(), new SpanFormat());
    }

    Storage<SpanRow> storage(DataSource from, PayloadDecoder<SpanRow> decoder, RowFormat<SpanRow> format) {
        DeadLetters deadLetters = new DeadLetters(deadLetterProducer, Duration.ofSeconds(5));
        return new Storage<>(from, decoder, format, deadLetters, clients::topicId);
    }

    void send(int partition, byte[] payload) throws Exception {
        producer.send(new ProducerRecord<>(topic, partition, null, payload)).get();
    }

    /** All that was ever put aside, waiting for {@code count} letters at most 10 s. */
    List<ConsumerRecord<byte[], byte[]>> deadLetters(int count) {
        Map<String, Object> properties = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                Servers.broker().bootstrapServers(),
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest");
        List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(Topics.deadLetters(topic), 0)));
            consumer.seekToBeginning(consumer.assignment());
            long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (letters.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(letters::add);
            }
        }
        return letters;
    }

    /** Deletes the topic and makes one of the same name, as when an installation's Kafka is set up anew. */
    void makeTopicAnew() throws Exception {
        String before = clients.topicId(topic);
        try (Admin admin =
                Admin.create(Map.of("bootstrap.servers", Servers.broker().bootstrapServers()))) {
            admin.deleteTopics(List.of(topic)).all().get();
            await().atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> {
                admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1)))
                        .all()
                        .get();
                return !clients.topicId(topic).equals(before);
            });
        }
    }

    /** Deletes what the topic's partition holds before {@code offset}, as retention does. */
    void forget(int partition, long offset) throws Exception {
        Map<String, Object> server =
                Map.of("bootstrap.servers", Servers.broker().bootstrapServers());
        try (Admin admin = Admin.create(server)) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(offset)))
                    .all()
                    .get();
        }
    }

    /** Rows of this fixture's spans. */
    int rows() throws SQLException {
        return number("SELECT count(*) FROM trace_spans WHERE service_name = ?");
    }

    /** Different spans among {@link #rows()}. */
    int spans() throws SQLException {
        return number("SELECT count(DISTINCT span_id) FROM trace_spans WHERE service_name = ?");
    }

    /** Records that count as read. */
    int position() throws SQLException {
        return number("SELECT coalesce(sum(next_offset), 0) FROM kafka_offsets WHERE topic = ?");
    }

    double counter(String name) {
        return registry.find("voice.agent.archive." + name).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    double gauge(String name) {
        return registry.get("voice.agent.archive." + name).gauge().value();
    }

    private int number(String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, topic);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getInt(1);
            }
        }
    }

    int partitions() {
        return partitions;
    }

    @Override
    public void close() {
        archivers.forEach(LogArchiver::stop);
        archivers.forEach(LogArchiver::close);
        producer.close();
        deadLetterProducer.close();
    }
}
