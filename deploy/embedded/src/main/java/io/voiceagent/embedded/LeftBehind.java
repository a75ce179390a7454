package io.voiceagent.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops the Postgres of a JVM that was killed. Postgres runs as a process of its own and outlives such an end; its data
 * directory cannot be used before it is gone. The caller holds the lock on the directory, so nobody uses that server.
 */
final class LeftBehind {

    private static final Logger LOG = LoggerFactory.getLogger(LeftBehind.class);
    private static final Duration WAIT = Duration.ofSeconds(10);

    private LeftBehind() {}

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
