package io.voiceagent.archiver.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.voiceagent.archiver.Servers;
import io.voiceagent.archiver.backup.BackupException;
import io.voiceagent.archiver.backup.BackupMeters;
import io.voiceagent.archiver.backup.BackupPolicy;
import io.voiceagent.archiver.backup.BackupRunner;
import io.voiceagent.archiver.backup.BackupType;
import io.voiceagent.archiver.backup.Chunk;
import io.voiceagent.archiver.backup.DirectoryStore;
import io.voiceagent.archiver.backup.Manifest;
import io.voiceagent.archiver.ingest.DayPartitions;
import io.voiceagent.transport.Variables;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups of a real database to a real directory, and back. */
class BackupTest {

    private static final List<String> CONTENTS = List.of(
            "SELECT span_id, start_time, duration_ms, attributes, events, stored_at FROM trace_spans ORDER BY 1",
            "SELECT time, value, attributes FROM performance_metrics ORDER BY 2",
            "SELECT * FROM responses.responses ORDER BY 1",
            "SELECT * FROM kafka_offsets",
            "SELECT span_id, archived_at FROM trace_spans_archive ORDER BY 1");

    @TempDir
    private Path directory;

    private FreshDatabase database;
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final BackupMeters meters = new BackupMeters(registry, Clock.systemUTC());

    @BeforeEach
    void fill() throws SQLException {
        database = FreshDatabase.migratedOn(Servers.postgres());
        insertSpans(1, 600, 0);
        insertSpans(601, 300, 1);
        insertSpans(901, 100, 400); // far in the past: the default partition
        database.execute("INSERT INTO performance_metrics (service_name, name, kind, unit, time, value, attributes,"
                + " resource, exemplars) SELECT 's', 'http.server.duration_ms', 'gauge', 'ms', now(), n / 3.0::float8,"
                + " '{}', '{}', '[]' FROM generate_series(1, 500) n");
        database.execute("INSERT INTO responses.responses VALUES ('resp_1', 't', 'c', 'completed', now(), now(), 1,"
                + " '{\"text\": \"two\\nlines, a tab\\t and a \\\\ in one\"}', '\\x1f8b00ff', '[]', NULL)");
        database.execute("INSERT INTO kafka_offsets VALUES ('otlp_spans', 'id', 0, 1000)");
        database.execute("INSERT INTO trace_spans_archive SELECT * FROM trace_spans LIMIT 7");
    }

    @AfterEach
    void drop() throws SQLException {
        database.close();
    }

    @Test
    void aFullBackupIsRecordedCheckedAndRestored() throws Exception {
        Manifest made = checking().run(BackupType.FULL);

        assertThat(database.rows("SELECT backup_type, status, base_backup_id, row_count, restore_check, error,"
                        + " completed_at >= started_at AND started_at >= created_at, restore_checked_at IS NOT NULL"
                        + " FROM backup_history"))
                .containsExactly("full completed null 1509 passed null t t");
        assertThat(database.rows("SELECT location, size_bytes FROM backup_history"))
                .containsExactly(directory.resolve(made.name()) + " " + made.ownBytes());
        assertThat(database.rows("SELECT sha256 FROM backup_history").getFirst())
                .isEqualTo(manifestHash(made));
        assertThat(database.rows("SELECT sum((f.value->>'rows')::int) FROM backup_history,"
                        + " jsonb_each(details->'restore_check'->'found') f"))
                .containsExactly("1509");
        assertThat(database.rows("SELECT datname FROM pg_database WHERE starts_with(datname::text, '"
                        + database.settings().database() + "_check')"))
                .isEmpty();

        try (FreshDatabase other = FreshDatabase.on(Servers.postgres())) { // its tables are made
            assertThat(command(other, "restore")).startsWith("0 " + made.name() + " is restored: 1509 rows");
            for (String content : CONTENTS) {
                assertThat(other.rows(content))
                        .as(content)
                        .isEqualTo(database.rows(content))
                        .isNotEmpty();
            }
            assertThat(other.number("SELECT count(*) FROM trace_spans_default")).isEqualTo(100);
            assertThat(other.number("SELECT count(*) FROM performance_metrics_default"))
                    .isZero();
            assertThat(command(other, "restore"))
                    .startsWith("1 ")
                    .contains("has rows")
                    .contains("--replace");
            assertThat(command(other, "restore", made.name(), "--replace")).startsWith("0 ");
            assertThat(other.number("SELECT count(*) FROM trace_spans")).isEqualTo(1_000);
        }
    }

