package io.voiceagent.archiver.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/**
 * Where backups lie: files by backup and name, of letters, digits, {@code _}, {@code -} and {@code .}. A backup is there once
 * it has its {@link Manifest#FILE}.
 */
public interface BackupStore {

    /** Begins a file, which is there, durably, when the stream is closed without an error. */
    OutputStream create(String backup, String file) throws IOException;

    /** Reads a file from its beginning. @throws java.nio.file.NoSuchFileException when it is not there */
    InputStream open(String backup, String file) throws IOException;

    /** The names of all backups that are there, oldest first (names begin with the time). */
    List<String> backups() throws IOException;

    /** Removes a backup, or what there is of one, its manifest first. Does nothing when there is nothing. */
    void delete(String backup) throws IOException;

    /** Where a backup lies, for people. */
    String location(String backup);
}
