package io.voiceagent.embedded;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Postgres server beside this JVM, on 127.0.0.1, with one database and one user that owns it and may make others.
 *
 * <p>The binaries come with the class path and are unpacked once. Passwords are made at the first start and kept beside
 * the data, readable by the owner alone; every connection needs one. A server started again on the same directory has
 * all committed data, also after this JVM was killed: a Postgres that was left behind is stopped first.
 */
public final class EmbeddedPostgresServer implements AutoCloseable {

    /** The database that is there after start. */
    public static final String DATABASE = "voice_agent";

    /** The user who owns {@link #DATABASE}. */
    public static final String USER = "agent_user";

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgresServer.class);
    private static final String SUPERUSER = "postgres";
    private static final Duration START_WAIT = Duration.ofSeconds(60);

    private final EmbeddedPostgres postgres;
    private final FileChannel lockFile;
    private final String password;

    private EmbeddedPostgresServer(EmbeddedPostgres postgres, FileChannel lockFile, String password) {
        this.postgres = postgres;
        this.lockFile = lockFile;
        this.password = password;
    }

    /**
     * Starts a server and returns when it takes connections. The unpacked binaries are shared with other servers of the
     * same operating-system user, in the directory for temporary files.
     *
     * @param dataDir where data and passwords are kept; created when absent
     * @param port the port on 127.0.0.1; 0 takes a free one, which may be another one at the next start
     * @throws EmbeddedServerException if the port is busy, or the directory is in use or cannot be written
     */
    public static EmbeddedPostgresServer start(Path dataDir, int port) {
        // One level below: the library lets everybody write to the directory that it unpacks in
        Path binariesDir = PrivateFiles.sharedTempDirectory("voice-agent-binaries", dataDir)
                .resolve("binaries");
        return start(dataDir, port, binariesDir);
    }

    /**
     * Starts a server with its binaries unpacked at a place that lasts as long as the caller wants.
     *
     * @param binariesDir where binaries are unpacked, about 60 MB
     * @see #start(Path, int)
     */
    public static EmbeddedPostgresServer start(Path dataDir, int port, Path binariesDir) {
        return start(dataDir, port, binariesDir, Map.of());
    }

    /**
     * Starts a server with configuration of its own.
     *
     * @param overrides server configuration by Postgres' names; with {@code ssl} being {@code on}, connections without TLS are refused
     * @see #start(Path, int, Path)
     */
    public static EmbeddedPostgresServer start(
            Path dataDir, int port, Path binariesDir, Map<String, String> overrides) {
        FileChannel lockFile = lock(dataDir);
        @Nullable EmbeddedPostgres postgres = null;
        try {
            String superuserPassword = PrivateFiles.keep(dataDir.resolve("superuser-password"), PrivateFiles::secret);
            String password = PrivateFiles.keep(dataDir.resolve("password"), PrivateFiles::secret);
            Path cluster = dataDir.resolve("cluster");
            LeftBehind.stop(cluster.resolve("postmaster.pid"));
            LeftBehind.removeUnfinishedCluster(cluster);
            LeftBehind.removeUnfinishedBinaries(binariesDir);
            postgres = launch(cluster, Ports.usable(port, "Postgres"), binariesDir, superuserPassword, overrides);
            try (Connection connection = postgres.getPostgresDatabase().getConnection()) {
                prepare(connection, superuserPassword, password);
            }
            PrivateFiles.write(cluster.resolve("pg_hba.conf"), accessRules("on".equals(overrides.get("ssl"))));
            try (Connection connection = postgres.getPostgresDatabase().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("select pg_reload_conf()");
            }
            LOG.info("Postgres ready on 127.0.0.1:{}, data in {}", postgres.getPort(), dataDir);
            return new EmbeddedPostgresServer(postgres, lockFile, password);
        } catch (EmbeddedServerException e) {
            closeQuietly(lockFile, e);
            throw e;
        } catch (Exception e) {
            closeQuietly(postgres, e);
            closeQuietly(lockFile, e);
            throw new EmbeddedServerException(
                    "Postgres did not start on " + dataDir + ": " + e.getMessage()
                            + "; a full disk is the usual reason",
                    e);
        }
    }

    /** The JDBC URL of {@link #DATABASE}, without user and password. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + postgres.getPort() + "/" + DATABASE;
    }

    /** The user to connect as. */
    public String user() {
        return USER;
    }

    /** The password of {@link #user()}. */
    public String password() {
        return password;
    }

    /** Stops the server; open connections are cut. Data stays. */
    @Override
    public void close() throws IOException {
        try (lockFile) {
            postgres.close();
        }
    }

    private static EmbeddedPostgres launch(
            Path cluster, int port, Path binariesDir, String superuserPassword, Map<String, String> overrides)
            throws IOException {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setDataDirectory(cluster)
                .setCleanDataDirectory(false)
                .setOverrideWorkingDirectory(binariesDir.toFile())
                .setRegisterShutdownHook(false) // close() decides when, after those who use it
                .setPGStartupWait(START_WAIT)
                .setConnectConfig("password", superuserPassword)
                .setLocaleConfig("locale", "C.UTF-8")
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("unix_socket_directories", "")
                .setServerConfig("fsync", "on")
                // Offsets are committed with the rows, so what a crash takes from the end is read again.
                .setServerConfig("synchronous_commit", "off")
                .setServerConfig("max_connections", "60")
                .setServerConfig("shared_buffers", "32MB")
                .setServerConfig("jit", "off")
                .setPort(port);
        overrides.forEach(builder::setServerConfig);
        return builder.start();
    }

    /** Makes roles and database what they should be, whatever an earlier start got done. */
    private static void prepare(Connection connection, String superuserPassword, String password) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (!exists(statement, "select 1 from pg_roles where rolname = '" + USER + "'")) {
                statement.execute("create role " + USER + " login");
            }
            // For the databases in which backups are tried, gone again after it
            statement.execute("alter role " + USER + " createdb");
            // Generated, letters and digits only: no quoting needed
            statement.execute("alter role " + SUPERUSER + " password '" + superuserPassword + "'");
            statement.execute("alter role " + USER + " password '" + password + "'");
            if (!exists(statement, "select 1 from pg_database where datname = '" + DATABASE + "'")) {
                statement.execute("create database " + DATABASE + " owner " + USER);
            }
        }
    }

    private static boolean exists(Statement statement, String query) throws SQLException {
        try (var rows = statement.executeQuery(query)) {
            return rows.next();
        }
    }

    private static String accessRules(boolean tls) {
        return """
                # Written at every start: passwords for everybody, from loopback alone.
                host all %s 127.0.0.1/32 scram-sha-256
                %s all %s 127.0.0.1/32 scram-sha-256
                """.formatted(SUPERUSER, tls ? "hostssl" : "host", USER);
    }

    private static FileChannel lock(Path dataDir) {
        try {
            Files.createDirectories(dataDir);
            var channel =
                    FileChannel.open(dataDir.resolve("in-use"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!tryLock(channel)) {
                channel.close();
                throw new EmbeddedServerException("A Postgres is already running on " + dataDir
                        + ": use it, stop it, or choose another directory");
            }
            return channel;
        } catch (IOException e) {
            throw new EmbeddedServerException("Postgres cannot write to " + dataDir + ": " + e.getMessage(), e);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            @Nullable FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) { // held by this very JVM
            return false;
        }
    }

    private static void closeQuietly(@Nullable AutoCloseable resource, Exception cause) {
        if (resource == null) {
            return;
        }
        try {
            resource.close();
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
    }
}
