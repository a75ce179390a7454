package io.voiceagent.archiver.query;

import static io.voiceagent.archiver.query.ArchivedTraces.API;
import static io.voiceagent.archiver.query.ArchivedTraces.TOOLS;
import static io.voiceagent.archiver.query.ArchivedTraces.WORKER;
import static io.voiceagent.archiver.query.ArchivedTraces.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Searches over 100,000 spans: what they find, how they find it, and how long they take, which is printed. */
class TraceReaderTest {

    private static final Pattern PARTITION = Pattern.compile("trace_spans_p(\\d{8})");
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyyMMdd").withZone(ZoneOffset.UTC);

    private static ArchivedTraces archive;

    @BeforeAll
    static void fill() throws SQLException {
        archive = new ArchivedTraces(10_000);
    }

    @AfterAll
    static void drop() throws SQLException {
        archive.close();
    }

    @Test
    void namesServicesAndOperations() {
        List<String> services = read(reader -> reader.services(archive.lastDays(7)));
        List<TraceReader.Operation> operations = read(reader -> reader.operations(WORKER, archive.lastDays(7)));
        List<TraceReader.Operation> none = read(reader -> reader.operations("nobody", archive.lastDays(7)));

        assertThat(services).containsExactly(API, TOOLS, WORKER);
        assertThat(operations)
                .containsExactly(
                        new TraceReader.Operation("agent.call_llm", "client"),
                        new TraceReader.Operation("agent.process_message", "consumer"));
        assertThat(none).isEmpty();
    }

    @Test
    void findsTheNewestFirstAndSumsThemUp() {
        TraceReader.Page page = read(reader -> reader.search(search(null, null, null, Map.of(), 3, null)));

        assertThat(ids(page)).containsExactly(id(0), id(1), id(2));
        assertThat(page.more()).isTrue();
        TraceSummary first = page.traces().getFirst();
        assertThat(first.rootService()).isEqualTo(API);
        assertThat(first.rootOperation()).isEqualTo("POST /api/v1/responses");
        assertThat(first.spans()).isEqualTo(10);
        assertThat(first.errors()).isEqualTo(1);
        assertThat(first.services())
                .containsExactly(
                        new TraceSummary.ServiceShare(API, 1, 0),
                        new TraceSummary.ServiceShare(TOOLS, 4, 0),
                        new TraceSummary.ServiceShare(WORKER, 5, 1));
        assertThat(Duration.ofNanos(first.endUnixNano() - first.startUnixNano()).toMillis())
                .isEqualTo(5_020);
    }

    @Test
    void findsByStatusTagAndDurationOfOneSpan() {
        assertThat(ids(read(reader -> reader.search(search(null, null, "error", Map.of(), 3, null)))))
                .containsExactly(id(0), id(100), id(200));
        assertThat(ids(read(reader -> reader.search(search(WORKER, null, null, Map.of("turn", "77"), 3, null)))))
                .containsExactly(id(77));
        assertThat(ids(read(reader -> reader.search(
                        search(null, null, null, Map.of("host.name", "host-1", "error", "true"), 2, null)))))
                .containsExactly(id(100), id(400));
        assertThat(ids(read(
                        reader -> reader.search(search(API, null, null, Map.of("list", "[\"a\",\"b\"]"), 1, null)))))
                .containsExactly(id(0));
        assertThat(read(reader -> reader.search(search(API, null, "error", Map.of(), 3, null)))
                        .traces())
                .isEmpty(); // no span of the API failed
        TraceSearch slow = new TraceSearch(
                WORKER, "agent.call_llm", null, Duration.ofSeconds(1), null, Map.of(), archive.lastDays(3), 3, null);
        assertThat(ids(read(reader -> reader.search(slow)))).containsExactly(id(0), id(1_000), id(2_000));
        TraceSearch quick = new TraceSearch(
                TOOLS,
                "tool.execute",
                null,
                null,
                Duration.ofMillis(1),
                Map.of("span.kind", "internal"),
                archive.lastDays(3),
                3,
                null);
        assertThat(read(reader -> reader.search(quick)).traces()).isEmpty();
    }

    @Test
    void pagesHaveEachTraceOnceAndInOrder() {
        TimeRange hours = new TimeRange(archive.newest.minus(Duration.ofHours(3)), archive.newest.plusSeconds(30));
        List<String> expected =
                IntStream.rangeClosed(0, 540).mapToObj(ArchivedTraces::id).toList();
        for (int limit : List.of(7, 100, 200)) {
            List<String> found = new ArrayList<>();
            TraceSearch.Position after = null;
            TraceReader.Page page;
            do {
                TraceSearch search = new TraceSearch(null, null, null, null, null, Map.of(), hours, limit, after);
                page = read(reader -> reader.search(search));
                found.addAll(ids(page));
                after = Cursor.read(Cursor.write(page.traces().getLast().position()));
            } while (page.more());
            // Of the first trace only spans after the start of the range count
            assertThat(found).as("pages of %d", limit).containsExactlyElementsOf(expected);
        }
    }

    @Test
    void readsOneTraceInTheOrderOfItsSpans() {
        Trace trace = read(reader -> reader.trace(id(5), null));

        assertThat(trace).isNotNull();
        assertThat(trace.spans()).hasSize(10);
        assertThat(trace.spans().getFirst().parentSpanId()).isNull();
        assertThat(trace.spans().getFirst().durationNanos()).isEqualTo(1_000_000);
        assertThat(trace.cut()).isFalse();
        Trace missing = read(reader -> reader.trace(id(123_456), null));
        assertThat(missing).isNull();
    }

