package io.voiceagent.archiver.responses;

import io.voiceagent.archiver.ingest.DeadLetterException;
import io.voiceagent.archiver.ingest.DeadLetters;
import io.voiceagent.archiver.ingest.DeadLetters.Letter;
import io.voiceagent.archiver.ingest.Move;
import io.voiceagent.archiver.ingest.OffsetStore;
import io.voiceagent.archiver.ingest.Transaction;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;

/**
 * Stores finished responses and the positions of both logs in one transaction: the rows, then the positions by
 * compare-and-set. A response that is there stays as it is: every archiver derives the same one, and one that the client has
 * deleted must not come back. Not thread-safe.
 */
final class ResponseWriter {

    private static final String TABLE = "responses.kafka_offsets";
    private static final String INSERT = """
            INSERT INTO responses.responses (response_id, tenant, conversation, status, created_at, completed_at,
                fold_version, body, events, input_items)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (response_id) DO NOTHING""";

    /** Without a row the client is told the truth anyway; with one, no other archiver stores the response after its deletion. */
    private static final String DELETE = """
            INSERT INTO responses.responses (response_id, tenant, conversation, status, created_at, completed_at,
                fold_version, deleted_at)
            VALUES (?, ?, ?, 'deleted', ?, ?, 0, ?)
            ON CONFLICT (response_id) DO UPDATE SET body = NULL, events = NULL, input_items = NULL,
                deleted_at = excluded.deleted_at
            WHERE responses.tenant = excluded.tenant AND responses.deleted_at IS NULL""";

    private final DataSource dataSource;
    private final OffsetStore steps;
    private final OffsetStore stream;
    private final DeadLetters deadLetters;

    ResponseWriter(ResponseStorage storage) {
        this.dataSource = storage.dataSource();
        this.deadLetters = storage.deadLetters();
        this.steps = offsets(storage, storage.stepsTopic());
        this.stream = offsets(storage, storage.streamTopic());
    }

    private static OffsetStore offsets(ResponseStorage storage, String topic) {
        return new OffsetStore(TABLE, topic, storage.topicIds().apply(topic));
    }

    /** Where a partition is read from. */
    record Position(long steps, long stream) {
        static final Position BEGINNING = new Position(0, 0);
    }

    /**
     * What is stored together.
     *
     * @param deletions of responses that were stored before or are among the rows
     * @param before the stored positions of the partitions that move, sorted, so that two writers take the row locks in the
     *     same order
     * @param after the positions to which they move
     */
    record Batch(
            List<FinishedResponse> rows,
            List<StepEvent.Deleted> deletions,
            List<Letter> letters,
            SortedMap<Integer, Position> before,
            Map<Integer, Position> after) {}

    /**
     * Committed.
     *
     * @param rows responses that were not there before
     * @param refused dead letters
     */
    record Stored(long rows, int refused) {}

