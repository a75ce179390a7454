package io.voiceagent.archiver.backup;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Restores a backup into a database that is made for it and dropped after it, and compares what came back. */
final class RestoreCheck {

    private static final Logger log = LoggerFactory.getLogger(RestoreCheck.class);
    private static final String SETTINGS = """
            SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
            SET bytea_output = 'hex'; SET extra_float_digits = 1""";

    private final CheckServer server;
    private final Restore restore;

    RestoreCheck(CheckServer server, BackupStore store) {
        this.server = server;
        this.restore = new Restore(store);
    }

    /** What came back: rows and sum of each table or partition, and how long it took. */
    record Result(double seconds, Map<String, Found> found) {}

    /** @param rowSum 16 hex digits */
    record Found(long rows, @JsonProperty("row_sum") String rowSum) {}

    /** @throws BackupException naming what can't be restored, or differs */
    Result run(Manifest manifest) throws BackupException {
        long begin = System.nanoTime();
        // The time alone, for a name has 63 bytes at most
        String database = prefix() + manifest.name().replaceFirst("-.*", "");
        try (Connection connection = server.archive().getConnection();
                Statement statement = connection.createStatement()) {
            dropLeftOvers(connection);
            statement.execute("CREATE DATABASE " + Relation.quote(database));
            try {
                Map<String, Found> found = compare(database, manifest);
                return new Result(seconds(begin), found);
            } finally {
                statement.execute("DROP DATABASE " + Relation.quote(database) + " WITH (FORCE)");
            }
        } catch (SQLException e) {
            String remedy = CheckServer.mayNot(e)
                    ? ". Let the user of POSTGRES_USER make databases (ALTER ROLE … CREATEDB), or set BACKUP_RESTORE_CHECK=false"
                    : "";
            throw new BackupException("The restore check could not run: " + e.getMessage() + remedy, e);
        }
    }

    private Map<String, Found> compare(String database, Manifest manifest) throws SQLException, BackupException {
        DataSource throwAway = server.databases().apply(database);
        server.migrate().accept(throwAway);
        restore.restore(throwAway, manifest, Restore.Existing.REFUSE);
        Map<String, Found> found = new TreeMap<>();
        try (Connection connection = throwAway.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(SETTINGS);
            for (Chunk chunk : manifest.chunks()) {
                RowSum sum = ChunkFile.sum(connection, chunk.relation());
                if (sum.rows() != chunk.rows() || !sum.hex().equals(chunk.rowSum())) {
                    throw new BackupException("%s came back with %d rows of sum %s, and had %d of sum %s"
                            .formatted(
                                    chunk.relation().display(), sum.rows(), sum.hex(), chunk.rows(), chunk.rowSum()));
                }
                found.put(chunk.relation().display(), new Found(sum.rows(), sum.hex()));
            }
        }
        return found;
    }

    /** Of checks whose process died. Whoever calls this holds the lock on backups: no other check runs. */
    private void dropLeftOvers(Connection connection) throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT datname FROM pg_database WHERE starts_with(datname::text, ?)")) {
            statement.setString(1, prefix());
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
        }
        for (String name : names) {
            log.info("Drops {}, which a check left behind", name);
            try (Statement statement = connection.createStatement()) {
                statement.execute("DROP DATABASE IF EXISTS " + Relation.quote(name) + " WITH (FORCE)");
            }
        }
    }

    private String prefix() {
        return server.database() + "_check_";
    }

    private static double seconds(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin).toMillis() / 1e3;
    }
}
