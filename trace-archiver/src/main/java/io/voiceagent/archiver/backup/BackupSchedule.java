package io.voiceagent.archiver.backup;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks every minute whether a backup is due, in the history: a restart changes nothing. */
public final class BackupSchedule implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BackupSchedule.class);
    private static final Duration EVERY = Duration.ofMinutes(1);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    private final @Nullable BackupRunner runner;
    private final ScheduledExecutorService thread;

    /** @param runner null: there are no backups to be made */
    public BackupSchedule(@Nullable BackupRunner runner) {
        this.runner = runner;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("backup").daemon().factory());
    }

    public void start() {
        BackupRunner backups = runner;
        if (backups == null) {
            log.info("No backups are made: BACKUP_DIRECTORY is not set");
            return;
        }
        thread.scheduleWithFixedDelay(() -> runDue(backups), 1, EVERY.toSeconds(), TimeUnit.SECONDS);
    }

    /** A backup that is under way is cut, and counts as failed. */
    @Override
    public void close() {
        thread.shutdown();
        if (runner != null) {
            runner.abort();
        }
        try {
            if (!thread.awaitTermination(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("A backup did not end within {}; it is left behind", STOP_TIMEOUT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void runDue(BackupRunner backups) {
        try {
            backups.runDue();
        } catch (BackupException e) {
            log.error("{}", e.getMessage(), e);
        } catch (RuntimeException e) {
            log.error("A backup failed", e); // else it would be the last one
        }
    }
}
