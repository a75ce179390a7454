package io.voiceagent.archiver.responses;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.context.Context;
import io.voiceagent.archiver.Servers;
import io.voiceagent.archiver.config.KafkaClients;
import io.voiceagent.archiver.ingest.DeadLetters;
import io.voiceagent.archiver.ingest.LogArchiver;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Records;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Both logs on topics of their own, archivers that read them, and what they have written. */
final class ResponseFixture implements AutoCloseable {

    final String stepsTopic = "steps-" + UUID.randomUUID();
    final String streamTopic = "stream-" + UUID.randomUUID();
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final KafkaClients clients =
            new KafkaClients(KafkaSettings.local(Servers.broker().bootstrapServers(), 4, 4));
    private final Producer<String, byte[]> producer;
    private final Producer<byte[], byte[]> deadLetterProducer = clients.deadLetters();
    private final List<LogArchiver> archivers = new ArrayList<>();
    private final HikariDataSource dataSource;
    private final int partitions;

    ResponseFixture(HikariDataSource dataSource, int partitions) throws Exception {
        this.dataSource = dataSource;
        this.partitions = partitions;
        Map<String, Object> server =
                Map.of("bootstrap.servers", Servers.broker().bootstrapServers());
        try (Admin admin = Admin.create(server)) {
            admin.createTopics(List.of(
                            topic(stepsTopic, partitions),
                            topic(streamTopic, partitions),
                            topic(Topics.deadLetters(stepsTopic), 1),
                            topic(Topics.deadLetters(streamTopic), 1)))
                    .all()
                    .get();
        }
        this.producer = producer(Map.of());
    }

    private static NewTopic topic(String name, int partitions) {
        return new NewTopic(name, partitions, (short) 1).configs(Map.of("message.timestamp.type", "LogAppendTime"));
    }

    Producer<String, byte[]> producer(Map<String, Object> more) {
        Map<String, Object> properties =
                new HashMap<>(Map.of("bootstrap.servers", Servers.broker().bootstrapServers(), "linger.ms", 0));
        properties.putAll(more);
        return new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
    }

    int partitions() {
        return partitions;
    }

    /** An archiver as in production. */
    LogArchiver start() {
        return start(dataSource, ArchiveLimits.DEFAULT, stepsTopic);
    }

    /** An archiver of a group of its own, as one that was replaced and does not know it. */
    LogArchiver startAlone() {
        return start(dataSource, ArchiveLimits.DEFAULT, "alone-" + UUID.randomUUID());
    }

    LogArchiver start(DataSource into, ArchiveLimits limits) {
        return start(into, limits, stepsTopic);
    }

    private LogArchiver start(DataSource into, ArchiveLimits limits, String group) {
        LogArchiver archiver = ResponseArchiver.of(
                new ResponseStorage(
                        stepsTopic,
                        streamTopic,
                        clientId -> clients.steps(group, clientId),
                        clients::stream,
                        into,
                        new DeadLetters(deadLetterProducer, Duration.ofSeconds(5)),
                        clients::topicId),
                limits,
                registry);
        archivers.add(archiver);
        archiver.start();
        return archiver;
    }

    /** Sends both logs of a turn, whole. */
    void send(SampleTurn turn) throws Exception {
        sendSteps(turn.steps);
        sendFrames(turn.frames);
    }

    void sendSteps(List<StepEvent> steps) throws Exception {
        for (StepEvent step : steps) {
            producer.send(record(step)).get();
        }
    }

    void sendFrames(List<Frame> frames) throws Exception {
        for (Frame frame : frames) {
            producer.send(new ProducerRecord<>(
                            streamTopic,
                            ResponseId.partition(frame.conversation()),
                            frame.conversation(),
                            Json.write(frame),
                            Records.headers(frame, Context.root())))
                    .get();
        }
    }

