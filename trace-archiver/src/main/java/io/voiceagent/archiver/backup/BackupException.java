package io.voiceagent.archiver.backup;

import org.jspecify.annotations.Nullable;

/** A backup that can't be made, is not whole, or can't be restored; the message says which, and what to do. */
public final class BackupException extends Exception {

    private static final long serialVersionUID = 1L;

    public BackupException(String message) {
        super(message);
    }

    public BackupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
