package io.voiceagent.archiver.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.archiver.Servers;
import io.voiceagent.archiver.config.SqlScript.Runner;
import io.voiceagent.archiver.ingest.DayPartitions;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;

/**
 * The scripts that operators run by hand, against what the service does by itself.
 *
 * <p>After a new migration: run with {@code -Dgolden.write=true}, which writes {@code db_migration.sql} anew, and see that
 * {@code db_rollback.sql} still takes back what the migration makes.
 */
class ScriptsTest {

    private static final List<String> TABLES = List.of("trace_spans", "performance_metrics", "backup_history");

    @Test
    void theMigrationScriptIsWrittenFromTheMigrations() throws Exception {
        try (FreshDatabase database = FreshDatabase.on(Servers.postgres())) {
            String text = MigrationScriptText.of(database.dataSource());
            if (Boolean.getBoolean("golden.write")) {
                Files.writeString(SqlScript.MIGRATION.file(), text);
            }
            assertThat(SqlScript.MIGRATION.file()).content().isEqualTo(text);
        }
    }

    @Test
    void theMigrationScriptLeavesTheDatabaseThatTheServiceMakes() throws Exception {
        Runner runner = Runner.best();
        try (FreshDatabase byScript = FreshDatabase.on(Servers.postgres());
                FreshDatabase byService = FreshDatabase.on(Servers.postgres())) {
            runner.run(SqlScript.MIGRATION, byScript);
            runner.run(SqlScript.MIGRATION, byScript);
            byService.migrate();
            assertThat(catalogue(byScript)).isEqualTo(catalogue(byService)).hasSizeGreaterThan(100);
            assertThat(history(byScript)).isEqualTo(history(byService)).hasSizeGreaterThan(3);
            assertThat(byScript.rows("SELECT version || ' ' || description || ' ' || success FROM schema_migrations"
                            + " ORDER BY installed_on DESC"))
                    .containsExactly(
                            "003 Add backup tracking tables true",
                            "002 Add performance metrics tables true",
                            "001 Add tracing storage tables true");
            for (Flyway flyway : Database.histories(byScript.dataSource())) {
                assertThat(flyway.validateWithResult().validationSuccessful).isTrue();
                assertThat(flyway.migrate().migrationsExecuted).isZero();
            }
        }
    }

    @Test
    void noRowIsLostByRollbacksAndMigrations() throws Exception {
        Runner runner = Runner.best();
        try (FreshDatabase database = FreshDatabase.migratedOn(Servers.postgres())) {
            insert(database, 1, 1_000);
            database.execute("INSERT INTO kafka_offsets VALUES ('otlp_spans', 'x', 0, 42)");
            List<String> spans = database.rows(CONTENT.formatted("trace_spans"));

            runner.run(SqlScript.ROLLBACK, database);
            runner.run(SqlScript.ROLLBACK, database);

            for (String table : TABLES) {
                assertThat(database.number("SELECT count(*) FROM " + table + "_archive"))
                        .isEqualTo(1_000);
                assertThat(database.rows("SELECT to_regclass('" + table + "')")).containsExactly("null");
            }
            assertThat(database.rows(CONTENT.formatted("trace_spans_archive"))).isEqualTo(spans);
            assertThat(database.number("SELECT count(*) FROM pg_class WHERE relname LIKE 'trace\\_spans\\_p2%'"))
                    .isZero();

            runner.run(SqlScript.MIGRATION, database);
            new DayPartitions("trace_spans", "start_time").ensure(database.dataSource(), Clock.systemUTC());
            insert(database, 1_001, 500);
            runner.run(SqlScript.MIGRATION, database);
            assertThat(database.number("SELECT count(*) FROM trace_spans")).isEqualTo(500);

            runner.run(SqlScript.ROLLBACK, database);
            for (String table : TABLES) {
                assertThat(database.number("SELECT count(*) FROM " + table + "_archive"))
                        .isEqualTo(1_500);
            }
            assertThat(database.number("SELECT count(DISTINCT span_id) FROM trace_spans_archive"))
                    .isEqualTo(1_500);
            assertThat(database.number("SELECT next_offset FROM kafka_offsets")).isEqualTo(42);

            database.migrate(); // the service's own next start
            assertThat(database.number("SELECT count(*) FROM trace_spans")).isZero();
        }
    }

