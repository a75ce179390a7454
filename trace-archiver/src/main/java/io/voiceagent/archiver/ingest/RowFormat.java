package io.voiceagent.archiver.ingest;

import java.util.List;

/**
 * How a row is written to its table.
 *
 * @param <R> the row
 */
public interface RowFormat<R> {

    /** The table, unqualified. */
    String table();

    /** The columns that {@link #write} fills, in its order; the others take their defaults. */
    List<String> columns();

    /** Writes the fields of one row, one call of {@code out} for each of {@link #columns()}. */
    void write(R row, CopyEncoder out);

    /** The statement that takes the rows. */
    default String copyStatement() {
        return "COPY " + table() + " (" + String.join(", ", columns()) + ") FROM STDIN (FORMAT binary)";
    }
}
