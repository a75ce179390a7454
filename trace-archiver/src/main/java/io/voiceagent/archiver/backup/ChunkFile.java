package io.voiceagent.archiver.backup;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.NoSuchFileException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/** Between a relation and a file, a row or a block at a time: memory does not grow with the table. */
final class ChunkFile {

    private static final int BLOCK_BYTES = 64 * 1024;

    private ChunkFile() {}

    /** Reads all rows of a relation, as the connection's transaction sees them, into a file. */
    static Chunk write(Connection connection, Relation relation, BackupStore store, String backup)
            throws SQLException, IOException {
        String file = relation.display() + ".copy.gz";
        RowSum rows = new RowSum();
        Hashed hashed = new Hashed(store.create(backup, file));
        try (hashed;
                OutputStream gzip = new FastGzip(hashed)) {
            copyOut(connection, relation, rows, gzip);
        }
        return new Chunk(
                relation.schema(),
                relation.table(),
                relation.part(),
                relation.day(),
                relation.columns(),
                backup,
                file,
                rows.rows(),
                rows.hex(),
                rows.bytes(),
                hashed.bytes,
                hashed.hex());
    }

    /** Counts and sums the rows of a relation. */
    static RowSum sum(Connection connection, Relation relation) throws SQLException {
        RowSum rows = new RowSum();
        try {
            copyOut(connection, relation, rows, OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new IllegalStateException("a stream that takes everything has failed", e);
        }
        return rows;
    }

    /** @throws BackupException when a file is not there, or is not what was written */
    static void verify(BackupStore store, Chunk chunk) throws BackupException {
        MessageDigest digest = sha256();
        long bytes = 0;
        try (InputStream in = store.open(chunk.backup(), chunk.file())) {
            byte[] block = new byte[BLOCK_BYTES];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                digest.update(block, 0, n);
                bytes += n;
            }
        } catch (NoSuchFileException e) {
            throw new BackupException(corrupt(chunk, "is not there"), e);
        } catch (IOException e) {
            throw new BackupException(corrupt(chunk, "can't be read: " + e.getMessage()), e);
        }
        if (bytes != chunk.bytes()) {
            throw new BackupException(corrupt(chunk, "has %d bytes and not %d".formatted(bytes, chunk.bytes())));
        }
        if (!HexFormat.of().formatHex(digest.digest()).equals(chunk.sha256())) {
            throw new BackupException(corrupt(chunk, "has another SHA-256 than when it was written"));
        }
    }

    /** Copies the rows of a verified file into a table or partition. */
    static void read(Connection connection, String quotedRelation, BackupStore store, Chunk chunk)
            throws SQLException, IOException, BackupException {
        String sql = "COPY " + quotedRelation + " " + chunk.relation().quotedColumns() + " FROM STDIN";
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
        try (InputStream in = new GZIPInputStream(
                new BufferedInputStream(store.open(chunk.backup(), chunk.file()), BLOCK_BYTES), BLOCK_BYTES)) {
            byte[] block = new byte[BLOCK_BYTES];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                copy.writeToCopy(block, 0, n);
            }
            long rows = copy.endCopy();
            if (rows != chunk.rows()) {
                throw new BackupException(corrupt(chunk, "gave %d rows and not %d".formatted(rows, chunk.rows())));
            }
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private static void copyOut(Connection connection, Relation relation, RowSum sum, OutputStream out)
            throws SQLException, IOException {
        String sql = "COPY " + relation.quoted() + " " + relation.quotedColumns() + " TO STDOUT";
        CopyOut copy = connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql);
        try {
            // In text format each message is one row (PostgreSQL, "Message Flow", COPY Operations)
            for (byte @Nullable [] row = copy.readFromCopy(); row != null; row = copy.readFromCopy()) {
                sum.add(row);
                out.write(row);
            }
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private static String corrupt(Chunk chunk, String what) {
        return "Backup %s is damaged: its file %s %s. Use another backup".formatted(chunk.backup(), chunk.file(), what);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Level 1: of telemetry it saves nearly as much as the default, in a fraction of the time. */
    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(new BufferedOutputStream(out, BLOCK_BYTES), BLOCK_BYTES);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }

    /** Hashes and counts what goes to the store. */
    private static final class Hashed extends FilterOutputStream {
        private final MessageDigest digest = sha256();
        private long bytes;

        Hashed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] block, int offset, int length) throws IOException {
            out.write(block, offset, length);
            digest.update(block, offset, length);
            bytes += length;
        }

        /** Once: it ends the digest. */
        String hex() {
            return HexFormat.of().formatHex(digest.digest());
        }
    }
}