    @Test
    void aColumnThatCameLaterIsArchivedToo() throws Exception {
        try (FreshDatabase database = FreshDatabase.migratedOn(Servers.postgres())) {
            insert(database, 1, 1);
            database.execute("ALTER TABLE trace_spans ADD COLUMN later text; UPDATE trace_spans SET later = 'kept'");

            Runner.JDBC.run(SqlScript.ROLLBACK, database);

            assertThat(database.rows("SELECT later FROM trace_spans_archive")).containsExactly("kept");
        }
    }

    @Test
    void aRollbackThatFailsLeavesEverything() throws Exception {
        try (FreshDatabase database = FreshDatabase.migratedOn(Servers.postgres())) {
            insert(database, 1, 10);
            database.execute("CREATE VIEW in_the_way AS SELECT * FROM performance_metrics");

            assertThatThrownBy(() -> Runner.JDBC.run(SqlScript.ROLLBACK, database))
                    .isInstanceOf(PSQLException.class)
                    .hasMessageContaining("in_the_way");

            assertThat(database.number("SELECT count(*) FROM trace_spans")).isEqualTo(10);
            assertThat(database.number("SELECT count(*) FROM trace_spans_archive"))
                    .isZero();
        }
    }

    @Test
    void aDatabaseThatWasNeverMigratedIsLeftAsItIs() throws Exception {
        try (FreshDatabase database = FreshDatabase.on(Servers.postgres())) {
            Runner.JDBC.run(SqlScript.ROLLBACK, database);

            assertThat(database.number("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
                    .isZero();
        }
    }

    private static final String CONTENT = "SELECT span_id, start_time, attributes FROM %s ORDER BY span_id";

    private static void insert(FreshDatabase database, int first, int count) throws SQLException {
        String numbers = " FROM generate_series(%d, %d) n".formatted(first, first + count - 1);
        database.execute("INSERT INTO trace_spans (trace_id, span_id, service_name, name, kind, start_time, end_time,"
                + " start_unix_nano, duration_ms, status, attributes, resource, events, links) SELECT 't',"
                + " to_char(n, '0000000000'), 's', 'n', 'internal', now() - n * interval '5 minutes', now(), 0, 0, 'ok',"
                + " jsonb_build_object('n', n), '{}', '[]', '[]'" + numbers);
        database.execute("INSERT INTO performance_metrics (service_name, name, kind, unit, time, value, attributes,"
                + " resource, exemplars) SELECT 's', 'n', 'gauge', '', now(), n, '{}', '{}', '[]'" + numbers);
        database.execute("INSERT INTO backup_history (backup_type) SELECT 'full'" + numbers);
    }

    private static List<String> history(FreshDatabase database) throws SQLException {
        String columns = "SELECT version, description, type, script, checksum, success FROM %s.schema_migrations"
                + " WHERE version IS NOT NULL";
        return database.rows(
                columns.formatted("public") + " UNION ALL " + columns.formatted("responses") + " ORDER BY 4");
    }

    /** Tables, columns, constraints, indexes and functions, by their definitions. */
    private static List<String> catalogue(FreshDatabase database) throws SQLException {
        return database.rows("""
                SELECT c.relnamespace::regnamespace || '.' || c.relname || ' ' || c.relkind::text || ' ' || a.attname || ' '
                       || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' ' || a.attidentity::text || ' '
                       || coalesce(pg_get_expr(d.adbin, d.adrelid), '-') AS line
                FROM pg_class c
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
                WHERE c.relnamespace::regnamespace::text IN ('public', 'responses')
                UNION ALL
                SELECT schemaname || ' ' || indexdef FROM pg_indexes WHERE schemaname IN ('public', 'responses')
                UNION ALL
                SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
                WHERE connamespace::regnamespace::text IN ('public', 'responses')
                UNION ALL
                SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace::regnamespace::text IN ('public', 'responses')
                ORDER BY 1""");
    }
}
