package io.voiceagent.archiver.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.archiver.backup.PastBackup.Check;
import io.voiceagent.archiver.backup.PastBackup.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class BackupPolicyTest {

    private static final Instant START = Instant.parse("2031-01-01T00:00:00Z");
    private static final BackupPolicy WEEKLY = new BackupPolicy(Duration.ofDays(7), Duration.ofDays(1), 2);

    @Test
    void aFullOneComesFirst() {
        assertThat(WEEKLY.due(START, List.of())).contains(BackupType.FULL);
    }

    @Test
    void aFullOneThatFailedItsCheckCountsForNothing() {
        PastBackup bad = full(1, START, Status.COMPLETED, Check.FAILED);

        assertThat(WEEKLY.due(START.plusSeconds(1), List.of(bad))).contains(BackupType.FULL);
        assertThat(BackupPolicy.latestFull(List.of(bad))).isEmpty();
    }

    @Test
    void aFailureIsNotTriedAgainAtOnce() {
        PastBackup failed = full(1, START, Status.FAILED, null);

        assertThat(WEEKLY.due(START.plus(Duration.ofMinutes(14)), List.of(failed)))
                .isEmpty();
        assertThat(WEEKLY.due(START.plus(Duration.ofMinutes(15)), List.of(failed)))
                .contains(BackupType.FULL);
    }

    @Test
    void backupsFollowOneAnotherAsTheirTimesSay() {
        List<PastBackup> past = new ArrayList<>(List.of(full(1, START, Status.COMPLETED, Check.PASSED)));
        assertThat(WEEKLY.due(START.plus(Duration.ofHours(23)), past)).isEmpty();
        assertThat(WEEKLY.due(START.plus(Duration.ofHours(24)), past)).contains(BackupType.INCREMENTAL);
        past.add(incremental(2, 1, START.plus(Duration.ofHours(24))));
        assertThat(WEEKLY.due(START.plus(Duration.ofHours(47)), past)).isEmpty();
        assertThat(WEEKLY.due(START.plus(Duration.ofDays(7)), past)).contains(BackupType.FULL);
    }

    /** A year and more of backups, each failing or not as the bits say: what is kept can always be restored. */
    @Property(tries = 200)
    void whatIsKeptIsWhole(@ForAll @Size(min = 1, max = 60) List<@IntRange(max = 9) Integer> fates) {
        List<PastBackup> past = new ArrayList<>();
        Set<Long> removed = new HashSet<>();
        Instant now = START;
        long id = 0;
        for (int fate : fates) {
            now = now.plus(Duration.ofHours(25));
            var due = WEEKLY.due(now, past);
            if (due.isEmpty()) {
                continue;
            }
            id++;
            Status status = fate == 0 ? Status.FAILED : Status.COMPLETED;
            Check check = fate == 1 ? Check.FAILED : Check.PASSED;
            Long base = due.get() == BackupType.FULL
                    ? null
                    : BackupPolicy.latestFull(past).orElseThrow().id();
            past.add(new PastBackup(
                    id, due.get(), status, "b" + id, base, now, now, status == Status.FAILED ? null : check));
            for (PastBackup old : WEEKLY.expired(past)) {
                removed.add(old.id());
                past.replaceAll(backup -> backup.id() == old.id() ? withoutName(backup) : backup);
            }

            assertThat(past.stream()
                            .filter(backup -> backup.isUsable() && backup.baseId() != null)
                            .map(PastBackup::baseId))
                    .as("bases of what is kept")
                    .noneMatch(removed::contains);
            long usable = past.stream()
                    .filter(backup -> backup.type() == BackupType.FULL && backup.isUsable())
                    .count();
            assertThat(usable).isLessThanOrEqualTo(2);
            if (!removed.isEmpty()) {
                assertThat(usable).isEqualTo(2);
            }
        }
    }

    private static PastBackup withoutName(PastBackup backup) {
        return new PastBackup(
                backup.id(),
                backup.type(),
                backup.status(),
                null,
                backup.baseId(),
                backup.createdAt(),
                backup.endedAt(),
                backup.check());
    }

    private static PastBackup full(long id, Instant at, Status status, Check check) {
        return new PastBackup(id, BackupType.FULL, status, "b" + id, null, at, at, check);
    }

    private static PastBackup incremental(long id, long base, Instant at) {
        return new PastBackup(id, BackupType.INCREMENTAL, Status.COMPLETED, "b" + id, base, at, at, Check.PASSED);
    }
}
