package io.voiceagent.archiver.ingest;

import io.voiceagent.archiver.ingest.DeadLetters.Letter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores a batch in one transaction: its rows by COPY, then its positions by compare-and-set. Either both are there or
 * neither; and of two writers of the same records one finds the position moved and takes its rows back.
 *
 * <p>The position is moved last, so its row lock is held for the length of a commit and not of a copy: a writer that is
 * paused in mid-copy holds up nobody. Rows go to the server as they are decoded; memory holds one record's rows and one
 * buffer. Not thread-safe.
 *
 * @param <R> the row
 */
final class BatchWriter<R> {

    private static final Logger log = LoggerFactory.getLogger(BatchWriter.class);

    /** Bytes of rows that are gathered before they are handed to the driver. */
    private static final int CHUNK_BYTES = 64 * 1024;

    private final DataSource dataSource;
    private final OffsetStore offsets;
    private final PayloadDecoder<R> decoder;
    private final RowFormat<R> format;
    private final DeadLetters deadLetters;
    private final CopyEncoder encoder = new CopyEncoder();

    BatchWriter(
            DataSource dataSource,
            OffsetStore offsets,
            PayloadDecoder<R> decoder,
            RowFormat<R> format,
            DeadLetters deadLetters) {
        this.dataSource = dataSource;
        this.offsets = offsets;
        this.decoder = decoder;
        this.format = format;
        this.deadLetters = deadLetters;
    }

    /** What became of a batch. */
    sealed interface Outcome {

        /** Committed: so many rows, and so many items put aside as dead letters. */
        record Stored(long rows, int refused) implements Outcome {
            Stored plus(Stored other) {
                return new Stored(rows + other.rows, refused + other.refused);
            }
        }

        /** Another writer has stored records of this batch; nothing was written (or only the batch's first part). */
        record Overtaken() implements Outcome {}
    }

    /** The positions of these partitions. */
    Map<Integer, Long> positions(Set<Integer> partitions) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return new TreeMap<>(offsets.read(connection, partitions));
        }
    }

    /** Moves a position over records that are gone. False: it is not where it was thought to be. */
    boolean skip(int partition, Move move) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            return offsets.move(connection, partition, move);
        }
    }

    /**
     * Stores a batch. When the database refuses the data itself, the batch is halved until the record that it refuses
     * stands alone, and that one becomes a dead letter.
     *
     * @throws SQLException the database can't be reached or can't write now; whether the batch is stored is then
     *     unknown and {@link #positions} tells
     * @throws DeadLetterException a dead letter could not be sent; the batch is not stored
     */
    Outcome write(Batch batch) throws SQLException, DeadLetterException {
        try {
            return store(batch, List.of());
        } catch (SQLException e) {
            if (!Transaction.refusesData(e)) {
                throw e;
            }
            if (batch.records().size() == 1) {
                ConsumerRecord<byte[], byte[]> record = batch.records().getFirst();
                String reason = "refused by the database: " + e.getMessage();
                return store(new Batch(List.of(), batch.moves()), List.of(new Letter(record, record.value(), reason)));
            }
        }
        List<Batch> halves = batch.halves();
        Outcome first = write(halves.getFirst());
        if (!(first instanceof Outcome.Stored stored)) {
            return first;
        }
        Outcome second = write(halves.getLast());
        return second instanceof Outcome.Stored rest ? stored.plus(rest) : second;
    }

    private Outcome store(Batch batch, List<Letter> dead) throws SQLException, DeadLetterException {
        return Transaction.run(
                dataSource,
                connection -> storeIn(connection, batch, new ArrayList<>(dead)),
                Outcome.Stored.class::isInstance);
    }

    private Outcome storeIn(Connection connection, Batch batch, List<Letter> dead)
            throws SQLException, DeadLetterException {
        long rows = copy(connection, batch, dead);
        if (!dead.isEmpty()) {
            deadLetters.send(dead);
        }
        for (Map.Entry<Integer, Move> move : batch.moves().entrySet()) {
            if (!offsets.move(connection, move.getKey(), move.getValue())) {
                return new Outcome.Overtaken();
            }
        }
        return new Outcome.Stored(rows, dead.size());
    }

    private long copy(Connection connection, Batch batch, List<Letter> dead) throws SQLException {
        if (batch.records().isEmpty()) {
            return 0;
        }
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(format.copyStatement());
        try {
            encoder.reset();
            encoder.header();
            for (ConsumerRecord<byte[], byte[]> record : batch.records()) {
                for (R row : decode(record, dead)) {
                    encoder.row(format.columns().size());
                    format.write(row, encoder);
                    if (encoder.size() >= CHUNK_BYTES) {
                        encoder.drainTo(copy);
                    }
                }
            }
            encoder.trailer();
            encoder.drainTo(copy);
            return copy.endCopy();
        } catch (SQLException | RuntimeException e) {
            cancel(copy, e);
            throw e;
        }
    }

    /** A copy that is left open would make the connection's rollback wait for the rest of it. */
    private static void cancel(CopyIn copy, Exception cause) {
        try {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    private List<R> decode(ConsumerRecord<byte[], byte[]> record, List<Letter> dead) {
        if (record.value() == null) {
            dead.add(new Letter(record, null, "the record has no value"));
            return List.of();
        }
        try {
            Decoded<R> decoded = decoder.decode(record.value());
            Decoded.Refused refused = decoded.refused();
            if (refused != null) {
                String reason = refused.count() + " of its items refused, the first because " + refused.reason();
                dead.add(new Letter(record, refused.payload(), reason));
            }
            return decoded.rows();
        } catch (InvalidPayloadException e) {
            dead.add(new Letter(record, record.value(), String.valueOf(e.getMessage())));
            return List.of();
        } catch (RuntimeException e) {
            // A fault of the decoder: one record is put aside, with everything needed to read it again once repaired.
            log.error("The decoder failed on {}-{}@{}", record.topic(), record.partition(), record.offset(), e);
            dead.add(new Letter(record, record.value(), "the decoder failed: " + e));
            return List.of();
        }
    }
}