    /** The stored positions; of a partition never seen, the beginning. */
    Map<Integer, Position> positions(Set<Integer> partitions) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            // The stream first: were both moved in between, reading it from further back does no harm
            Map<Integer, Long> ofStream = stream.read(connection, partitions);
            Map<Integer, Long> ofSteps = steps.read(connection, partitions);
            Map<Integer, Position> positions = new HashMap<>();
            for (int partition : partitions) {
                positions.put(
                        partition,
                        new Position(ofSteps.getOrDefault(partition, 0L), ofStream.getOrDefault(partition, 0L)));
            }
            return positions;
        }
    }

    /**
     * Stores a batch; empty when another archiver has moved one of its positions, and then nothing is stored. A row that the
     * database itself refuses becomes a dead letter.
     *
     * @throws SQLException the database can't be reached or can't write now; whether the batch is stored is then unknown and
     *     {@link #positions} tells
     * @throws DeadLetterException a dead letter could not be sent; the batch is not stored
     */
    Optional<Stored> write(Batch batch) throws SQLException, DeadLetterException {
        try {
            return store(batch);
        } catch (SQLException e) {
            if (batch.rows().isEmpty() || !Transaction.refusesData(e)) {
                throw e;
            }
            return storeOneByOne(batch);
        }
    }

    /** Moves one position over records that are gone. False: it is not where it was thought to be. */
    boolean skip(boolean ofSteps, int partition, Move move) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return (ofSteps ? steps : stream).move(connection, partition, move);
        }
    }

    private Optional<Stored> storeOneByOne(Batch batch) throws SQLException, DeadLetterException {
        List<Letter> letters = new ArrayList<>(batch.letters());
        long rows = 0;
        for (FinishedResponse row : batch.rows()) {
            try {
                Batch alone = new Batch(List.of(row), List.of(), List.of(), new TreeMap<>(), Map.of());
                rows += store(alone).map(Stored::rows).orElse(0L);
            } catch (SQLException e) {
                if (!Transaction.refusesData(e)) {
                    throw e;
                }
                String reason = row.responseId() + " is refused by the database: " + e.getMessage();
                letters.add(new Letter(row.end(), row.end().value(), reason));
            }
        }
        long stored = rows;
        return store(new Batch(List.of(), batch.deletions(), letters, batch.before(), batch.after()))
                .map(rest -> new Stored(stored, rest.refused()));
    }

    private Optional<Stored> store(Batch batch) throws SQLException, DeadLetterException {
        return Transaction.run(dataSource, connection -> storeIn(connection, batch), Optional::isPresent);
    }

    private Optional<Stored> storeIn(Connection connection, Batch batch) throws SQLException, DeadLetterException {
        long rows = insert(connection, batch.rows());
        delete(connection, batch.deletions());
        if (!batch.letters().isEmpty()) {
            deadLetters.send(batch.letters());
        }
        for (Map.Entry<Integer, Position> entry : batch.before().entrySet()) {
            int partition = entry.getKey();
            Position before = entry.getValue();
            Position after = Objects.requireNonNull(batch.after().get(partition));
            if (!steps.move(connection, partition, new Move(before.steps(), after.steps()))
                    || !stream.move(connection, partition, new Move(before.stream(), after.stream()))) {
                return Optional.empty();
            }
        }
        return Optional.of(new Stored(rows, batch.letters().size()));
    }

    private static long insert(Connection connection, List<FinishedResponse> rows) throws SQLException {
        if (rows.isEmpty()) {
            return 0;
        }
        // In one order by all writers, or two that store the same ones could wait for each other
        List<FinishedResponse> sorted = rows.stream()
                .sorted(Comparator.comparing(FinishedResponse::responseId))
                .toList();
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            for (FinishedResponse row : sorted) {
                insert.setString(1, row.responseId());
                insert.setString(2, row.tenant());
                insert.setString(3, row.conversation());
                insert.setString(4, row.status());
                insert.setObject(5, OffsetDateTime.ofInstant(row.createdAt(), ZoneOffset.UTC));
                insert.setObject(6, OffsetDateTime.ofInstant(row.completedAt(), ZoneOffset.UTC));
                insert.setInt(7, row.foldVersion());
                insert.setString(8, row.body());
                insert.setBytes(9, row.events());
                insert.setString(10, row.inputItems());
                insert.addBatch();
            }
            return Arrays.stream(insert.executeBatch())
                    .filter(count -> count > 0)
                    .count();
        }
    }

    private static void delete(Connection connection, List<StepEvent.Deleted> deletions) throws SQLException {
        if (deletions.isEmpty()) {
            return;
        }
        List<StepEvent.Deleted> sorted = deletions.stream()
                .sorted(Comparator.comparing(StepEvent.Deleted::responseId))
                .toList();
        try (PreparedStatement delete = connection.prepareStatement(DELETE)) {
            for (StepEvent.Deleted deletion : sorted) {
                OffsetDateTime at = OffsetDateTime.ofInstant(Instant.ofEpochMilli(deletion.at()), ZoneOffset.UTC);
                delete.setString(1, deletion.responseId());
                delete.setString(2, deletion.tenant());
                delete.setString(3, deletion.conversation());
                delete.setObject(
                        4,
                        OffsetDateTime.ofInstant(
                                ResponseId.parse(deletion.responseId()).submittedAt(), ZoneOffset.UTC));
                delete.setObject(5, at);
                delete.setObject(6, at);
                delete.addBatch();
            }
            delete.executeBatch();
        }
    }
}
