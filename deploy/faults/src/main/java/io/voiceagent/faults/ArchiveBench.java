package io.voiceagent.faults;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.postgresql.PGConnection;

/**
 * Measures the archiver against a plain {@code COPY} of the same rows into the same table, then kills it and its database
 * under load and counts, then makes a backup of all of it. Arguments: an empty directory, spans to measure with, spans to
 * count, where 0 leaves counting and backing up out. Ends with 1 when a span is missing or doubled.
 */
public final class ArchiveBench {

    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final String SPANS = "FROM trace_spans WHERE service_name = '" + SpanLoad.SERVICE + "'";
    private static final String COLUMNS =
            "trace_id, span_id, parent_span_id, service_name, name, kind, start_time, end_time, start_unix_nano, duration_ms,"
                    + " status, status_message, trace_state, scope_name, scope_version, attributes, resource, events, links";
    private static final List<String> OPTIONS = List.of("-Xmx256m", "-XX:+UseSerialGC");

    private final ArchiveCluster cluster;
    private final Path directory;

    private ArchiveBench(ArchiveCluster cluster, Path directory) {
        this.cluster = cluster;
        this.directory = directory;
    }

    /** See the class. */
    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        int measured = Integer.parseInt(args[1]);
        int counted = Integer.parseInt(args[2]);
        boolean whole;
        try (ArchiveCluster cluster = ArchiveCluster.start(directory, OPTIONS)) {
            ArchiveBench bench = new ArchiveBench(cluster, directory);
            bench.measure(measured);
            whole = true;
            if (counted > 0) {
                whole = bench.count(measured, counted);
                bench.backUp();
            }
        }
        System.exit(whole ? 0 : 1);
    }

    private void measure(int spans) throws Exception {
        ManagedProcess archiver = cluster.startArchiver();
        SpanLoad.send(cluster.bootstrapServers(), 0, spans / 4); // it warms up, and makes its partitions
        awaitArchived(spans / 4);
        cpuOf(archiver);
        archiver.pause();
        SpanLoad.send(cluster.bootstrapServers(), spans / 4, spans);
        Duration cpu = cpuOf(archiver);
        long begin = System.nanoTime();
        archiver.resume();
        awaitArchived(spans / 4 + spans);
        double seconds = since(begin);
        double cpuSeconds = cpuOf(archiver).minus(cpu).toMillis() / 1e3;
        say("archiver: %,d spans in %.1f s, %,.0f rows/s; %.1f s of its CPU, %,.0f rows per CPU second; %s"
                .formatted(spans, seconds, spans / seconds, cpuSeconds, spans / cpuSeconds, peakMemory(archiver)));
        archiver.close();
        double copySeconds = copy(spans / 4 + spans) * spans / (spans / 4.0 + spans);
        say("plain COPY: %,.0f rows/s; the archiver has %.0f %% of it"
                .formatted(spans / copySeconds, 100 * copySeconds / seconds));
    }

    /** Seconds that a COPY of all rows takes. Also empties the table of spans, and the topic's positions stay. */
    private double copy(int rows) throws SQLException, IOException {
        Path file = directory.resolve("rows.copy");
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            var copies = connection.unwrap(PGConnection.class).getCopyAPI();
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
                copies.copyOut("COPY (SELECT " + COLUMNS + " " + SPANS + ") TO STDOUT (FORMAT binary)", out);
            }
            statement.execute("TRUNCATE trace_spans");
            long begin = System.nanoTime();
            long copied;
            try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 20)) {
                copied = copies.copyIn("COPY trace_spans (" + COLUMNS + ") FROM STDIN (FORMAT binary)", in, 1 << 16);
            }
            double seconds = since(begin);
            if (copied != rows) {
                throw new IllegalStateException(copied + " rows and not " + rows);
            }
            statement.execute("TRUNCATE trace_spans");
            return seconds;
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private boolean count(int first, int spans) throws Exception {
        long before = cluster.recordsArchived();
        cluster.startArchiver();
        int base = first + first / 4;
        Thread sender = Thread.ofPlatform().start(() -> {
            try {
                SpanLoad.send(cluster.bootstrapServers(), base, spans);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        long begin = System.nanoTime();
        long records = Math.ceilDiv(spans, SpanLoad.PAYLOAD_SPANS);
        for (int kill = 1; kill <= 9; kill++) {
            long from = before + records * kill / 10;
            Cluster.await("part " + kill, PATIENCE, () -> cluster.recordsArchived() >= from);
            if (kill % 3 == 0) {
                cluster.killPostgres();
            } else {
                cluster.killArchiver();
            }
        }
        sender.join();
        Cluster.await("all records", PATIENCE, () -> cluster.recordsArchived() >= before + records);
        Cluster.await("all rows", PATIENCE, () -> cluster.rows() >= spans); // records of others count too
        double seconds = since(begin);
        long rows = cluster.number("SELECT count(*) " + SPANS);
        long different = cluster.number("SELECT count(DISTINCT span_id) " + SPANS);
        say(
                "kill -9, six times the archiver and three times Postgres: %,d spans sent, %,d rows, %,d of them different, %.0f s"
                        .formatted(spans, rows, different, seconds));
        return rows == spans && different == spans;
    }

    private void backUp() throws SQLException {
        say("backup: " + lastLine(cluster.command("backup")));
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT backup_type, status, row_count, size_bytes, restore_check,"
                        + " round(extract(epoch FROM completed_at - started_at), 1) AS write_seconds,"
                        + " details->'restore_check'->>'seconds' AS check_seconds, error"
                        + " FROM backup_history ORDER BY backup_id DESC LIMIT 1")) {
            row.next();
            say("backup_history: %s %s, %,d rows, %,d bytes, written in %s s; restore check %s in %s s %s"
                    .formatted(
                            row.getString("backup_type"),
                            row.getString("status"),
                            row.getLong("row_count"),
                            row.getLong("size_bytes"),
                            row.getString("write_seconds"),
                            row.getString("restore_check"),
                            row.getString("check_seconds"),
                            Objects.requireNonNullElse(row.getString("error"), "")));
        }
    }

    private void awaitArchived(int spans) {
        long records = Math.ceilDiv(spans, SpanLoad.PAYLOAD_SPANS);
        Cluster.await(spans + " spans", PATIENCE, () -> cluster.recordsArchived() >= records);
        Cluster.await(spans + " rows", PATIENCE, () -> cluster.rows() >= spans);
    }

    private static Duration cpuOf(ManagedProcess process) {
        return ProcessHandle.of(process.pid())
                .flatMap(handle -> handle.info().totalCpuDuration())
                .orElse(Duration.ZERO);
    }

    private static String peakMemory(ManagedProcess process) throws IOException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.exists(status)) {
            return "memory not known";
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> "at most" + line.substring("VmHWM:".length()).replaceAll("\\s+", " ") + " resident")
                .findFirst()
                .orElse("memory not known");
    }

    private static String lastLine(String output) {
        return output.lines().reduce("nothing was printed", (before, line) -> line);
    }

    private static double since(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin).toMillis() / 1e3;
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