    @Test
    void anIncrementalBackupHasWhatHasChangedAndRestoresEverything() throws Exception {
        Manifest full = runner(4).run(BackupType.FULL);
        insertSpans(2_001, 50, 0);

        Manifest made = checking().run(BackupType.INCREMENTAL);

        assertThat(made.base()).isEqualTo(full.name());
        assertThat(chunk(made, "trace_spans_p" + day(0)).backup()).isEqualTo(made.name());
        assertThat(chunk(made, "trace_spans_p" + day(1)).backup()).isEqualTo(full.name());
        assertThat(made.ownBytes()).isLessThan(full.ownBytes());
        assertThat(database.rows("SELECT backup_type, base_backup_id, row_count, restore_check FROM backup_history"
                        + " ORDER BY backup_id DESC LIMIT 1"))
                .containsExactly("incremental 1 1559 passed");
        try (FreshDatabase other = FreshDatabase.migratedOn(Servers.postgres())) {
            assertThat(command(other, "restore")).startsWith("0 " + made.name());
            assertThat(other.rows(CONTENTS.getFirst())).isEqualTo(database.rows(CONTENTS.getFirst()));
        }
    }

    @Test
    void aDamagedFileIsFoundAndNothingIsRestored() throws Exception {
        Manifest made = runner(4).run(BackupType.FULL);
        Path file = directory.resolve(made.name()).resolve("public.trace_spans_p" + day(0) + ".copy.gz");
        assertThat(command(database, "verify")).startsWith("0 " + made.name() + " is whole");
        try (RandomAccessFile damaged = new RandomAccessFile(file.toFile(), "rw")) {
            damaged.seek(damaged.length() / 2);
            int value = damaged.read();
            damaged.seek(damaged.length() / 2);
            damaged.write(value ^ 1);
        }

        assertThat(command(database, "verify"))
                .startsWith("1 Backup " + made.name() + " is damaged: its file " + file.getFileName()
                        + " has another SHA-256");
        try (FreshDatabase other = FreshDatabase.migratedOn(Servers.postgres())) {
            assertThat(command(other, "restore")).contains("is damaged");
            assertThat(other.number("SELECT count(*) FROM trace_spans")).isZero();
        }
        Files.delete(file);
        assertThat(command(database, "verify")).contains("is not there");
        insertSpans(3_001, 10, 1);
        assertThatThrownBy(() -> checking().run(BackupType.INCREMENTAL)).hasMessageContaining("is not there");
        assertThat(database.rows("SELECT status, restore_check FROM backup_history WHERE backup_id = 2"))
                .as("it needs the base's file of the other tables that did not change")
                .containsExactly("completed failed");
    }

    @Test
    void whatAProcessLeftUnfinishedIsFailedAndRemoved() throws Exception {
        database.execute("INSERT INTO backup_history (backup_id, backup_type, status, started_at, details)"
                + " VALUES (41, 'full', 'in_progress', now(), '{\"name\": \"20310101t000000z-full-41\"}')");
        Path leftOver = Files.createDirectories(directory.resolve("20310101t000000z-full-41"));
        Files.writeString(leftOver.resolve("public.trace_spans.copy.gz.part"), "half");

        runner(4).run(BackupType.FULL);

        assertThat(database.rows("SELECT backup_id, status, error FROM backup_history ORDER BY 1"))
                .containsExactly("41 failed its process ended before it", "42 completed null");
        assertThat(leftOver).doesNotExist();
    }

    @Test
    void aBackupThatCanNotBeWrittenFailsAndSaysWhy() throws Exception {
        Files.createDirectories(directory.getParent());
        Path noDirectory = Files.writeString(directory.resolve("a-file"), "");
        BackupRunner runner = runner(new DirectoryStore(noDirectory), 4, false);

        assertThatThrownBy(() -> runner.run(BackupType.FULL)).isInstanceOf(BackupException.class);

        assertThat(database.rows("SELECT status, error FROM backup_history").getFirst())
                .startsWith("failed ")
                .contains("a-file");
        assertThat(registry.get("voice.agent.backup.failures")
                        .tag("type", "full")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(runner.runDue()).as("not at once again").isEmpty();
    }

    @Test
    void oldBackupsGoWithTheirDependants() throws Exception {
        Manifest first = runner(1).run(BackupType.FULL);
        Manifest dependant = runner(1).run(BackupType.INCREMENTAL);
        Manifest second = runner(1).run(BackupType.FULL);

        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly(second.name());
        }
        assertThat(List.of(first.name(), dependant.name())).doesNotContain(second.name());
        assertThat(database.rows(
                        "SELECT backup_id, location IS NULL, details ? 'removed_at' FROM backup_history ORDER BY 1"))
                .containsExactly("1 t t", "2 t t", "3 f f");
        assertThat(command(database, "backups"))
                .startsWith("0 " + second.name())
                .doesNotContain(first.name());
    }

