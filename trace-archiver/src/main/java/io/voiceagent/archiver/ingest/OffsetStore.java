package io.voiceagent.archiver.ingest;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * The positions of one topic in a table like {@code kafka_offsets}: the only ones that count. A position moves by
 * compare-and-set, so of two writers of a partition, one of them perhaps long replaced, just one stores a record.
 *
 * @param table a trusted name: it becomes part of the statements
 * @param topic the topic's name
 * @param topicId the id that the broker gave it at its creation
 */
public record OffsetStore(String table, String topic, String topicId) {

    private static final String CREATE = """
            INSERT INTO %s (topic, topic_id, partition, next_offset)
            VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING""";
    private static final String READ = "SELECT partition, next_offset FROM %s WHERE topic = ? AND topic_id = ?";
    private static final String MOVE = """
            UPDATE %s SET next_offset = ?, updated_at = now()
            WHERE topic = ? AND topic_id = ? AND partition = ? AND next_offset = ?""";

    /** The positions of these partitions; one never seen begins at 0. Commits by itself (needs auto-commit). */
    public Map<Integer, Long> read(Connection connection, Collection<Integer> partitions) throws SQLException {
        Map<Integer, Long> known = known(connection);
        if (!known.keySet().containsAll(partitions)) {
            create(connection, partitions);
            known = known(connection);
        }
        known.keySet().retainAll(partitions);
        return known;
    }

    /** Moves one position in the connection's transaction. False: it is not at {@code expected}, and nothing moved. */
    public boolean move(Connection connection, int partition, Move move) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(MOVE.formatted(table))) {
            statement.setLong(1, move.next());
            statement.setString(2, topic);
            statement.setString(3, topicId);
            statement.setInt(4, partition);
            statement.setLong(5, move.expected());
            return statement.executeUpdate() == 1;
        }
    }

    private Map<Integer, Long> known(Connection connection) throws SQLException {
        Map<Integer, Long> offsets = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(READ.formatted(table))) {
            statement.setString(1, topic);
            statement.setString(2, topicId);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    offsets.put(rows.getInt(1), rows.getLong(2));
                }
            }
        }
        return offsets;
    }

    private void create(Connection connection, Collection<Integer> partitions) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CREATE.formatted(table))) {
            for (int partition : partitions) {
                statement.setString(1, topic);
                statement.setString(2, topicId);
                statement.setInt(3, partition);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }
}
