package io.voiceagent.archiver.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;

/** Writes {@code db_migration.sql} from the migrations that Flyway finds, so that both leave the same database. */
final class MigrationScriptText {

    private static final Path RESOURCES = Path.of("src", "main", "resources");

    private static final String HEAD = """
            -- Makes the archive's tables, as the archiver does by itself at its start: psql -f db_migration.sql
            --
            -- Written from trace-archiver/src/main/resources/db, so that either way leaves the same tables and the same history;
            -- what one has done the other takes as done. May be run again; a run that fails leaves everything as it was.
            \\set ON_ERROR_STOP on

            BEGIN;

            SELECT pg_advisory_xact_lock(hashtext('db_migration.sql'));
            """;

    /** As Flyway makes it (its PostgreSQL schema history). */
    private static final String HISTORY = """

            CREATE SCHEMA IF NOT EXISTS %1$s;
            CREATE TABLE IF NOT EXISTS %1$s.schema_migrations (
                installed_rank integer       NOT NULL CONSTRAINT schema_migrations_pk PRIMARY KEY,
                version        varchar(50),
                description    varchar(200)  NOT NULL,
                type           varchar(20)   NOT NULL,
                script         varchar(1000) NOT NULL,
                checksum       integer,
                installed_by   varchar(100)  NOT NULL,
                installed_on   timestamp     NOT NULL DEFAULT now(),
                execution_time integer       NOT NULL,
                success        boolean       NOT NULL
            );
            CREATE INDEX IF NOT EXISTS schema_migrations_s_idx ON %1$s.schema_migrations (success);
            LOCK TABLE %1$s.schema_migrations IN SHARE ROW EXCLUSIVE MODE;
            """;

    private static final String MIGRATION = """

            -- %1$s %2$s: %3$s
            DO $do$
            BEGIN
            IF NOT EXISTS (SELECT FROM %1$s.schema_migrations WHERE version = '%2$s') THEN
            SET LOCAL search_path = %1$s;
            EXECUTE $migration$
            %6$s$migration$;
            INSERT INTO %1$s.schema_migrations
                (installed_rank, version, description, type, script, checksum, installed_by, installed_on, execution_time, success)
            SELECT coalesce(max(installed_rank), 0) + 1, '%2$s', '%3$s', 'SQL', '%4$s', %5$d, current_user, clock_timestamp(), 0, true
            FROM %1$s.schema_migrations;
            END IF;
            END
            $do$;
            """;

    private MigrationScriptText() {}

    static String of(DataSource dataSource) {
        StringBuilder text = new StringBuilder(HEAD);
        for (Flyway history : Database.histories(dataSource)) {
            List<String> schemas = List.of(history.getConfiguration().getSchemas());
            String schema = schemas.isEmpty() ? "public" : schemas.getFirst();
            text.append(HISTORY.formatted(schema));
            for (MigrationInfo migration : history.info().all()) {
                if (migration.getVersion() != null && migration.getType().name().equals("SQL")) {
                    text.append(migration(history, schema, migration));
                }
            }
        }
        return text.append("\nCOMMIT;\n").toString();
    }

    private static String migration(Flyway history, String schema, MigrationInfo migration) {
        String location = history.getConfiguration().getLocations()[0].getRootPath();
        String sql = read(RESOURCES.resolve(location).resolve(migration.getScript()));
        if (sql.contains("$migration$") || sql.contains("$do$")) {
            throw new IllegalStateException(migration.getScript() + " uses the quotes of the script");
        }
        return MIGRATION.formatted(
                schema,
                migration.getVersion(),
                migration.getDescription(),
                migration.getScript(),
                migration.getChecksum(),
                sql);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
