package io.voiceagent.archiver.backup;

import java.util.Locale;

/** What a backup holds by itself. */
public enum BackupType {
    /** Everything. */
    FULL,

    /** What may have changed since the full backup that it names; for the rest it refers to that one's files. */
    INCREMENTAL;

    /** As {@code backup_history.backup_type} and manifests have it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The type of this label. */
    public static BackupType of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }
}