    @Test
    void onlyOneArchiverAtATimeMakesABackup() throws Exception {
        try (Connection other = database.connect();
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(hashtext('voice-agent backup'))");

            assertThat(runner(4).runDue()).isEmpty();
            assertThatThrownBy(() -> runner(4).run(BackupType.FULL)).hasMessageContaining("under way");
        }
        assertThat(runner(4).runDue()).isPresent();
        assertThat(runner(4).runDue()).as("none is due").isEmpty();
        assertThat(registry.get("voice.agent.backup.age.seconds").gauge().value())
                .isBetween(0.0, 60.0);
    }

    @Test
    void oldDaysAreDroppedAndTheRestStays() throws Exception {
        DayPartitions spans = new DayPartitions("trace_spans", "start_time");
        Clock inAWeek = Clock.offset(Clock.systemUTC(), Duration.ofDays(7));

        assertThat(spans.dropOlder(database.dataSource(), inAWeek, 7)).isEqualTo(3);

        assertThat(database.number("SELECT count(*) FROM trace_spans")).isEqualTo(600);
        assertThat(spans.dropOlder(database.dataSource(), inAWeek, 7)).isZero();
        assertThat(spans.ensure(database.dataSource(), Clock.systemUTC())).isEqualTo(3);
    }

    private BackupRunner checking() {
        return runner(new DirectoryStore(directory), 4, true);
    }

    private BackupRunner runner(int keep) {
        return runner(new DirectoryStore(directory), keep, false);
    }

    private BackupRunner runner(DirectoryStore store, int keep, boolean check) {
        Clock clock = Clock.systemUTC();
        return new BackupRunner(
                BackupSettings.server(database.settings()),
                store,
                new BackupPolicy(Duration.ofDays(7), Duration.ofDays(1), keep),
                check,
                meters,
                clock);
    }

    /** The exit status and what was printed. */
    private String command(FreshDatabase target, String... args) {
        PostgresSettings postgres = target.settings();
        Variables variables = Variables.of(Map.of(
                "POSTGRES_URL", postgres.url(),
                "POSTGRES_USER", postgres.user(),
                "POSTGRES_PASSWORD", postgres.password(),
                "BACKUP_DIRECTORY", directory.toString()));
        StringWriter printed = new StringWriter();
        PrintWriter out = new PrintWriter(printed, true);
        return BackupCommands.run(variables, out, out, args) + " " + printed;
    }

    private static Chunk chunk(Manifest manifest, String part) {
        return manifest.chunks().stream()
                .filter(chunk -> part.equals(chunk.part()))
                .findFirst()
                .orElseThrow();
    }

    private String manifestHash(Manifest manifest) throws IOException, java.security.NoSuchAlgorithmException {
        byte[] json = Files.readAllBytes(directory.resolve(manifest.name()).resolve(Manifest.FILE));
        return java.util.HexFormat.of()
                .formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(json));
    }

    private static String day(int daysBack) {
        return LocalDate.now(ZoneOffset.UTC).minusDays(daysBack).format(DateTimeFormatter.BASIC_ISO_DATE);
    }

    private void insertSpans(int first, int count, int daysBack) throws SQLException {
        database.execute("INSERT INTO trace_spans (trace_id, span_id, service_name, name, kind, start_time, end_time,"
                + " start_unix_nano, duration_ms, status, attributes, resource, events, links) SELECT 't',"
                + " to_char(n, 'FM0000000000'), 's', 'n', 'internal', now() - interval '" + daysBack + " days', now(),"
                + " 0, n / 7.0::float8, 'ok', jsonb_build_object('n', n, 'text', E'a \\\\\\\\ and\\n a \\u00e9'), '{}', '[]', '[]'"
                + " FROM generate_series(" + first + ", " + (first + count - 1) + ") n");
    }
}