    @Test
    void noQueryScansAPartitionOrLooksIntoOneThatTheTimeLeavesOut() throws SQLException {
        TimeRange day = new TimeRange(archive.newest.minus(Duration.ofHours(1)), archive.newest.plusSeconds(30));
        List<Named> queries = List.of(
                new Named("services", reader -> reader.services(day)),
                new Named("operations", reader -> reader.operations(WORKER, day)),
                new Named("newest of all", reader -> reader.search(within(day, null, null, Map.of()))),
                new Named("of a service", reader -> reader.search(within(day, TOOLS, null, Map.of()))),
                new Named("errors", reader -> reader.search(within(day, null, "error", Map.of()))),
                new Named("by tag", reader -> reader.search(within(day, WORKER, null, Map.of("turn", "42")))));
        for (Named query : queries) {
            List<String> plans = plans(query.query());
            assertThat(plans).as(query.name()).isNotEmpty();
            // What lies within a trace is looked for a day around
            List<String> days = List.of(
                    DAY.format(archive.newest.minus(Duration.ofDays(2))),
                    DAY.format(archive.newest.minus(Duration.ofDays(1))),
                    DAY.format(archive.newest),
                    DAY.format(archive.newest.plus(Duration.ofDays(1))),
                    DAY.format(archive.newest.plus(Duration.ofDays(2))));
            for (String plan : plans) {
                assertThat(scanned(plan)).as(query.name() + "\n" + plan).isEmpty();
                assertThat(PARTITION
                                .matcher(plan)
                                .results()
                                .map(found -> found.group(1))
                                .distinct())
                        .as(query.name() + "\n" + plan)
                        .isSubsetOf(days);
            }
        }
        assertThat(plans(reader -> reader.trace(id(42), null)))
                .allSatisfy(plan -> assertThat(scanned(plan)).isEmpty());
    }

    /** Partitions with rows of which a plan reads all. */
    private static List<String> scanned(String plan) {
        return Pattern.compile("Seq Scan on (trace_spans_p\\d{8})[^\\n]*actual rows=([1-9]\\d*)")
                .matcher(plan)
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    @Test
    void readersCanOnlyReadAndNotForLong() {
        assertThatThrownBy(() -> archive.reader.now(connection -> {
                    try (Statement statement = connection.createStatement()) {
                        return statement.executeUpdate("DELETE FROM trace_spans");
                    }
                }))
                .hasMessageContaining("25006"); // read_only_sql_transaction
        assertThatThrownBy(() -> archive.reader.now(connection -> {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute("SET LOCAL statement_timeout = 50");
                        return statement.execute("SELECT pg_sleep(30)");
                    }
                }))
                .isInstanceOfSatisfying(
                        ArchiveUnavailableException.class,
                        failure -> assertThat(failure.code()).isEqualTo("query_timeout"));
    }

    @Test
    void printsHowLongALookTakes() {
        List<Named> looks = List.of(
                new Named("services of 7 days", reader -> reader.services(archive.lastDays(7))),
                new Named(
                        "newest 20 of all, 3 days",
                        reader -> reader.search(within(archive.lastDays(3), null, null, Map.of()))),
                new Named(
                        "newest 20 with an error, 3 days",
                        reader -> reader.search(within(archive.lastDays(3), null, "error", Map.of()))),
                new Named(
                        "rare tag, one service, 3 days",
                        reader -> reader.search(within(archive.lastDays(3), WORKER, null, Map.of("turn", "9876")))),
                new Named("one trace", reader -> reader.trace(id(4_321), null)));
        for (Named look : looks) {
            List<Long> micros = new ArrayList<>();
            for (int i = 0; i < 11; i++) {
                long begin = System.nanoTime();
                assertThat(read(look.query())).isNotNull();
                micros.add((System.nanoTime() - begin) / 1_000);
            }
            long first = micros.getFirst();
            micros.sort(null);
            System.out.printf(
                    "100,000 spans, %s: first %.1f ms, median %.1f ms, slowest %.1f ms%n",
                    look.name(), first / 1e3, micros.get(5) / 1e3, micros.getLast() / 1e3);
        }
    }

    private record Named(String name, Reading<?> query) {}

    private interface Reading<T> {
        T from(TraceReader reader) throws SQLException;
    }

    private static <T> T read(Reading<T> reading) {
        return archive.reader.now(connection -> reading.from(new TraceReader(connection)));
    }

    private static List<String> plans(Reading<?> reading) {
        return archive.reader.now(connection -> {
            Explained explained = new Explained(connection);
            reading.from(new TraceReader(explained.connection));
            return explained.plans;
        });
    }

    private static TraceSearch within(
            TimeRange range, @Nullable String service, @Nullable String status, Map<String, String> tags) {
        return new TraceSearch(service, null, status, null, null, tags, range, 20, null);
    }

    private static TraceSearch search(
            @Nullable String service,
            @Nullable String operation,
            @Nullable String status,
            Map<String, String> tags,
            int limit,
            TraceSearch.@Nullable Position after) {
        return new TraceSearch(service, operation, status, null, null, tags, archive.lastDays(3), limit, after);
    }

    private static List<String> ids(TraceReader.Page page) {
        return page.traces().stream().map(TraceSummary::traceId).toList();
    }
}
