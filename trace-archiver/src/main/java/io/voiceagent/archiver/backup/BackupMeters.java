package io.voiceagent.archiver.backup;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The meters of backups, all named {@code voice_agent_backup_*}. */
public final class BackupMeters {

    private static final String PREFIX = "voice.agent.backup.";
    private static final String TYPE = "type";
    private static final String OUTCOME = "outcome";

    private final MeterRegistry registry;
    private final AtomicReference<@Nullable Instant> last = new AtomicReference<>();
    private final AtomicLong bytes = new AtomicLong();

    public BackupMeters(MeterRegistry registry, Clock clock) {
        this.registry = registry;
        Gauge.builder(PREFIX + "age.seconds", () -> age(clock))
                .description(
                        "Since the last backup that is completed and did not fail its restore check; none: not a number")
                .register(registry);
        Gauge.builder(PREFIX + "size.bytes", bytes, AtomicLong::doubleValue)
                .description("Size of the files of the last backup made here")
                .register(registry);
        for (BackupType type : BackupType.values()) {
            failures(type); // from the start, so that a first failure is an increase
        }
    }

    /** What backups there are. */
    void observe(List<PastBackup> past) {
        past.stream()
                .filter(PastBackup::isUsable)
                .map(PastBackup::createdAt)
                .max(Comparator.naturalOrder())
                .ifPresent(last::set);
    }

    void completed(BackupType type, Duration took, Manifest manifest) {
        bytes.set(manifest.ownBytes());
        Timer.builder(PREFIX + "duration")
                .description("Time to write a backup")
                .tag(TYPE, type.label())
                .register(registry)
                .record(took);
    }

    void failed(BackupType type) {
        failures(type).increment();
    }

    void checked(boolean passed) {
        Counter.builder(PREFIX + "restore.checks")
                .description("Restores of backups that were tried")
                .tag(OUTCOME, passed ? "passed" : "failed")
                .register(registry)
                .increment();
    }

    private Counter failures(BackupType type) {
        return Counter.builder(PREFIX + "failures")
                .description("Backups that were not completed")
                .tags(List.of(Tag.of(TYPE, type.label())))
                .register(registry);
    }

    private double age(Clock clock) {
        Instant time = last.get();
        return time == null
                ? Double.NaN
                : Duration.between(time, clock.instant()).toMillis() / 1e3;
    }
}
