package io.voiceagent.archiver.backup;

import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes a backup. All of it is of one snapshot, so rows and the Kafka positions beside them belong together: an archiver
 * on a restored database reads on from exactly what is restored.
 */
final class BackupWriter {

    /** How values are written as text must not depend on who reads them. */
    private static final String SNAPSHOT = """
            BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
            SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres';
            SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL lock_timeout = '30s'""";

    private final BackupStore store;

    BackupWriter(BackupStore store) {
        this.store = store;
    }

    /** A manifest and its hash. */
    record Written(Manifest manifest, String sha256) {}

    /**
     * Writes files, then the manifest.
     *
     * @param connection nobody else's, and outside of a transaction
     * @param base the full backup to add to; null: a full one is written
     */
    Written write(Connection connection, String name, @Nullable Manifest base) throws SQLException, IOException {
        Manifest manifest;
        try (Statement statement = connection.createStatement()) {
            statement.execute(SNAPSHOT);
            try {
                manifest = copy(connection, name, base);
            } finally {
                statement.execute("ROLLBACK"); // nothing was changed
            }
        }
        byte[] json = manifest.json();
        try (OutputStream out = store.create(name, Manifest.FILE)) {
            out.write(json);
        }
        return new Written(manifest, HexFormat.of().formatHex(ChunkFile.sha256().digest(json)));
    }

    private Manifest copy(Connection connection, String name, @Nullable Manifest base)
            throws SQLException, IOException {
        Instant takenAt = lock(connection);
        Map<String, Chunk> known = new HashMap<>();
        if (base != null) {
            base.chunks().forEach(chunk -> known.put(chunk.relation().display(), chunk));
        }
        List<Chunk> chunks = new ArrayList<>();
        for (Relation relation : Catalogue.relations(connection)) {
            Chunk before = known.get(relation.display());
            if (before != null && isUnchanged(connection, relation, before)) {
                chunks.add(before);
            } else {
                chunks.add(ChunkFile.write(connection, relation, store, name));
            }
        }
        return new Manifest(
                Manifest.FORMAT,
                name,
                (base == null ? BackupType.FULL : BackupType.INCREMENTAL).label(),
                base == null ? null : base.name(),
                takenAt,
                connection.getMetaData().getDatabaseProductVersion(),
                Catalogue.schemaVersions(connection),
                chunks);
    }

    /** Takes the snapshot, and sees to it that no partition of it is dropped before it is read. */
    private static Instant lock(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            String tables = Catalogue.relations(connection).stream()
                    .map(Relation::quotedTable)
                    .distinct()
                    .collect(Collectors.joining(", "));
            statement.execute("LOCK TABLE " + tables + " IN ACCESS SHARE MODE");
            try (ResultSet rows = statement.executeQuery("SELECT now()")) {
                rows.next();
                return rows.getObject(1, OffsetDateTime.class).toInstant().truncatedTo(ChronoUnit.MICROS);
            }
        }
    }

    /** Rows of a day partition come and never change or go by themselves, so their number tells whether there are others. */
    private static boolean isUnchanged(Connection connection, Relation relation, Chunk before) throws SQLException {
        if (relation.day() == null || !relation.columns().equals(before.columns())) {
            return false;
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM " + relation.quoted())) {
            rows.next();
            return rows.getLong(1) == before.rows();
        }
    }
}
