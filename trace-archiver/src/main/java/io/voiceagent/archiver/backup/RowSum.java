package io.voiceagent.archiver.backup;

import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * Counts rows, and sums a 64-bit checksum of each, so that two sets of rows can be compared whatever their order. It tells
 * accidents: against somebody who wants it to fit there is the SHA-256 of each file. Not thread-safe.
 */
final class RowSum {

    private final CRC32C high = new CRC32C();
    private final CRC32 low = new CRC32();
    private long rows;
    private long sum;
    private long bytes;

    /** Adds a row, as COPY writes it. */
    void add(byte[] row) {
        high.reset();
        high.update(row);
        low.reset();
        low.update(row);
        sum += high.getValue() << Integer.SIZE | low.getValue();
        rows++;
        bytes += row.length;
    }

    long rows() {
        return rows;
    }

    /** The sum of all rows' checksums, modulo 2^64, as 16 hex digits. */
    String hex() {
        return "%016x".formatted(sum);
    }

    /** Length of all rows together. */
    long bytes() {
        return bytes;
    }
}