    ProducerRecord<String, byte[]> record(StepEvent step) {
        return new ProducerRecord<>(
                stepsTopic,
                ResponseId.partition(step.conversation()),
                step.conversation(),
                Json.write(step),
                Records.headers(step, Context.root()));
    }

    /** Sends what is no message, in the name of {@code turn}. */
    void sendPoison(String topic, SampleTurn turn, byte[] value) throws Exception {
        RecordHeaders headers = Records.headers(turn.frames.getFirst(), Context.root());
        producer.send(new ProducerRecord<>(
                        topic, ResponseId.partition(turn.conversation), turn.conversation, value, headers))
                .get();
    }

    /** Deletes what a partition holds before {@code offset}, as retention does. */
    void forget(String topic, int partition, long offset) throws Exception {
        try (Admin admin =
                Admin.create(Map.of("bootstrap.servers", Servers.broker().bootstrapServers()))) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(offset)))
                    .all()
                    .get();
        }
    }

    /** The first {@code count} records that were put aside, waiting for 10 s at most. */
    List<ConsumerRecord<byte[], byte[]>> deadLetters(String topic, int count) {
        Map<String, Object> properties = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                Servers.broker().bootstrapServers(),
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest");
        List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(Topics.deadLetters(topic), 0)));
            long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (letters.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(letters::add);
            }
        }
        return letters;
    }

    /** A stored row, as far as a reader asks for it. */
    @SuppressWarnings("ArrayRecordComponent")
    record Row(
            String tenant,
            String conversation,
            String status,
            long createdAt,
            long completedAt,
            int foldVersion,
            String body,
            byte[] events,
            String inputItems) {

        String eventLines() {
            return OpenTurnsTest.text(events);
        }
    }

    /** The row of a turn, null when there is none. */
    Row row(SampleTurn turn) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement select = connection.prepareStatement("""
                                SELECT tenant, conversation, status, created_at, completed_at, fold_version, body, events, input_items
                                FROM responses.responses WHERE response_id = ?""")) {
            select.setString(1, turn.id);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next()
                        ? new Row(
                                rows.getString(1),
                                rows.getString(2),
                                rows.getString(3),
                                rows.getTimestamp(4).getTime(),
                                rows.getTimestamp(5).getTime(),
                                rows.getInt(6),
                                rows.getString(7),
                                rows.getBytes(8),
                                rows.getString(9))
                        : null;
            }
        }
    }

    /** Whether the turn has a row that says that it was deleted, and nothing of it. */
    boolean deleted(SampleTurn turn) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement select = connection.prepareStatement("""
                                SELECT deleted_at IS NOT NULL AND body IS NULL AND events IS NULL AND input_items IS NULL
                                FROM responses.responses WHERE response_id = ?""")) {
            select.setString(1, turn.id);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }

    /** Whether these turns are all stored, each as the fold has it. */
    boolean stored(List<SampleTurn> turns) throws SQLException {
        for (SampleTurn turn : turns) {
            Row row = row(turn);
            if (row == null) {
                return false;
            }
            if (!row.body().equals(turn.expectedBody())
                    || !row.eventLines().equals(new String(turn.expectedEvents(), StandardCharsets.UTF_8))) {
                throw new AssertionError(turn.id + " is stored, but not as the fold has it");
            }
        }
        return true;
    }

    /** The sum of the stored positions of a topic's partitions. */
    long position(String topic) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement select = connection.prepareStatement(
                        "SELECT coalesce(sum(next_offset), 0) FROM responses.kafka_offsets WHERE topic = ?")) {
            select.setString(1, topic);
            try (ResultSet rows = select.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    double counter(String name) {
        return registry.find("voice.agent.archive." + name).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    double gauge(String name) {
        return registry.find("voice.agent.archive." + name).gauges().stream()
                .mapToDouble(gauge -> gauge.value())
                .sum();
    }

    @Override
    public void close() {
        archivers.forEach(LogArchiver::stop);
        archivers.forEach(LogArchiver::close);
        producer.close();
        deadLetterProducer.close();
    }
}
