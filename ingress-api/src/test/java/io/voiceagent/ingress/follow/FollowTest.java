package io.voiceagent.ingress.follow;

import static io.voiceagent.ingress.follow.TurnWriter.TENANT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import io.voiceagent.ingress.follow.ResponseReader.Lookup;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.fold.ResponseEvent;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.TopicCreator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import reactor.test.StepVerifier;

/** Against a real broker and a real database; the steps and frames are written by hand. */
class FollowTest {
    private static final int PARTITIONS = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String EVENT = "{\"type\":\"response.completed\",\"sequence_number\":0}";
    private static final AtomicInteger CLIENTS = new AtomicInteger();
    /** The archiver's own table: what it writes is what is read here. */
    private static final Path MIGRATION =
            Path.of("../trace-archiver/src/main/resources/db/responses/V001__Add_finished_responses.sql");

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static EmbeddedPostgresServer postgres;
    private static KafkaSettings kafka;
    private static Producer<String, byte[]> producer;

    private final List<Follow> started = new java.util.ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        postgres = EmbeddedPostgresServer.start(directory.resolve("postgres"), 0);
        kafka = KafkaSettings.local(broker.bootstrapServers(), PARTITIONS, 1);
        TopicCreator.ensure(kafka, Duration.ofSeconds(30));
        producer = Producers.stage(kafka, "test-writer");
        try (Connection connection = database().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(Files.readString(MIGRATION));
        }
    }

    @AfterAll
    static void stop() throws IOException {
        producer.close();
        postgres.close();
        broker.close();
    }

    @AfterEach
    void close() throws Exception {
        for (Follow follow : started) {
            follow.close();
        }
    }

    private static PGSimpleDataSource database() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(postgres.jdbcUrl());
        source.setUser(postgres.user());
        source.setPassword(postgres.password());
        return source;
    }

    private static PGSimpleDataSource noDatabase() throws Exception {
        PGSimpleDataSource source = new PGSimpleDataSource();
        try (ServerSocket free = new ServerSocket(0)) {
            source.setUrl("jdbc:postgresql://127.0.0.1:%d/none".formatted(free.getLocalPort()));
        }
        return source;
    }

    private interface Work {
        void run() throws Exception;
    }

    /** As it is before the archiver has ever run. */
    private static void withoutTables(Work work) throws Exception {
        try (Connection connection = database().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER SCHEMA responses RENAME TO away");
            try {
                work.run();
            } finally {
                statement.execute("ALTER SCHEMA away RENAME TO responses");
            }
        }
    }

    private static FollowOptions options(Duration maxTurnAge) {
        return FollowOptions.of(maxTurnAge, 1 << 20, 1 << 20, Duration.ofSeconds(10));
    }

    private Follow follow(KafkaSettings settings, javax.sql.DataSource database, Duration maxTurnAge) {
        Follow follow = Follow.start(
                settings,
                "test-" + CLIENTS.incrementAndGet(),
                database,
                options(maxTurnAge),
                TurnWatcher.NONE,
                UsageWatcher.NONE,
                new SimpleMeterRegistry());
        started.add(follow);
        return follow;
    }

    private Follow ready(Duration maxTurnAge) {
        Follow follow = follow(kafka, database(), maxTurnAge);
        await().atMost(PATIENCE).until(follow::ready);
        return follow;
    }

    /** A process that has seen nothing of what is in the log so far. */
    private Follow latecomer() {
        return ready(Duration.ofMillis(1));
    }

    private static Lookup find(Follow follow, TurnWriter turn, String tenant) {
        return follow.reader().find(turn.id, tenant).block(PATIENCE);
    }

    private static FollowedResponse found(Follow follow, TurnWriter turn) {
        Lookup lookup = find(follow, turn, TENANT);
        assertThat(lookup).isInstanceOf(Lookup.Found.class);
        return ((Lookup.Found) lookup).response();
    }

    private static List<ResponseEvent> all(FollowedResponse response) {
        return response.events(-1).collectList().block(PATIENCE);
    }

    @Test
    void theFirstTokenIsHandedOverWhileTheTurnRuns() {
        Follow follow = ready(Duration.ofMinutes(5));
        TurnWriter turn = new TurnWriter(producer, 0);
        FollowedResponse response = follow.reader().submitted(turn.submit);
        assertThat(response.json()).contains("\"status\":\"queued\"");
        assertThat(response.tenant()).isEqualTo(TENANT);

        StepVerifier.create(response.events(-1).map(ResponseEvent::type))
                .then(turn::accepted)
                .expectNext("response.created", "response.in_progress")
                .then(() -> turn.started().opened().text("He"))
                .expectNext("response.output_item.added", "response.content_part.added", "response.output_text.delta")
                .then(() -> assertThat(response.json()).contains("\"status\":\"in_progress\""))
                .then(() -> turn.text("llo").stepEnded().ended())
                .expectNext("response.output_text.delta", "response.output_text.done")
                .expectNext("response.content_part.done", "response.output_item.done", "response.completed")
                .expectComplete()
                .verify(PATIENCE);
        assertThat(response.ended()).isTrue();
        assertThat(response.whenEnded().block(PATIENCE))
                .isEqualTo(response.json())
                .contains("Hello");
    }

    @Test
    void framesThatCanNotBeReadDoATurnNoHarm() {
        Follow live = ready(Duration.ofMinutes(5));
        TurnWriter turn = new TurnWriter(producer, 1);
        FollowedResponse response = live.reader().submitted(turn.submit);
        turn.accepted().started();
        strange(Topics.STREAM, turn, "opened", "no json", "1");
        turn.opened().text("Hel");
        strange(Topics.STREAM, turn, "deltas", "{\"type\":\"deltas\"}", "1");
        strange(Topics.STREAM, turn, "deltas", "{\"type\":\"deltas\"}", "99");
        turn.text("lo").stepEnded().ended();

        List<ResponseEvent> seen = all(response);
        assertThat(seen.getLast().json()).contains("Hello");
        assertThat(all(found(latecomer(), turn))).isEqualTo(seen);
    }

    @Test
    void withoutOneOfItsStepsATurnIsNotGuessed() {
        Follow follow = ready(Duration.ofMinutes(5));
        TurnWriter turn = new TurnWriter(producer, 1);
        follow.reader().submitted(turn.submit);
        turn.accepted();
        strange(Topics.STEPS, turn, "step_started", "{\"type\":\"step_started\"}", "99");

        await().atMost(PATIENCE).until(() -> find(follow, turn, TENANT) instanceof Lookup.Unreachable);
        TurnWriter other = new TurnWriter(producer, 1);
        other.whole(3);
        assertThat(all(found(follow, other)).getLast().json()).contains("piece 2");
    }

    @Test
    void tablesWithRecordsThatCanNotBeReadAreReadToTheirEnd() throws Exception {
        for (String topic : List.of(Topics.TOOLS, Topics.WORKERS, Topics.USAGE)) {
            for (String value : List.of("no json", "{}", "{\"type\":\"worker\"}", "{\"name\":\"half\"}")) {
                producer.send(new ProducerRecord<>(topic, 0, "strange", value.getBytes(StandardCharsets.UTF_8)))
                        .get();
            }
        }
        Follow follow = ready(Duration.ofMinutes(5));
        assertThat(follow.catalogue().find("half")).isEmpty();
    }

    private static void strange(String topic, TurnWriter turn, String type, String value, String version) {
        ProducerRecord<String, byte[]> record = new ProducerRecord<>(
                topic, turn.id.partition(), turn.id.conversation(), value.getBytes(StandardCharsets.UTF_8));
        record.headers()
                .add(Headers.RESPONSE_ID, turn.id.toString().getBytes(StandardCharsets.UTF_8))
                .add(Headers.TYPE, type.getBytes(StandardCharsets.UTF_8))
                .add(Headers.SCHEMA_VERSION, version.getBytes(StandardCharsets.UTF_8));
        producer.send(record);
    }

    @Test
    void liveLateReplayingAndArchiveReadersSeeTheSameBytes() throws Exception {
        Follow live = ready(Duration.ofMinutes(5));
        Follow late = ready(Duration.ofMinutes(5));
        TurnWriter turn = new TurnWriter(producer, 1);
        FollowedResponse followed = live.reader().submitted(turn.submit);
        turn.whole(20);
        List<ResponseEvent> events = all(followed);

        assertThat(events).hasSizeGreaterThan(25);
        assertThat(all(found(late, turn))).isEqualTo(events);
        Follow replaying = latecomer();
        assertThat(all(found(replaying, turn))).isEqualTo(events);
        assertThat(found(replaying, turn).json()).isEqualTo(followed.json());

        TurnWriter ancient = new TurnWriter(producer, 1, Instant.now().minus(Duration.ofDays(30)));
        archive(ancient, followed.json(), events);
        assertThat(all(found(live, ancient))).isEqualTo(events);
        assertThat(found(live, ancient).json()).isEqualTo(followed.json());
        assertThat(found(live, ancient).whenEnded().block(PATIENCE)).isEqualTo(followed.json());
    }

    @Test
    void theInputOfATurnIsFoundAmongTheRequestsAndInTheArchive() throws Exception {
        Follow follow = ready(Duration.ofMinutes(5));
        TurnWriter young = new TurnWriter(producer, 1);
        young.request();
        producer.flush();
        assertThat(follow.reader().input(young.id).block(PATIENCE))
                .isEqualTo(
                        new ResponseReader.InputLookup.Found(young.submit.spec().input()));

        TurnWriter ancient = new TurnWriter(producer, 1, Instant.now().minus(Duration.ofDays(30)));
        assertThat(follow.reader().input(ancient.id).block(PATIENCE))
                .isEqualTo(new ResponseReader.InputLookup.Missing());
        archive(ancient, "{}", List.of());
        try (Connection connection = database().getConnection();
                PreparedStatement update = connection.prepareStatement(
                        "UPDATE responses.responses SET input_items = ? WHERE response_id = ?")) {
            update.setString(1, "[{\"type\":\"message\",\"role\":\"user\",\"text\":\"Long ago\"}]");
            update.setString(2, ancient.id.toString());
            update.executeUpdate();
        }
        assertThat(follow.reader().input(ancient.id).block(PATIENCE))
                .isEqualTo(new ResponseReader.InputLookup.Found(List.of(new Item.Message(Item.Role.USER, "Long ago"))));
    }

    @Test
    void aTurnWhoseFramesTheLogHasLostIsReadFromTheArchive() throws Exception {
        Follow follow = ready(Duration.ofMinutes(5));
        TurnWriter turn =
                new TurnWriter(producer, 0).accepted().started().frames(2).stepEnded();
        FollowedResponse waiting = follow.reader().submitted(turn.submit);
        turn.ended();
        archive(turn, "{\"status\":\"completed\"}", List.of(new ResponseEvent(0, "response.completed", EVENT)));

        await().atMost(PATIENCE).until(() -> found(follow, turn).ended());
        assertThat(all(found(follow, turn))).hasSize(1);
        StepVerifier.create(waiting.whenEnded())
                .expectError(FollowingLostException.class)
                .verify(PATIENCE);
    }

    private static void archive(TurnWriter turn, String body, List<ResponseEvent> events) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(events.stream()
                    .map(ResponseEvent::json)
                    .collect(Collectors.joining("\n"))
                    .getBytes(StandardCharsets.UTF_8));
        }
        try (Connection connection = database().getConnection();
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO responses.responses (response_id, tenant, body, events,"
                                + " conversation, status, created_at, completed_at, fold_version)"
                                + " VALUES (?, ?, ?, ?, 'c', 'completed', now(), now(), 1)")) {
            insert.setString(1, turn.id.toString());
            insert.setString(2, TENANT);
            insert.setString(3, body);
            insert.setBytes(4, bytes.toByteArray());
            insert.executeUpdate();
        }
    }

    @Test
    void resumingAfterAnyEventGivesExactlyTheRest() {
        Follow follow = ready(Duration.ofMinutes(5));
        TurnWriter turn = new TurnWriter(producer, 0).whole(10);
        FollowedResponse response = found(follow, turn);
        List<ResponseEvent> events = all(response);

        for (int n = -1; n < events.size(); n++) {
            assertThat(response.events(n).collectList().block(PATIENCE))
                    .isEqualTo(events.subList(n + 1, events.size()));
        }
    }

    @Test
    void whoComesInTheMiddleReadsTheBeginningFromTheLogAndTheRestLive() {
        TurnWriter turn = new TurnWriter(producer, 0)
                .accepted()
                .started()
                .opened()
                .text("a")
                .text("b");
        producer.flush();
        Follow follow = latecomer();
        FollowedResponse response = found(follow, turn);

        StepVerifier.create(response.events(3).map(ResponseEvent::json))
                .expectNextMatches(json -> json.contains("\"delta\":\"a\""))
                .expectNextMatches(json -> json.contains("\"delta\":\"b\""))
                .then(() -> turn.text("c").stepEnded().ended())
                .expectNextMatches(json -> json.contains("\"delta\":\"c\""))
                .expectNextMatches(json -> json.contains("\"text\":\"abc\""))
                .expectNextCount(3)
                .expectComplete()
                .verify(PATIENCE);
    }

    @Test
    void aRequestThatNobodyHasAcceptedIsQueuedAndThenFollowed() {
        TurnWriter turn = new TurnWriter(producer, 1).request();
        producer.flush();
        Follow follow = ready(Duration.ofMinutes(5));
        FollowedResponse response = found(follow, turn);
        assertThat(response.json()).contains("\"status\":\"queued\"");
        assertThat(response.ended()).isFalse();

        turn.whole(3);
        assertThat(response.whenEnded().block(PATIENCE)).contains("\"status\":\"completed\"");
        assertThat(all(response)).extracting(ResponseEvent::type).startsWith("response.created");
    }

    @Test
    void whatIsDeletedIsMissingToWhoHadItAndToWhoComesLater() throws Exception {
        Follow live = ready(Duration.ofMinutes(5));
        TurnWriter turn = new TurnWriter(producer, 0).whole(1);
        TurnWriter other = new TurnWriter(producer, 0).whole(1);
        producer.flush();
        assertThat(all(found(live, turn))).isNotEmpty();
        found(live, other);
        try (ResponseReader.DeletionWatch watch = live.reader().watchDeletion(turn.id.toString())) {
            turn.deleted();
            StepVerifier.create(watch.deleted()).expectComplete().verify(PATIENCE);
        }

        assertThat(find(live, turn, TENANT)).isEqualTo(new Lookup.Missing());
        found(live, other);
        // The log has its end, then the ends of others, and its deletion at last
        Follow late = latecomer();
        assertThat(find(late, turn, TENANT)).isEqualTo(new Lookup.Missing());
        found(late, other);
    }

    @Test
    void anArchiveThatIsBehindTheLogBringsNothingBack() throws Exception {
        TurnWriter deleted = new TurnWriter(producer, 1, Instant.now().minus(Duration.ofDays(30)));
        TurnWriter kept = new TurnWriter(producer, 1, Instant.now().minus(Duration.ofDays(30)));
        archive(deleted, "{}", List.of());
        archive(kept, "{}", List.of());
        found(latecomer(), deleted);
        deleted.deleted();
        producer.flush();

        Follow follow = latecomer();
        assertThat(find(follow, deleted, TENANT)).isEqualTo(new Lookup.Missing());
        found(follow, kept);
    }

    @Test
    void withoutADatabaseWhatIsDeletedIsMissingToo() throws Exception {
        TurnWriter deleted = new TurnWriter(producer, 0).whole(1).deleted();
        TurnWriter cutOff = new TurnWriter(producer, 0).request().deleted();
        producer.flush();
        for (Duration maxTurnAge : List.of(Duration.ofMinutes(5), Duration.ofMillis(1))) {
            Follow follow = follow(kafka, noDatabase(), maxTurnAge);
            await().atMost(PATIENCE).until(follow::ready);
            assertThat(find(follow, deleted, TENANT)).isEqualTo(new Lookup.Missing());
            assertThat(find(follow, cutOff, TENANT))
                    .as("only its request is left")
                    .isEqualTo(new Lookup.Missing());
        }
    }

    @Test
    void whatIsNotStoredIsThereForAWhileAfterItsEndAndThenMissing() throws Exception {
        Instant now = Instant.now();
        TurnWriter running = TurnWriter.unstored(producer, 0, now.minus(Duration.ofMinutes(9)))
                .accepted()
                .started()
                .opened();
        TurnWriter ended = TurnWriter.unstored(producer, 1, now).whole(1);
        TurnWriter gone = TurnWriter.unstored(producer, 1, now.minus(Duration.ofMinutes(9)))
                .whole(1);
        TurnWriter cutOff =
                TurnWriter.unstored(producer, 1, now.minus(Duration.ofHours(1))).request();
        producer.flush();
        for (javax.sql.DataSource database : List.of(database(), noDatabase())) {
            Follow follow = follow(kafka, database, Duration.ofMinutes(10));
            await().atMost(PATIENCE).until(follow::ready);
            assertThat(found(follow, running).stored()).isFalse();
            assertThat(all(found(follow, ended))).isNotEmpty();
            assertThat(find(follow, gone, TENANT)).isEqualTo(new Lookup.Missing());
            assertThat(find(follow, gone, TENANT)).as("again").isEqualTo(new Lookup.Missing());
            assertThat(find(follow, cutOff, TENANT)).isEqualTo(new Lookup.Missing());
        }
    }

    @Test
    void anotherTenantsResponseIsMissingWhereverItIs() throws Exception {
        Follow follow = ready(Duration.ofMinutes(5));
        TurnWriter turn = new TurnWriter(producer, 0).whole(1);
        producer.flush();
        TurnWriter queued = new TurnWriter(producer, 0).request();
        producer.flush();
        TurnWriter ancient = new TurnWriter(producer, 0, Instant.now().minus(Duration.ofDays(30)));
        archive(ancient, "{}", List.of());

        for (TurnWriter each : List.of(turn, queued, ancient)) {
            assertThat(find(follow, each, "other")).isEqualTo(new Lookup.Missing());
            assertThat(find(follow, each, TENANT)).isInstanceOf(Lookup.Found.class);
        }
        assertThat(find(latecomer(), turn, "other")).isEqualTo(new Lookup.Missing());
    }

    @Test
    void whatNeverWasIsMissing() {
        Follow follow = ready(Duration.ofMinutes(5));

        assertThat(find(follow, new TurnWriter(producer, 0), TENANT)).isEqualTo(new Lookup.Missing());
        assertThat(find(follow, new TurnWriter(producer, 1, Instant.now().minus(Duration.ofDays(1))), TENANT))
                .isEqualTo(new Lookup.Missing());
    }

    @Test
    void withoutADatabaseAllThatIsInTheLogIsFoundAndNobodyIsToldThatAResponseIsMissing() throws Exception {
        assertTheLogIsEnough(noDatabase());
    }

    @Test
    void withoutTablesItIsTheSameUntilTheyAreThere() throws Exception {
        TurnWriter ancient = new TurnWriter(producer, 0, Instant.now().minus(Duration.ofDays(30)));
        withoutTables(() -> {
            assertTheLogIsEnough(database());
            assertThat(find(ready(Duration.ofMinutes(5)), ancient, TENANT)).isInstanceOf(Lookup.Unreachable.class);
        });
        assertThat(find(started.getLast(), ancient, TENANT)).isEqualTo(new Lookup.Missing());
    }

    private void assertTheLogIsEnough(PGSimpleDataSource archive) {
        // The second one has seen none of it, and reads the log back
        for (Duration maxTurnAge : List.of(Duration.ofMinutes(5), Duration.ofMillis(1))) {
            TurnWriter ended = new TurnWriter(producer, 0).whole(1);
            TurnWriter queued = new TurnWriter(producer, 1).request();
            producer.flush();
            Follow follow = follow(kafka, archive, maxTurnAge);
            await().atMost(PATIENCE).until(follow::ready);

            assertThat(all(found(follow, ended))).isNotEmpty();
            assertThat(found(follow, queued).json()).contains("\"status\":\"queued\"");
            assertThat(find(follow, queued, "other")).isEqualTo(new Lookup.Missing());
            assertThat(find(follow, new TurnWriter(producer, 0), TENANT))
                    .isInstanceOfSatisfying(
                            Lookup.Unreachable.class,
                            away -> assertThat(away.component()).isEqualTo("postgres"));
        }
    }

    @Test
    void withoutTheLogNobodyCanTellWhatWasDeletedSinceItWasArchived() throws Exception {
        KafkaSettings nowhere;
        try (ServerSocket free = new ServerSocket(0)) {
            nowhere = KafkaSettings.local("127.0.0.1:" + free.getLocalPort(), PARTITIONS, 1);
        }
        FollowOptions impatient = FollowOptions.of(Duration.ofMinutes(5), 1 << 20, 1 << 20, Duration.ofSeconds(1));
        Follow follow = Follow.start(
                nowhere,
                "test-nowhere",
                database(),
                impatient,
                TurnWatcher.NONE,
                UsageWatcher.NONE,
                new SimpleMeterRegistry());
        started.add(follow);
        TurnWriter ancient = new TurnWriter(producer, 0, Instant.now().minus(Duration.ofDays(30)));
        archive(ancient, "{\"status\":\"completed\"}", List.of());

        assertThat(follow.ready()).isFalse();
        for (TurnWriter each : List.of(ancient, new TurnWriter(producer, 0))) {
            assertThat(find(follow, each, TENANT))
                    .isInstanceOfSatisfying(
                            Lookup.Unreachable.class,
                            away -> assertThat(away.component()).isEqualTo("kafka"));
        }
    }

    @Test
    void aStepThatIsNotCommittedIsNotShown() {
        Follow follow = ready(Duration.ofMinutes(5));
        Map<String, Object> properties = kafka.clientProperties();
        properties.put("transactional.id", "test-orchestrator");
        try (Producer<String, byte[]> orchestrator =
                new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer())) {
            orchestrator.initTransactions();
            TurnWriter aborted = new TurnWriter(orchestrator, 0);
            orchestrator.beginTransaction();
            aborted.accepted();
            orchestrator.flush();
            orchestrator.abortTransaction();
            TurnWriter turn = new TurnWriter(orchestrator, 0);
            FollowedResponse response = follow.reader().submitted(turn.submit);
            orchestrator.beginTransaction();
            turn.accepted();
            orchestrator.flush();
            assertThat(response.json()).contains("\"status\":\"queued\"");
            orchestrator.commitTransaction();

            StepVerifier.create(response.events(-1).take(1).map(ResponseEvent::type))
                    .expectNext("response.created")
                    .expectComplete()
                    .verify(PATIENCE);
            assertThat(find(follow, aborted, TENANT)).isEqualTo(new Lookup.Missing());
        }
    }

    @Test
    void whoFollowsIsToldWhenTheServerShutsDown() throws Exception {
        Follow follow = ready(Duration.ofMinutes(5));
        TurnWriter turn = new TurnWriter(producer, 0).accepted();
        FollowedResponse response = follow.reader().submitted(turn.submit);

        StepVerifier.create(response.events(-1))
                .expectNextCount(2)
                .then(() -> {
                    try {
                        follow.close();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                })
                .expectError(FollowingLostException.class)
                .verify(PATIENCE);
    }

    @Test
    void theCatalogueHasWhatWorkersDescribeAndAnnounce() {
        ToolDescription tool = new ToolDescription(
                "adder",
                "maths",
                ToolDescription.Kind.MCP,
                "Adds.",
                Json.tree("{\"type\":\"object\"}"),
                true,
                1_000,
                1_000,
                "hash-1");
        producer.send(Records.tool(tool));
        Follow follow = ready(Duration.ofMinutes(5));
        ToolCatalogue catalogue = follow.catalogue();
        assertThat(catalogue.find("adder")).contains(tool);
        assertThat(catalogue.server("maths")).containsExactly(tool);
        assertThat(catalogue.offered("adder")).isFalse();

        producer.send(Records.announcement(new Announcement.Worker(
                "w1", 0, Stage.TOOL, 0, 0, 4, List.of(), false, "1", Map.of("adder", "hash-1"))));
        await().atMost(PATIENCE).until(() -> catalogue.offered("adder"));

        producer.send(new ProducerRecord<>(Topics.TOOLS, 0, "adder", null));
        await().atMost(PATIENCE).until(() -> catalogue.find("adder").isEmpty());
        assertThat(catalogue.offered("adder")).isFalse();
    }
}
