package io.voiceagent.archiver.backup;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A backup that was planned, as a row of {@code backup_history}.
 *
 * @param name in the store; null: it was never begun, or is removed from the store
 * @param baseId the full one that it adds to; null for a full one
 * @param endedAt null: it has not ended
 */
public record PastBackup(
        long id,
        BackupType type,
        Status status,
        @Nullable String name,
        @Nullable Long baseId,
        Instant createdAt,
        @Nullable Instant endedAt,
        @Nullable Check check) {

    /** {@code backup_history.status}. */
    public enum Status {
        PENDING,
        IN_PROGRESS,
        COMPLETED,
        FAILED
    }

    /** {@code backup_history.restore_check}. */
    public enum Check {
        PASSED,
        FAILED
    }

    /** Whether a restore of it may be hoped for. */
    boolean isUsable() {
        return status == Status.COMPLETED && name != null && check != Check.FAILED;
    }
}
