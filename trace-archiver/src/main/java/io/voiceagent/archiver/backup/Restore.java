package io.voiceagent.archiver.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Reads backups, and brings them back. */
public final class Restore {

    /** The one column that a table is partitioned by; the server quotes it where it is a key word, as {@code time} is. */
    private static final String KEY = """
            SELECT substring(pg_get_partkeydef(?::regclass) FROM '^RANGE \\("?(\\w+)"?\\)$')""";

    private final BackupStore store;

    public Restore(BackupStore store) {
        this.store = store;
    }

    /** What to do with rows that are there already. */
    public enum Existing {
        /** Nothing is restored. */
        REFUSE,
        /** They are removed from the tables that the backup has. */
        REPLACE
    }

    /** The manifest of a backup, by its name, or of the newest one by the name {@code latest}. */
    public Manifest manifest(String name) throws BackupException {
        try {
            String wanted = name;
            if (name.equals("latest")) {
                List<String> all = store.backups();
                if (all.isEmpty()) {
                    throw new BackupException("There is no backup at " + store.location("") + ". Name the right place");
                }
                wanted = all.getLast();
            }
            try (InputStream in = store.open(wanted, Manifest.FILE)) {
                return Manifest.of(wanted, in.readAllBytes());
            }
        } catch (NoSuchFileException e) {
            throw new BackupException("There is no backup " + name + " at " + store.location(name), e);
        } catch (IOException e) {
            throw new BackupException("Backup " + name + " can't be read: " + e.getMessage(), e);
        }
    }

    /** Reads every file of a backup. @throws BackupException naming the first that is not what was written */
    public void verify(Manifest manifest) throws BackupException {
        for (Chunk chunk : manifest.chunks()) {
            ChunkFile.verify(store, chunk);
        }
    }

    /**
     * Brings everything back in one transaction, after all files are found to be whole.
     *
     * @param target a migrated database
     * @return rows restored
     */
    public long restore(DataSource target, Manifest manifest, Existing existing) throws BackupException {
        verify(manifest);
        try (Connection connection = target.getConnection()) {
            connection.setAutoCommit(false);
            try {
                checkVersions(connection, manifest);
                makeRoom(connection, manifest, existing);
                for (Chunk chunk : manifest.chunks()) {
                    ChunkFile.read(connection, place(connection, chunk), store, chunk);
                }
                connection.commit();
                return manifest.rows();
            } catch (SQLException | IOException | BackupException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        } catch (SQLException | IOException e) {
            throw new BackupException(
                    "Backup %s was not restored, nothing was changed: %s".formatted(manifest.name(), e.getMessage()),
                    e);
        }
    }

    private static void checkVersions(Connection connection, Manifest manifest) throws SQLException, BackupException {
        Map<String, String> here = Catalogue.schemaVersions(connection);
        for (Map.Entry<String, String> schema : manifest.schemaVersions().entrySet()) {
            String version = here.get(schema.getKey());
            if (version == null || version.compareTo(schema.getValue()) < 0) {
                throw new BackupException(
                        "Backup %s has schema %s at version %s, and the database has version %s. Restore it with the version that made it, or a later one"
                                .formatted(manifest.name(), schema.getKey(), schema.getValue(), version));
            }
        }
    }

    private static void makeRoom(Connection connection, Manifest manifest, Existing existing)
            throws SQLException, BackupException {
        Set<String> tables = new LinkedHashSet<>();
        for (Chunk chunk : manifest.chunks()) {
            Relation relation = chunk.relation();
            if (!Catalogue.exists(connection, relation)) {
                throw new BackupException(
                        "Backup %s has a table %s, which the database has not. Restore it with the version that made it"
                                .formatted(manifest.name(), relation.quotedTable()));
            }
            tables.add(relation.quotedTable());
        }
        try (Statement statement = connection.createStatement()) {
            if (existing == Existing.REPLACE) {
                statement.execute("TRUNCATE " + String.join(", ", tables));
                return;
            }
            for (String table : tables) {
                try (ResultSet rows = statement.executeQuery("SELECT EXISTS (SELECT FROM " + table + ")")) {
                    if (rows.next() && rows.getBoolean(1)) {
                        throw new BackupException("Table " + table
                                + " has rows. Restore into a new database, or remove what is there with --replace");
                    }
                }
            }
        }
    }

    /** Where the rows of a chunk go: a partition of the same day, else the table, which knows where. */
    private static String place(Connection connection, Chunk chunk) throws SQLException {
        Relation relation = chunk.relation();
        LocalDate day = relation.day();
        String key = day == null ? null : key(connection, relation);
        if (day == null || key == null) {
            return relation.quotedTable();
        }
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT ensure_day_partitions(?::regclass, ?, ?, ?)")) {
            statement.setString(1, relation.quotedTable());
            statement.setString(2, key);
            statement.setObject(3, day);
            statement.setObject(4, day);
            statement.execute();
        }
        return relation.quoted();
    }

    private static @Nullable String key(Connection connection, Relation relation) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(KEY)) {
            statement.setString(1, relation.quotedTable());
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }
}
