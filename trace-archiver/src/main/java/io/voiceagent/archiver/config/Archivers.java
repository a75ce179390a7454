package io.voiceagent.archiver.config;

import io.voiceagent.archiver.ingest.ArchiveStatus;
import io.voiceagent.archiver.ingest.DayPartitions;
import io.voiceagent.archiver.ingest.LogArchiver;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Runs the archivers, and makes their tables' partitions ahead and drops old ones: before the first row, then every hour. */
final class Archivers implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Archivers.class);
    /** For all together: a process that is told to end is killed soon. */
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(8);

    private static final Duration EVERY = Duration.ofHours(1);

    private final List<LogArchiver> archivers;
    private final List<DayPartitions> partitions;
    private final DataSource dataSource;
    private final int keepDays;
    private final ScheduledExecutorService upkeep;
    private volatile boolean running;

    /** @param keepDays how many days before today stay; 0: all */
    Archivers(List<LogArchiver> archivers, List<DayPartitions> partitions, DataSource dataSource, int keepDays) {
        this.archivers = List.copyOf(archivers);
        this.partitions = List.copyOf(partitions);
        this.dataSource = dataSource;
        this.keepDays = keepDays;
        this.upkeep = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("archive-upkeep").daemon().factory());
    }

    List<ArchiveStatus> statuses() {
        return archivers.stream().map(LogArchiver::status).toList();
    }

    @Override
    public void start() {
        keepUp();
        upkeep.scheduleWithFixedDelay(this::keepUp, EVERY.toSeconds(), EVERY.toSeconds(), TimeUnit.SECONDS);
        archivers.forEach(LogArchiver::start);
        running = true;
    }

    @Override
    public void stop() {
        upkeep.shutdownNow();
        archivers.forEach(LogArchiver::stop);
        long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
        archivers.forEach(archiver -> archiver.close(Duration.ofNanos(Math.max(1, deadline - System.nanoTime()))));
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    private void keepUp() {
        for (DayPartitions table : partitions) {
            try {
                table.ensure(dataSource, Clock.systemUTC());
                if (keepDays > 0) {
                    table.dropOlder(dataSource, Clock.systemUTC(), keepDays);
                }
            } catch (SQLException e) {
                // Rows without a partition of their own go to the default one and are moved when this works again.
                log.warn("Can't make or drop the day partitions of {} now, tries again in {}", table.table(), EVERY, e);
            }
        }
    }
}
