package io.voiceagent.archiver.ingest;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyIn;

/**
 * Encodes rows in the binary format of Postgres' COPY (PostgreSQL documentation, COPY, "Binary Format"). Each method
 * writes one field; null becomes SQL null. The types must be the columns' own: the server converts nothing.
 *
 * <p>Not thread-safe. Holds one buffer that grows to the largest row; {@link #drainTo} empties it.
 */
public final class CopyEncoder {

    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};
    private static final long POSTGRES_EPOCH_MICROS = 946_684_800_000_000L; // 2000-01-01T00:00:00Z
    private static final int JSONB_VERSION = 1;

    private byte[] buffer;
    private int size;

    public CopyEncoder() {
        this.buffer = new byte[128 * 1024];
    }

    /** Bytes encoded and not yet drained. */
    public int size() {
        return size;
    }

    /** Begins a copy: signature, no flags, no header extension. */
    void header() {
        raw(SIGNATURE);
        int32(0);
        int32(0);
    }

    /** Ends a copy. */
    void trailer() {
        int16(-1);
    }

    /** Begins a row of so many fields. */
    void row(int fields) {
        int16(fields);
    }

    /** A field of type {@code text}. It must hold no U+0000, which Postgres can't store. */
    public CopyEncoder text(@Nullable String value) {
        if (value == null) {
            return nothing();
        }
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        int32(utf8.length);
        raw(utf8);
        return this;
    }

    /** A field of type {@code jsonb}, given as JSON text. It must hold no escaped U+0000. */
    public CopyEncoder jsonb(@Nullable String json) {
        if (json == null) {
            return nothing();
        }
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        int32(utf8.length + 1);
        reserve(1);
        buffer[size++] = JSONB_VERSION;
        raw(utf8);
        return this;
    }

    /** A field of type {@code bigint}. */
    public CopyEncoder bigint(@Nullable Long value) {
        if (value == null) {
            return nothing();
        }
        int32(Long.BYTES);
        int64(value);
        return this;
    }

    /** A field of type {@code double precision}. */
    public CopyEncoder float8(@Nullable Double value) {
        if (value == null) {
            return nothing();
        }
        int32(Double.BYTES);
        int64(Double.doubleToLongBits(value));
        return this;
    }

    /** A field of type {@code boolean}. */
    public CopyEncoder bool(@Nullable Boolean value) {
        if (value == null) {
            return nothing();
        }
        int32(1);
        reserve(1);
        buffer[size++] = (byte) (value ? 1 : 0);
        return this;
    }

    /** A field of type {@code timestamptz}, given in nanoseconds since 1970 and cut to microseconds. */
    public CopyEncoder timestamptz(@Nullable Long unixNano) {
        if (unixNano == null) {
            return nothing();
        }
        int32(Long.BYTES);
        int64(Math.floorDiv(unixNano, 1_000L) - POSTGRES_EPOCH_MICROS);
        return this;
    }

    /** Hands everything encoded so far to the copy and empties the buffer. */
    void drainTo(CopyIn copy) throws SQLException {
        copy.writeToCopy(buffer, 0, size);
        size = 0;
    }

    /** Forgets what a failed copy left behind. */
    void reset() {
        size = 0;
    }

    private CopyEncoder nothing() {
        int32(-1);
        return this;
    }

    private void raw(byte[] bytes) {
        reserve(bytes.length);
        System.arraycopy(bytes, 0, buffer, size, bytes.length);
        size += bytes.length;
    }

    private void int16(int value) {
        reserve(Short.BYTES);
        buffer[size++] = (byte) (value >>> 8);
        buffer[size++] = (byte) value;
    }

    private void int32(int value) {
        reserve(Integer.BYTES);
        for (int shift = 24; shift >= 0; shift -= 8) {
            buffer[size++] = (byte) (value >>> shift);
        }
    }

    private void int64(long value) {
        reserve(Long.BYTES);
        for (int shift = 56; shift >= 0; shift -= 8) {
            buffer[size++] = (byte) (value >>> shift);
        }
    }

    private void reserve(int more) {
        if (buffer.length - size < more) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, size + more));
        }
    }
}
