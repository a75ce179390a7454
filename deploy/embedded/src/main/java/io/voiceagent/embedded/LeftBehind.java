package io.voiceagent.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears away what a JVM that was killed left of its Postgres. The caller holds the lock on the data directory, so nobody
 * uses what is in it.
 */
final class LeftBehind {

    private static final Logger LOG = LoggerFactory.getLogger(LeftBehind.class);
    private static final Duration WAIT = Duration.ofSeconds(10);

    /** Names that the embedded Postgres gives to its mark of what is whole and to its lock. */
    private static final String UNPACKED = ".exists";

    private static final String UNPACKING = "epg-lock";

    private LeftBehind() {}

    /** Removes a cluster that no server ever ran on: it was being made, and what is missing cannot be told. */
    static void removeUnfinishedCluster(Path cluster) throws IOException {
        // Written by the server at each start (Postgres, "postmaster.opts")
        if (Files.exists(cluster) && !Files.exists(cluster.resolve("postmaster.opts"))) {
            LOG.info("Removing {}, which was not finished", cluster);
            removeBelow(cluster, entry -> true);
        }
    }

    /**
     * Removes binaries whose unpacking did not come to its end, unless somebody unpacks them right now: it would fail on
     * files that are there already.
     */
    static void removeUnfinishedBinaries(Path binariesDir) throws IOException {
        if (!Files.isDirectory(binariesDir)) {
            return;
        }
        List<Path> versions;
        try (Stream<Path> entries = Files.list(binariesDir)) {
            versions = entries.filter(entry -> entry.getFileName().toString().startsWith("PG-"))
                    .filter(entry -> !Files.exists(entry.resolve(UNPACKED)))
                    .toList();
        }
        for (Path version : versions) {
            Path lockFile = version.resolve(UNPACKING);
            try (var channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    @Nullable FileLock lock = channel.tryLock()) {
                if (lock != null && !Files.exists(version.resolve(UNPACKED))) {
                    LOG.info("Removing {}, which was not finished", version);
                    removeBelow(version, entry -> !entry.equals(lockFile));
                }
            } catch (OverlappingFileLockException e) { // unpacked by another thread of this JVM
                LOG.debug("{} is being unpacked", version, e);
            }
        }
    }

    private static void removeBelow(Path directory, Predicate<Path> which) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
            for (Path entry : deepestFirst) {
                if (!entry.equals(directory) && which.test(entry)) {
                    Files.delete(entry);
                }
            }
        }
    }

    /**
     * Stops a server that runs: a process of its own, it outlives a JVM that is killed, and its data directory cannot be
     * used before it is gone.
     */
    static void stop(Path pidFile) throws IOException, InterruptedException {
        Optional<ProcessHandle> running = process(pidFile);
        if (running.isEmpty()) {
            return;
        }
        ProcessHandle process = running.get();
        LOG.info("Stopping the Postgres that an earlier run left behind, pid {}", process.pid());
        process.destroy();
        if (!ended(process)) {
            process.destroyForcibly(); // Postgres recovers from its write-ahead log
            ended(process);
        }
    }

    /** The first line of the file is the pid, the second the data directory (Postgres, "postmaster.pid"). */
    private static Optional<ProcessHandle> process(Path pidFile) throws IOException {
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(pidFile);
        if (lines.isEmpty() || !lines.getFirst().strip().matches("[1-9][0-9]{0,9}")) {
            return Optional.empty();
        }
        // A pid may have gone to another program since: only something called postgres is ours to stop.
        return ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                .filter(handle -> handle.info().command().orElse("").endsWith("/postgres"));
    }

    private static boolean ended(ProcessHandle process) throws InterruptedException {
        try {
            process.onExit().get(WAIT.toSeconds(), TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("Waiting for pid " + process.pid() + " failed", e);
        }
    }
}
