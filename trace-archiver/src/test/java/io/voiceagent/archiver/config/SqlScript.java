package io.voiceagent.archiver.config;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** One of the scripts that operators run, run in either way. */
enum SqlScript {
    MIGRATION("db_migration.sql"),
    ROLLBACK("db_rollback.sql");

    private final Path file;

    SqlScript(String name) {
        this.file = Path.of("..", "deploy", "scripts", name);
    }

    Path file() {
        return file;
    }

    /** What runs a script. */
    enum Runner {
        /** The client that operators have. */
        PSQL,
        /** The driver, where there is no psql; its own commands, of which the scripts have one, are left out. */
        JDBC;

        static Runner best() {
            return psqlIsThere() ? PSQL : JDBC;
        }

        void run(SqlScript script, FreshDatabase database) throws Exception {
            if (this == PSQL) {
                psql(script.file, database.settings());
            } else {
                jdbc(script.file, database);
            }
        }
    }

    private static void jdbc(Path file, FreshDatabase database) throws IOException, SQLException {
        database.execute(Files.readAllLines(file).stream()
                .filter(line -> !line.startsWith("\\"))
                .collect(Collectors.joining("\n")));
    }

    private static void psql(Path file, PostgresSettings settings) throws Exception {
        URI uri = URI.create(settings.url().substring("jdbc:".length()));
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        "psql",
                        "-h",
                        uri.getHost(),
                        "-p",
                        Integer.toString(uri.getPort()),
                        "-U",
                        settings.user(),
                        "-d",
                        uri.getPath().substring(1),
                        "-f",
                        file.toString()))
                .redirectErrorStream(true);
        builder.environment().put("PGPASSWORD", settings.password());
        Process process = builder.start();
        String output;
        try (var reader = process.inputReader()) {
            output = reader.readAllAsString();
        }
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError("psql -f " + file + ": " + output);
        }
    }

    private static boolean psqlIsThere() {
        try {
            return new ProcessBuilder("psql", "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
