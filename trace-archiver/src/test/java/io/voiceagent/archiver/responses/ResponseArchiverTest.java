package io.voiceagent.archiver.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.voiceagent.archiver.Servers;
import io.voiceagent.archiver.config.TestDatabase;
import io.voiceagent.archiver.ingest.FaultyDataSource;
import io.voiceagent.archiver.ingest.FaultyDataSource.Fault;
import io.voiceagent.archiver.ingest.LogArchiver;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.fold.ResponseFold;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From two real logs to a real table: each finished response once, as the fold has it, whatever fails in between. */
class ResponseArchiverTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final Random SEEDS = new Random();

    private static HikariDataSource dataSource;

    @BeforeAll
    static void open() {
        dataSource = TestDatabase.open(Servers.postgres());
    }

    @AfterAll
    static void close() {
        dataSource.close();
    }

    @Test
    void aFinishedTurnIsStoredAsTheFoldHasIt() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 2)) {
            SampleTurn turn = turn(1);
            fixture.start();
            fixture.send(turn);

            await().atMost(PATIENCE).until(() -> fixture.row(turn) != null);
            ResponseFixture.Row row = fixture.row(turn);
            assertThat(row.tenant()).isEqualTo("acme");
            assertThat(row.conversation()).isEqualTo(turn.conversation);
            assertThat(row.status()).isEqualTo("completed");
            assertThat(row.createdAt()).isEqualTo(SampleTurn.SUBMITTED);
            assertThat(row.completedAt()).isEqualTo(SampleTurn.SUBMITTED + 2_000);
            assertThat(row.foldVersion()).isEqualTo(ResponseFold.VERSION);
            assertThat(row.body()).isEqualTo(turn.expectedBody());
            assertThat(row.eventLines()).isEqualTo(new String(turn.expectedEvents(), StandardCharsets.UTF_8));
            assertThat(Json.tree(row.inputItems()).toString())
                    .isEqualTo("[{\"type\":\"message\",\"role\":\"user\",\"text\":\"Wie heißt \u65e5\u672c?\"}]");
            assertThat(fixture.counter("rows")).isEqualTo(1);
        }
    }

    @Test
    void aResponseCanBeReadASecondAfterItsEnd() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            SampleTurn first = turn(0);
            fixture.start();
            fixture.send(first);
            await().atMost(PATIENCE).until(() -> fixture.row(first) != null);

            SampleTurn second = turn(0);
            fixture.send(second);
            await().pollInterval(Duration.ofMillis(20))
                    .atMost(Duration.ofSeconds(2))
                    .until(() -> fixture.row(second) != null);
        }
    }

    @Test
    void aTurnThatWasOpenAtARestartIsStoredOnceAndWhole() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            SampleTurn open = turn(0);
            SampleTurn meanwhile = turn(0);
            LogArchiver first = fixture.start();
            int frames = open.frames.size() / 2;
            fixture.sendSteps(open.steps.subList(0, 3));
            fixture.sendFrames(open.frames.subList(0, frames));
            fixture.send(meanwhile);
            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(meanwhile)));
            await().atMost(PATIENCE).until(() -> fixture.gauge("responses.open") == 1);
            assertThat(fixture.position(fixture.stepsTopic)).isZero();

            first.close();
            fixture.start();
            fixture.sendSteps(open.steps.subList(3, open.steps.size()));
            fixture.sendFrames(open.frames.subList(frames, open.frames.size()));

            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(open, meanwhile)));
            assertThat(fixture.counter("rows")).isEqualTo(2); // the other was folded again, and was there
            await().atMost(PATIENCE)
                    .until(() -> fixture.position(fixture.stepsTopic) == open.steps.size() + meanwhile.steps.size());
        }
    }

    @Test
    void whatIsDeletedIsClearedAndNotStoredAgain() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            SampleTurn open = turn(0);
            SampleTurn stored = turn(0);
            SampleTurn atOnce = turn(0);
            SampleTurn halfRead = turn(0);
            SampleTurn foreign = turn(0);
            LogArchiver first = fixture.start();
            fixture.sendSteps(open.steps.subList(0, 3)); // so that a restart reads all of it again
            fixture.send(stored);
            fixture.send(foreign);
            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(stored, foreign)));

            fixture.sendSteps(List.of(stored.deletion()));
            fixture.send(atOnce);
            fixture.sendSteps(List.of(atOnce.deletion()));
            fixture.sendSteps(halfRead.steps);
            fixture.sendSteps(List.of(
                    halfRead.deletion(),
                    new StepEvent.Deleted(foreign.id, foreign.conversation, "somebody else", SampleTurn.SUBMITTED)));
            await().atMost(PATIENCE).until(() -> fixture.deleted(halfRead));
            fixture.sendFrames(halfRead.frames);
            assertThat(fixture.deleted(stored)).isTrue();
            assertThat(fixture.deleted(atOnce)).isTrue();
            assertThat(fixture.row(stored).status()).isEqualTo("completed");
            assertThat(fixture.position(fixture.stepsTopic)).isZero();

            first.close();
            fixture.start();
            fixture.sendSteps(open.steps.subList(3, open.steps.size()));
            fixture.sendFrames(open.frames);
            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(open, foreign)));
            assertThat(List.of(stored, atOnce, halfRead))
                    .allSatisfy(turn -> assertThat(fixture.deleted(turn)).isTrue());
        }
    }

    @Test
    void aTurnThatIsNotToBeKeptLeavesNoRow() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            SampleTurn unstored = new SampleTurn(0, SEEDS.nextLong(), 3, false);
            SampleTurn after = turn(0);
            fixture.start();
            fixture.send(unstored);
            fixture.send(after);
            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(after)));
            assertThat(fixture.row(unstored)).isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void storesOnceWhenCommitsFail(Fault fault) throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 2)) {
            FaultyDataSource faulty = new FaultyDataSource(dataSource, fault, 3);
            LogArchiver archiver = fixture.start(faulty, ArchiveLimits.DEFAULT);
            List<SampleTurn> turns = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                turns.add(turn(i % 2));
                fixture.send(turns.getLast());
                await().atMost(PATIENCE).until(() -> fixture.stored(turns));
            }

            assertThat(faulty.left()).isZero();
            assertThat(fixture.counter("errors")).isGreaterThanOrEqualTo(3);
            await().atMost(PATIENCE).until(() -> archiver.status().problem() == null);
        }
    }

    @Test
    void storesOnceWhenArchiversComeAndGo() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 4)) {
            List<SampleTurn> turns = new ArrayList<>();
            LogArchiver first = fixture.start();
            halves(fixture, turns, 8);
            await().atMost(PATIENCE).until(() -> fixture.position(fixture.stepsTopic) > 0);
            fixture.start();
            halves(fixture, turns, 8);
            await().atMost(PATIENCE).until(() -> fixture.stored(turns.subList(0, 4)));
            first.close();
            halves(fixture, turns, 8);

            await().atMost(PATIENCE).until(() -> fixture.stored(turns));
            assertThat(fixture.counter("rows")).isEqualTo(turns.size());
            assertThat(fixture.counter("responses.given.up")).isZero();
        }
    }

    /** Two archivers that both think that all partitions are theirs, as after a pause of one of them. */
    @Test
    void twoThatReadTheSameStoreOnce() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 2)) {
            fixture.startAlone();
            fixture.startAlone();
            List<SampleTurn> turns = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                halves(fixture, turns, 4);
                await().atMost(PATIENCE).until(() -> fixture.stored(turns));
            }

            assertThat(fixture.counter("rows")).isEqualTo(turns.size());
        }
    }

    @Test
    void anUnreadableRecordIsPutAsideAndItsNeighboursAreStored() throws Exception {
        byte[] poison = "{nonsense".getBytes(StandardCharsets.UTF_8);
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            SampleTurn badFrame = turn(0);
            SampleTurn badStep = turn(0);
            SampleTurn good = turn(0);
            fixture.sendFrames(badFrame.frames.subList(0, 1));
            fixture.sendPoison(fixture.streamTopic, badFrame, poison);
            fixture.sendFrames(badFrame.frames.subList(1, badFrame.frames.size()));
            fixture.sendSteps(badFrame.steps);
            fixture.sendPoison(fixture.stepsTopic, badStep, poison);
            fixture.send(badStep);
            fixture.send(good);
            fixture.start();

            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(good, badFrame)));
            for (String topic : List.of(fixture.streamTopic, fixture.stepsTopic)) {
                ConsumerRecord<byte[], byte[]> letter =
                        fixture.deadLetters(topic, 1).getFirst();
                assertThat(letter.value()).isEqualTo(poison);
                assertThat(header(letter, Headers.DLT_REASON)).startsWith("not a readable");
                assertThat(header(letter, Headers.DLT_TOPIC)).isEqualTo(topic);
            }
            assertThat(fixture.row(badStep)).isNull();
            await().atMost(PATIENCE)
                    .until(() -> fixture.position(fixture.stepsTopic)
                            == badFrame.steps.size() + 1 + badStep.steps.size() + good.steps.size());
        }
    }

    /** Hardly a turn fits, so nearly all are let go and read again. */
    @Test
    void turnsThatDoNotFitInMemoryAreStoredAllTheSame() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 2)) {
            ArchiveLimits little =
                    new ArchiveLimits(4_000, Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(1));
            fixture.start(dataSource, little);
            List<SampleTurn> turns = new ArrayList<>();
            halves(fixture, turns, 8);

            await().atMost(PATIENCE).until(() -> fixture.stored(turns));
            assertThat(fixture.counter("responses.read.again")).isPositive();
            assertThat(fixture.counter("rows")).isEqualTo(8);
            await().atMost(PATIENCE).until(() -> fixture.gauge("responses.open") == 0);
        }
    }

    @Test
    void aTurnThatWasLetGoAndIsGoneFromTheLogDoesNotStopTheOthers() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            ArchiveLimits little =
                    new ArchiveLimits(4_000, Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(1));
            fixture.start(dataSource, little);
            SampleTurn gone = turn(0);
            fixture.sendSteps(gone.steps.subList(0, gone.steps.size() - 1));
            fixture.sendFrames(gone.frames);
            await().atMost(PATIENCE).until(() -> fixture.gauge("responses.open") == 1);
            fixture.forget(fixture.streamTopic, 0, gone.frames.size());
            fixture.sendSteps(gone.steps.subList(gone.steps.size() - 1, gone.steps.size()));

            await().atMost(PATIENCE).until(() -> fixture.counter("responses.given.up") == 1);
            SampleTurn next = turn(0);
            fixture.send(next);
            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(next)));
            assertThat(fixture.row(gone)).isNull();
        }
    }

    @Test
    void framesOfAnUnknownTurnAreDroppedAndDoNotHoldThePosition() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            ArchiveLimits short_ =
                    new ArchiveLimits(1 << 20, Duration.ofSeconds(1), Duration.ofHours(1), Duration.ofHours(1));
            SampleTurn unknown = turn(0);
            fixture.sendFrames(unknown.frames);
            fixture.start(dataSource, short_);

            await().atMost(PATIENCE).until(() -> fixture.counter("responses.orphans") == 1);
            await().atMost(PATIENCE).until(() -> fixture.position(fixture.streamTopic) == unknown.frames.size());
            assertThat(fixture.gauge("responses.open")).isZero();
        }
    }

    @Test
    void stepsOfAnAbortedTransactionDoNotCount() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1);
                Producer<String, byte[]> orchestrator =
                        fixture.producer(Map.of("transactional.id", fixture.stepsTopic))) {
            SampleTurn turn = turn(0);
            SampleTurn aborted = turn(0);
            orchestrator.initTransactions();
            orchestrator.beginTransaction();
            aborted.steps.forEach(step -> orchestrator.send(fixture.record(step)));
            orchestrator.flush();
            orchestrator.abortTransaction();
            orchestrator.beginTransaction();
            turn.steps.forEach(step -> orchestrator.send(fixture.record(step)));
            orchestrator.commitTransaction();
            fixture.sendFrames(aborted.frames);
            fixture.sendFrames(turn.frames);
            LogArchiver archiver = fixture.start();

            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(turn)));
            assertThat(fixture.row(aborted)).isNull();
            // The markers of transactions take offsets that no record has; they are not a lag
            await().atMost(PATIENCE).until(() -> archiver.status().lagRecords() == 0);
        }
    }

    @Test
    void whatTheClientDoesNotWantStoredIsNotStored() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            SampleTurn unwanted = new SampleTurn(0, SEEDS.nextLong(), 3, false);
            SampleTurn wanted = turn(0);
            fixture.send(unwanted);
            fixture.send(wanted);
            fixture.start();

            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(wanted)));
            assertThat(fixture.row(unwanted)).isNull();
        }
    }

    @Test
    void aDeletedResponseDoesNotComeBack() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            SampleTurn turn = turn(0);
            try (var connection = dataSource.getConnection();
                    var insert = connection.prepareStatement(
                            "INSERT INTO responses.responses (response_id, tenant, conversation, status, created_at,"
                                    + " completed_at, fold_version, deleted_at)"
                                    + " VALUES (?, 'acme', ?, 'completed', now(), now(), 1, now())")) {
                insert.setString(1, turn.id);
                insert.setString(2, turn.conversation);
                insert.executeUpdate();
            }
            fixture.send(turn);
            fixture.start();

            await().atMost(PATIENCE).until(() -> fixture.position(fixture.stepsTopic) == turn.steps.size());
            assertThat(fixture.row(turn).body()).isNull();
            assertThat(fixture.row(turn).events()).isNull();
        }
    }

    @Test
    void readsOnWhereTheLogBeginsAndCountsWhatIsGone() throws Exception {
        try (ResponseFixture fixture = new ResponseFixture(dataSource, 1)) {
            SampleTurn gone = turn(0);
            SampleTurn there = turn(0);
            fixture.send(gone);
            fixture.send(there);
            fixture.forget(fixture.stepsTopic, 0, gone.steps.size());
            fixture.forget(fixture.streamTopic, 0, gone.frames.size());
            fixture.start();

            await().atMost(PATIENCE).until(() -> fixture.stored(List.of(there)));
            assertThat(fixture.row(gone)).isNull();
            assertThat(fixture.counter("lost.records")).isEqualTo(gone.steps.size() + gone.frames.size());
        }
    }

    /** Sends turns over all partitions, the first half of each before the second half of any. */
    private static void halves(ResponseFixture fixture, List<SampleTurn> all, int count) throws Exception {
        List<SampleTurn> turns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            turns.add(turn(i % fixture.partitions()));
        }
        all.addAll(turns);
        for (SampleTurn turn : turns) {
            fixture.sendSteps(turn.steps.subList(0, 2));
            fixture.sendFrames(turn.frames.subList(0, 2));
        }
        for (SampleTurn turn : turns) {
            fixture.sendFrames(turn.frames.subList(2, turn.frames.size()));
            fixture.sendSteps(turn.steps.subList(2, turn.steps.size()));
        }
    }

    private static SampleTurn turn(int partition) {
        return new SampleTurn(partition, SEEDS.nextLong());
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
