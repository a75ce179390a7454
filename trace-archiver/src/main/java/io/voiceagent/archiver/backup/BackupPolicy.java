package io.voiceagent.archiver.backup;

import io.voiceagent.archiver.backup.PastBackup.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * When backups are made and which are kept. Pure.
 *
 * @param fullEvery from one full backup to the next
 * @param incrementalEvery from one backup, of either type, to the next
 * @param keep how many full backups are kept, each with those that add to it
 */
public record BackupPolicy(Duration fullEvery, Duration incrementalEvery, int keep) {

    /** After a failure, until it is tried again. */
    static final Duration RETRY_AFTER = Duration.ofMinutes(15);

    /** What to make now; empty: nothing. */
    public Optional<BackupType> due(Instant now, List<PastBackup> past) {
        boolean failedJustNow = past.stream()
                .filter(backup -> backup.status() == Status.FAILED)
                .map(PastBackup::endedAt)
                .filter(Objects::nonNull)
                .anyMatch(ended -> ended.plus(RETRY_AFTER).isAfter(now));
        if (failedJustNow) {
            return Optional.empty();
        }
        Optional<PastBackup> full = latestFull(past);
        if (full.isEmpty() || isOver(full.get().createdAt(), fullEvery, now)) {
            return Optional.of(BackupType.FULL);
        }
        Instant last = past.stream()
                .filter(PastBackup::isUsable)
                .map(PastBackup::createdAt)
                .max(Comparator.naturalOrder())
                .orElseThrow();
        return isOver(last, incrementalEvery, now) ? Optional.of(BackupType.INCREMENTAL) : Optional.empty();
    }

    /** The full backup that an incremental one adds to. */
    public static Optional<PastBackup> latestFull(List<PastBackup> past) {
        return past.stream()
                .filter(backup -> backup.type() == BackupType.FULL && backup.isUsable())
                .max(Comparator.comparing(PastBackup::createdAt).thenComparing(PastBackup::id));
    }

    /**
     * What to remove from the store: what is older than the oldest full backup that is kept, but for what a kept one needs.
     * A backup that failed its check counts for nothing, and goes with the rest of its time.
     */
    public List<PastBackup> expired(List<PastBackup> past) {
        List<PastBackup> fulls = past.stream()
                .filter(backup -> backup.type() == BackupType.FULL && backup.isUsable())
                .sorted(Comparator.comparing(PastBackup::createdAt)
                        .thenComparing(PastBackup::id)
                        .reversed())
                .limit(keep)
                .toList();
        if (fulls.size() < keep) {
            return List.of();
        }
        Set<Long> kept = fulls.stream().map(PastBackup::id).collect(Collectors.toSet());
        Instant oldest = fulls.getLast().createdAt();
        return past.stream()
                .filter(backup -> backup.name() != null && backup.status() == Status.COMPLETED)
                .filter(backup -> backup.createdAt().isBefore(oldest))
                .filter(backup -> !kept.contains(backup.id()))
                .filter(backup -> backup.baseId() == null || !kept.contains(backup.baseId()))
                .toList();
    }

    private static boolean isOver(Instant since, Duration time, Instant now) {
        return !since.plus(time).isAfter(now);
    }
}
