package io.voiceagent.archiver.config;

import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.archiver.backup.BackupMeters;
import io.voiceagent.archiver.backup.BackupPolicy;
import io.voiceagent.archiver.backup.BackupRunner;
import io.voiceagent.archiver.backup.BackupStore;
import io.voiceagent.archiver.backup.CheckServer;
import io.voiceagent.archiver.backup.DirectoryStore;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where backups go and when they are made.
 *
 * @param directory variable {@code BACKUP_DIRECTORY}; null: no backups
 * @param policy variables {@code BACKUP_FULL_HOURS} (1 to 8,760), {@code BACKUP_INCREMENTAL_HOURS} (1 to 8,760) and {@code
 *     BACKUP_KEEP} (1 to 1,000)
 * @param check variable {@code BACKUP_RESTORE_CHECK}
 */
public record BackupSettings(@Nullable Path directory, BackupPolicy policy, boolean check) {

    private static final int HOURS_OF_A_YEAR = 8_760;

    /** Reads the settings from the variables. */
    public static BackupSettings from(Variables variables) {
        return new BackupSettings(
                directory(variables),
                new BackupPolicy(
                        Duration.ofHours(variables.integer("BACKUP_FULL_HOURS", 168, 1, HOURS_OF_A_YEAR)),
                        Duration.ofHours(variables.integer("BACKUP_INCREMENTAL_HOURS", 24, 1, HOURS_OF_A_YEAR)),
                        variables.integer("BACKUP_KEEP", 4, 1, 1_000)),
                Boolean.parseBoolean(variables.oneOf("BACKUP_RESTORE_CHECK", "true", Set.of("true", "false"))));
    }

    /** @throws InvalidSettingException when no directory is set */
    BackupStore store() {
        Path to = directory;
        if (to == null) {
            throw new InvalidSettingException(
                    "BACKUP_DIRECTORY", "is not set", "Set it to the directory of the backups");
        }
        return new DirectoryStore(to);
    }

    /** What makes the backups. @throws InvalidSettingException when no directory is set */
    BackupRunner runner(PostgresSettings postgres, MeterRegistry registry) {
        Clock clock = Clock.systemUTC();
        return new BackupRunner(server(postgres), store(), policy, check, new BackupMeters(registry, clock), clock);
    }

    /** The server of the archive, as backups see it. */
    static CheckServer server(PostgresSettings postgres) {
        return new CheckServer(
                postgres.database(), name -> Database.plain(postgres.withDatabase(name)), Database::migrate);
    }

    private static @Nullable Path directory(Variables variables) {
        String directory = variables.find("BACKUP_DIRECTORY");
        try {
            return directory == null ? null : Path.of(directory);
        } catch (InvalidPathException e) {
            throw new InvalidSettingException(
                    "BACKUP_DIRECTORY", "is no path: " + e.getReason(), "Use the path of a directory");
        }
    }
}
