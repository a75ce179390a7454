package io.voiceagent.archiver.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.opentelemetry.proto.trace.v1.Span;
import io.voiceagent.archiver.Servers;
import io.voiceagent.archiver.config.TestDatabase;
import io.voiceagent.archiver.ingest.FaultyDataSource.Fault;
import io.voiceagent.archiver.spans.SpanDecoder;
import io.voiceagent.archiver.spans.SpanFormat;
import io.voiceagent.archiver.spans.SpanRow;
import io.voiceagent.archiver.spans.SpanSamples;
import io.voiceagent.messages.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From a real topic to a real table: each span once, whatever fails in between. */
class LogArchiverTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int SPANS = 50; // of one payload

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
    void storesEverySpanOnce() throws Exception {
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 4)) {
            fixture.start(fixture.storage());

            send(fixture, 0, 40);

            await().atMost(PATIENCE).until(() -> fixture.position() == 40);
            assertThat(fixture.rows()).isEqualTo(40 * SPANS);
            assertThat(fixture.spans()).isEqualTo(40 * SPANS);
            assertThat(fixture.counter("rows")).isEqualTo(40 * SPANS);
        }
    }

    @Test
    void severalWritersOfOneProcessShareATopic() throws Exception {
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 4)) {
            fixture.startWriters(3);

            send(fixture, 0, 60);

            await().atMost(PATIENCE).until(() -> fixture.position() == 60);
            assertThat(fixture.rows()).isEqualTo(60 * SPANS);
            assertThat(fixture.spans()).isEqualTo(60 * SPANS);
            assertThat(fixture.counter("rows")).isEqualTo(60 * SPANS);
            await().atMost(PATIENCE).until(() -> fixture.gauge("lag.records") == 0);
        }
    }

    @Test
    void aSpanCanBeReadWithinTwoSeconds() throws Exception {
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 1)) {
            fixture.start(fixture.storage());
            fixture.send(0, SpanSamples.payload(fixture.topic, 0, 1));
            await().atMost(PATIENCE).until(() -> fixture.rows() == 1);

            fixture.send(0, SpanSamples.payload(fixture.topic, 1, 1));

            await().pollInterval(Duration.ofMillis(20))
                    .atMost(Duration.ofSeconds(2))
                    .until(() -> fixture.rows() == 2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void storesOnceWhenCommitsFail(Fault fault) throws Exception {
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 2)) {
            FaultyDataSource faulty = new FaultyDataSource(dataSource, fault, 3);
            send(fixture, 0, 10);
            LogArchiver archiver = fixture.start(fixture.storage(faulty, new SpanDecoder(), new SpanFormat()));
            for (int sent = 10; sent <= 16; sent++) {
                int stored = sent;
                await().atMost(PATIENCE).until(() -> fixture.position() == stored);
                send(fixture, sent, 1);
            }

            await().atMost(PATIENCE).until(() -> fixture.position() == 17);
            assertThat(faulty.left()).isZero();
            assertThat(fixture.rows()).isEqualTo(17 * SPANS);
            assertThat(fixture.spans()).isEqualTo(17 * SPANS);
            assertThat(fixture.counter("errors")).isGreaterThanOrEqualTo(3);
            await().atMost(PATIENCE).until(() -> archiver.status().problem() == null);
        }
    }

    /** The first archiver stops in the middle of its copy; another stores the same records; then the first wakes. */
    @Test
    void anArchiverThatWasReplacedStoresNothing() throws Exception {
        CountDownLatch copying = new CountDownLatch(1);
        CountDownLatch replaced = new CountDownLatch(1);
        SpanDecoder decoder = new SpanDecoder();
        PayloadDecoder<SpanRow> paused = payload -> {
            Decoded<SpanRow> decoded = decoder.decode(payload);
            copying.countDown();
            await().atMost(PATIENCE).until(() -> replaced.getCount() == 0);
            return decoded;
        };
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 1)) {
            send(fixture, 0, 10);
            fixture.startAlone(fixture.storage(dataSource, paused, new SpanFormat()));
            assertThat(copying.await(40, TimeUnit.SECONDS)).isTrue();

            fixture.startAlone(fixture.storage());
            await().atMost(PATIENCE).until(() -> fixture.position() == 10);
            replaced.countDown();

            await().atMost(PATIENCE).until(() -> batches(fixture, "overtaken") == 1);
            send(fixture, 10, 5); // both read on, side by side
            await().atMost(PATIENCE).until(() -> fixture.position() == 15);
            assertThat(fixture.rows()).isEqualTo(15 * SPANS);
            assertThat(fixture.spans()).isEqualTo(15 * SPANS);
        }
    }

    @Test
    void storesOnceWhenArchiversComeAndGo() throws Exception {
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 4)) {
            LogArchiver first = fixture.start(fixture.storage());
            send(fixture, 0, 20);
            await().atMost(PATIENCE).until(() -> fixture.position() > 0);
            fixture.start(fixture.storage());
            send(fixture, 20, 20);
            first.close();
            send(fixture, 40, 20);

            await().atMost(PATIENCE).until(() -> fixture.position() == 60);
            assertThat(fixture.rows()).isEqualTo(60 * SPANS);
            assertThat(fixture.spans()).isEqualTo(60 * SPANS);
            assertThat(first.status().state()).isEqualTo(ArchiveStatus.State.STOPPED);
        }
    }

    @Test
    void putsAsideWhatIsNoPayloadAndStoresItsNeighbours() throws Exception {
        byte[] poison = "not protobuf".getBytes(StandardCharsets.UTF_8);
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 1)) {
            fixture.send(0, SpanSamples.payload(fixture.topic, 0, SPANS));
            fixture.send(0, poison);
            fixture.send(0, null);
            fixture.send(0, SpanSamples.payload(fixture.topic, SPANS, SPANS));
            fixture.start(fixture.storage());

            await().atMost(PATIENCE).until(() -> fixture.position() == 4);
            assertThat(fixture.spans()).isEqualTo(2 * SPANS);
            List<ConsumerRecord<byte[], byte[]>> letters = fixture.deadLetters(2);
            assertThat(letters).hasSize(2);
            assertThat(letters.getFirst().value()).isEqualTo(poison);
            assertThat(header(letters.getFirst(), Headers.DLT_REASON)).startsWith("not an OTLP trace payload");
            assertThat(header(letters.getFirst(), Headers.DLT_TOPIC)).isEqualTo(fixture.topic);
            assertThat(header(letters.getFirst(), Headers.DLT_PARTITION)).isEqualTo("0");
            assertThat(header(letters.getFirst(), Headers.DLT_OFFSET)).isEqualTo("1");
            assertThat(header(letters.getLast(), Headers.DLT_REASON)).isEqualTo("the record has no value");
            assertThat(fixture.counter("dead.letters")).isEqualTo(2);
        }
    }

    @Test
    void putsAsideTheRecordThatTheDatabaseRefuses() throws Exception {
        SpanFormat format = new SpanFormat();
        RowFormat<SpanRow> faulty = new RowFormat<>() {
            @Override
            public String table() {
                return format.table();
            }

            @Override
            public List<String> columns() {
                return format.columns();
            }

            @Override
            public void write(SpanRow row, CopyEncoder out) {
                format.write(row.name().equals("poison") ? withAttributes(row, "{not json") : row, out);
            }
        };
        Span poison = SpanSamples.span(7).toBuilder().setName("poison").build();
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 2)) {
            send(fixture, 0, 11);
            fixture.send(1, SpanSamples.request(fixture.topic, List.of(poison)).toByteArray());
            send(fixture, 11, 6);
            fixture.start(fixture.storage(dataSource, new SpanDecoder(), faulty));

            await().atMost(PATIENCE).until(() -> fixture.position() == 18);
            assertThat(fixture.rows()).isEqualTo(17 * SPANS);
            assertThat(fixture.spans()).isEqualTo(17 * SPANS);
            List<ConsumerRecord<byte[], byte[]>> letters = fixture.deadLetters(1);
            assertThat(letters).hasSize(1);
            assertThat(header(letters.getFirst(), Headers.DLT_REASON)).startsWith("refused by the database");
        }
    }

    @Test
    void readsOnWhereTheLogBeginsAndCountsWhatIsGone() throws Exception {
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 1)) {
            send(fixture, 0, 10);
            fixture.forget(0, 4);
            fixture.start(fixture.storage());

            await().atMost(PATIENCE).until(() -> fixture.position() == 10);
            assertThat(fixture.spans()).isEqualTo(6 * SPANS);
            assertThat(fixture.counter("lost.records")).isEqualTo(4);
        }
    }

    @Test
    void beginsAtTheBeginOfATopicThatWasMadeAnew() throws Exception {
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 1)) {
            send(fixture, 0, 3);
            LogArchiver before = fixture.start(fixture.storage());
            await().atMost(PATIENCE).until(() -> fixture.position() == 3);
            before.close();

            fixture.makeTopicAnew();
            send(fixture, 3, 5);
            fixture.start(fixture.storage());

            await().atMost(PATIENCE).until(() -> fixture.position() == 3 + 5);
            assertThat(fixture.rows()).isEqualTo(8 * SPANS);
            assertThat(fixture.spans()).isEqualTo(8 * SPANS);
        }
    }

    @Test
    void aFaultOfTheDecoderCostsOneRecord() throws Exception {
        SpanDecoder decoder = new SpanDecoder();
        AtomicBoolean first = new AtomicBoolean(true);
        PayloadDecoder<SpanRow> faulty = payload -> {
            if (first.getAndSet(false)) {
                throw new IllegalStateException("a bug");
            }
            return decoder.decode(payload);
        };
        try (ArchiveFixture fixture = new ArchiveFixture(dataSource, 1)) {
            send(fixture, 0, 3);
            fixture.start(fixture.storage(dataSource, faulty, new SpanFormat()));

            await().atMost(PATIENCE).until(() -> fixture.position() == 3);
            assertThat(fixture.spans()).isEqualTo(2 * SPANS);
            assertThat(header(fixture.deadLetters(1).getFirst(), Headers.DLT_REASON))
                    .contains("a bug");
        }
    }

    /** Sends payloads number {@code first} to {@code first + count - 1}, over all partitions. */
    private static void send(ArchiveFixture fixture, int first, int count) throws Exception {
        int partitions = fixture.partitions();
        for (int i = first; i < first + count; i++) {
            fixture.send(i % partitions, SpanSamples.payload(fixture.topic, i * SPANS, SPANS));
        }
    }

    private static long batches(ArchiveFixture fixture, String outcome) {
        return fixture.registry.find("voice.agent.archive.batch.duration").tag("outcome", outcome).timers().stream()
                .mapToLong(timer -> timer.count())
                .sum();
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static SpanRow withAttributes(SpanRow row, String attributes) {
        return new SpanRow(
                row.traceId(),
                row.spanId(),
                row.parentSpanId(),
                row.serviceName(),
                row.name(),
                row.kind(),
                row.startUnixNano(),
                row.endUnixNano(),
                row.status(),
                row.statusMessage(),
                row.traceState(),
                row.scopeName(),
                row.scopeVersion(),
                attributes,
                row.resource(),
                row.events(),
                row.links());
    }
}
