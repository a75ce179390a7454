package io.voiceagent.archiver.backup;

import io.voiceagent.archiver.backup.PastBackup.Check;
import io.voiceagent.archiver.backup.PastBackup.Status;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** The table {@code backup_history}. Each change commits by itself, so that it tells of a backup whose process died. */
final class BackupHistory {

    private static final int MAX_ERROR_CHARS = 2_000;

    /** Also above what a rollback has moved away, so that an id stands for one backup for ever. */
    private static final String PLAN = """
            INSERT INTO backup_history (backup_id, backup_type, base_backup_id)
            SELECT 1 + greatest((SELECT coalesce(max(backup_id), 0) FROM backup_history),
                                (SELECT coalesce(max(backup_id), 0) FROM backup_history_archive)), ?, ?
            RETURNING backup_id, created_at""";

    private static final String BEGIN = """
            UPDATE backup_history SET status = 'in_progress', started_at = now(), location = ?,
                   details = details || jsonb_build_object('name', ?::text) WHERE backup_id = ?""";
    private static final String COMPLETE = """
            UPDATE backup_history SET status = 'completed', completed_at = now(), size_bytes = ?, row_count = ?, sha256 = ?,
                   details = details || ?::jsonb WHERE backup_id = ?""";
    private static final String FAIL = """
            UPDATE backup_history SET status = 'failed', completed_at = now(), error = ? WHERE backup_id = ?""";
    private static final String FAIL_LEFT_OVER = """
            UPDATE backup_history SET status = 'failed', completed_at = now(), error = 'its process ended before it'
            WHERE status IN ('pending', 'in_progress') RETURNING details->>'name'""";
    private static final String CHECKED = """
            UPDATE backup_history SET restore_checked_at = now(), restore_check = ?, error = ?,
                   details = details || jsonb_build_object('restore_check', ?::jsonb) WHERE backup_id = ?""";
    private static final String REMOVED = """
            UPDATE backup_history SET location = NULL, details = details || jsonb_build_object('removed_at', now())
            WHERE backup_id = ?""";
    private static final String ALL = """
            SELECT backup_id, backup_type, status, base_backup_id, created_at, completed_at, restore_check,
                   CASE WHEN location IS NULL THEN NULL ELSE details->>'name' END AS name
            FROM backup_history ORDER BY backup_id""";

    private static final JsonMapper MAPPER = JsonMapper.shared();

    private final Connection connection;

    /** @param connection with auto-commit */
    BackupHistory(Connection connection) {
        this.connection = connection;
    }

    /** A backup that is to be made. */
    record Planned(long id, Instant createdAt) {}

    Planned plan(BackupType type, @Nullable Long baseId) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(PLAN)) {
            statement.setString(1, type.label());
            statement.setObject(2, baseId, java.sql.Types.BIGINT);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return new Planned(
                        rows.getLong(1), rows.getObject(2, OffsetDateTime.class).toInstant());
            }
        }
    }

    void begin(long id, String name, String location) throws SQLException {
        update(BEGIN, location, name, id);
    }

    void complete(long id, BackupWriter.Written written, Object details) throws SQLException {
        Manifest manifest = written.manifest();
        update(
                COMPLETE,
                manifest.ownBytes(),
                manifest.rows(),
                written.sha256(),
                MAPPER.writeValueAsString(details),
                id);
    }

    void fail(long id, String error) throws SQLException {
        update(FAIL, shortened(error), id);
    }

    /** Ends what nobody works on any more, and returns the names that it had in the store. */
    List<String> failLeftOver() throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(FAIL_LEFT_OVER);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                String name = rows.getString(1);
                if (name != null) {
                    names.add(name);
                }
            }
        }
        return names;
    }

    void checked(long id, Check check, @Nullable String error, Object details) throws SQLException {
        update(
                CHECKED,
                check.name().toLowerCase(Locale.ROOT),
                error == null ? null : shortened(error),
                MAPPER.writeValueAsString(details),
                id);
    }

    /** It is no longer in the store. */
    void removed(long id) throws SQLException {
        update(REMOVED, id);
    }

    List<PastBackup> all() throws SQLException {
        List<PastBackup> all = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ALL);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                OffsetDateTime ended = rows.getObject("completed_at", OffsetDateTime.class);
                String check = rows.getString("restore_check");
                all.add(new PastBackup(
                        rows.getLong("backup_id"),
                        BackupType.of(rows.getString("backup_type")),
                        Status.valueOf(rows.getString("status").toUpperCase(Locale.ROOT)),
                        rows.getString("name"),
                        rows.getObject("base_backup_id", Long.class),
                        rows.getObject("created_at", OffsetDateTime.class).toInstant(),
                        ended == null ? null : ended.toInstant(),
                        check == null ? null : Check.valueOf(check.toUpperCase(Locale.ROOT))));
            }
        }
        return all;
    }

    private void update(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            if (statement.executeUpdate() != 1) {
                throw new SQLException("the row of the backup in backup_history is gone");
            }
        }
    }

    private static String shortened(String error) {
        return error.length() > MAX_ERROR_CHARS ? error.substring(0, MAX_ERROR_CHARS) : error;
    }
}
