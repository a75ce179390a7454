package io.voiceagent.faults.servers;

import io.voiceagent.embedded.Ports;
import io.voiceagent.faults.Cluster;
import io.voiceagent.faults.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A Postgres server that keeps its port, and can be killed, paused and brought back. Used by one thread. */
public final class Database implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration END = Duration.ofSeconds(20);

    private final Path directory;
    private final Path data;
    private final int port = Ports.free();
    private int life;
    private ManagedProcess keeper;

    private Database(Path directory, Path data) {
        this.directory = directory;
        this.data = data;
        this.keeper = launch();
    }

    /**
     * Starts it.
     *
     * @param directory for its log
     * @param data where its files are; it may be a small disk
     */
    public static Database start(Path directory, Path data) {
        return new Database(directory, data);
    }

    /** With user and password. */
    public String jdbcUrl() {
        return keeper.output()
                .lines()
                .filter(line -> line.startsWith("jdbc:"))
                .findFirst()
                .orElseThrow();
    }

    /** Where it listens. */
    public int port() {
        return port;
    }

    /** {@code SIGKILL} of all its processes. */
    public void kill() {
        keeper.kill();
        List<ProcessHandle> all = processes();
        all.forEach(ProcessHandle::destroyForcibly);
        Cluster.await("the end of Postgres", END, () -> all.stream().noneMatch(ProcessHandle::isAlive));
    }

    /** {@code SIGSTOP} of all its processes: connections stay open and say nothing. */
    public void pause() {
        signal("STOP");
    }

    /** {@code SIGCONT} of all its processes. */
    public void resume() {
        signal("CONT");
    }

    /** Starts it again after {@link #kill}, or after it ended by itself. */
    public void restart() {
        keeper.kill();
        keeper = launch();
    }

    /** Ends the connections of everybody; returns how many there were. */
    public int terminateBackends() {
        try (Connection connection = DriverManager.getConnection(jdbcUrl());
                Statement statement = connection.createStatement();
                ResultSet ended = statement.executeQuery("""
                        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                        WHERE pid <> pg_backend_pid() AND usename = current_user
                        """)) {
            ended.next();
            return ended.getInt(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether it takes connections and writes. */
    public boolean writes() {
        try (Connection connection = DriverManager.getConnection(jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMPORARY TABLE probe AS SELECT 1 AS one");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public void close() {
        keeper.close();
    }

    private ManagedProcess launch() {
        life++;
        ManagedProcess started = ManagedProcess.start(
                "postgres",
                directory.resolve("postgres-" + life + ".log"),
                160,
                Map.of(),
                "io.voiceagent.embedded.EmbeddedPostgresMain",
                data.toString(),
                Integer.toString(port));
        Cluster.await("Postgres", START, () -> {
            if (!started.alive()) {
                throw new IllegalStateException("Postgres ended: " + started.output());
            }
            return started.output().contains("jdbc:");
        });
        return started;
    }

    private List<ProcessHandle> processes() {
        try (Stream<String> lines = Files.lines(data.resolve("cluster").resolve("postmaster.pid"))) {
            ProcessHandle postmaster = ProcessHandle.of(
                            Long.parseLong(lines.findFirst().orElseThrow().strip()))
                    .orElseThrow();
            return Stream.concat(Stream.of(postmaster), postmaster.descendants())
                    .map(Objects::requireNonNull)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void signal(String signal) {
        for (ProcessHandle process : processes()) {
            Commands.signal(signal, process.pid());
        }
    }
}
