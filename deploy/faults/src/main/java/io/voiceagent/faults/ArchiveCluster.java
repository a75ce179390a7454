package io.voiceagent.faults;

import io.voiceagent.embedded.Ports;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicCreator;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A broker, a Postgres and an archiver, each a process of its own; the last two may be killed and started again. */
public final class ArchiveCluster implements AutoCloseable {

    private static final Duration START = Duration.ofSeconds(120);

    private final Path directory;
    private final List<String> archiverOptions;
    private final ManagedProcess broker;
    private final String bootstrapServers;
    private final int postgresPort = Ports.free();
    private final int archiverPort = Ports.free();
    private ManagedProcess postgres;
    private @Nullable ManagedProcess archiver;
    private String jdbcUrl;
    private int starts;

    private ArchiveCluster(Path directory, List<String> archiverOptions) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.archiverOptions = archiverOptions;
        this.broker = ManagedProcess.start(
                "broker",
                directory.resolve("broker.log"),
                512,
                Map.of(),
                "io.voiceagent.embedded.EmbeddedBrokerMain",
                directory.resolve("broker").toString());
        this.bootstrapServers = firstLine(broker, "127.0.0.1:");
        this.postgres = launchPostgres();
        this.jdbcUrl = firstLine(postgres, "jdbc:");
        TopicCreator.ensure(KafkaSettings.local(bootstrapServers, 4, 8), START);
    }

    /**
     * Starts a broker with its topics, and a Postgres; no archiver yet.
     *
     * @param archiverOptions of the archiver's JVM
     */
    public static ArchiveCluster start(Path directory, List<String> archiverOptions) throws IOException {
        return new ArchiveCluster(directory, archiverOptions);
    }

    /** For {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Starts the archiver; returns at once. */
    public ManagedProcess startArchiver() {
        starts++;
        ManagedProcess started = ManagedProcess.start(
                "archiver",
                directory.resolve("archiver-" + starts + ".log"),
                archiverOptions,
                settings(),
                "io.voiceagent.archiver.TraceArchiver");
        archiver = started;
        return started;
    }

    /** Runs one of the archiver's commands to its end, and returns what it printed. */
    public String command(String... args) {
        starts++;
        ManagedProcess command = ManagedProcess.start(
                "command",
                directory.resolve("command-" + starts + ".log"),
                archiverOptions,
                settings(),
                "io.voiceagent.archiver.TraceArchiver",
                args);
        Cluster.await(String.join(" ", args), Duration.ofMinutes(30), () -> !command.alive());
        return command.output();
    }

    /** {@code kill -9} of the archiver, and another start. */
    public ManagedProcess killArchiver() {
        Objects.requireNonNull(archiver).kill();
        return startArchiver();
    }

    /** {@code kill -9} of the database's first process, whose end the others follow, and another start on what is on disk. */
    public void killPostgres() throws IOException {
        Path pidFile = directory.resolve("postgres").resolve("cluster").resolve("postmaster.pid");
        long pid = Long.parseLong(Files.readAllLines(pidFile).getFirst());
        ProcessHandle.of(pid).ifPresent(server -> {
            server.destroyForcibly();
            // Another one does not start on the files of one that is still there
            server.onExit().orTimeout(START.toSeconds(), TimeUnit.SECONDS).join();
        });
        postgres.kill();
        postgres = launchPostgres();
        jdbcUrl = firstLine(postgres, "jdbc:");
    }

    /** Records of spans that count as archived; -1 while the database can't say. */
    public long recordsArchived() {
        try (Connection connection = connect()) {
            return number(
                    connection,
                    "SELECT coalesce(sum(next_offset), 0) FROM kafka_offsets WHERE topic = '" + Topics.OTLP_SPANS
                            + "'");
        } catch (SQLException e) {
            return -1; // also before the tables are there
        }
    }

    /** Rows of the {@link SpanLoad}; -1 while the database can't say. */
    public long rows() {
        try {
            return number("SELECT count(*) FROM trace_spans WHERE service_name = '" + SpanLoad.SERVICE + "'");
        } catch (SQLException e) {
            return -1;
        }
    }

    /** The first number of the first row. */
    public long number(String sql) throws SQLException {
        try (Connection connection = connect()) {
            return number(connection, sql);
        }
    }

    /** A new connection to the database. */
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl + "&connectTimeout=2&socketTimeout=600");
    }

    @Override
    public void close() {
        if (archiver != null) {
            archiver.close();
        }
        postgres.close();
        broker.close();
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private ManagedProcess launchPostgres() {
        starts++;
        return ManagedProcess.start(
                "postgres",
                directory.resolve("postgres-" + starts + ".log"),
                160,
                Map.of(),
                "io.voiceagent.embedded.EmbeddedPostgresMain",
                directory.resolve("postgres").toString(),
                Integer.toString(postgresPort));
    }

    private Map<String, String> settings() {
        URI url = URI.create(jdbcUrl.substring("jdbc:".length()));
        Map<String, String> parameters = new HashMap<>();
        for (String pair : url.getQuery().split("&", -1)) {
            String[] parts = pair.split("=", 2);
            parameters.put(parts[0], parts[1]);
        }
        return Map.ofEntries(
                Map.entry("KAFKA_BOOTSTRAP_SERVERS", bootstrapServers),
                Map.entry("AGENT_PARTITIONS", "4"),
                Map.entry("CALL_PARTITIONS", "8"),
                Map.entry("BIND_ADDRESS", "127.0.0.1"),
                Map.entry("PORT", Integer.toString(archiverPort)),
                Map.entry("POSTGRES_URL", jdbcUrl.substring(0, jdbcUrl.indexOf('?'))),
                Map.entry("POSTGRES_USER", Objects.requireNonNull(parameters.get("user"))),
                Map.entry("POSTGRES_PASSWORD", Objects.requireNonNull(parameters.get("password"))),
                Map.entry("POSTGRES_START_SECONDS", "60"),
                Map.entry("BACKUP_DIRECTORY", directory.resolve("backups").toString()),
                Map.entry("BACKUP_FULL_HOURS", "8760"));
    }

    private static String firstLine(ManagedProcess process, String prefix) {
        Cluster.await(process.name() + " to say its address", START, () -> {
            if (!process.alive()) {
                throw new IllegalStateException(process.name() + " ended: " + process.output());
            }
            return process.output().lines().anyMatch(line -> line.startsWith(prefix));
        });
        return process.output()
                .lines()
                .filter(line -> line.startsWith(prefix))
                .findFirst()
                .orElseThrow();
    }
}
