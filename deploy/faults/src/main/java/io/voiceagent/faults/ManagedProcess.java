package io.voiceagent.faults;

import io.voiceagent.transport.crash.CrashPoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One process of the pipeline: started with this JVM's class path, logging to a file, and open to harm. */
public final class ManagedProcess implements AutoCloseable {
    /** A service that was told to end is killed after so long where it is deployed. */
    static final Duration ENDS_WITHIN = Duration.ofSeconds(60);

    private static final Duration GRACE = Duration.ofSeconds(20);

    private final String name;
    private final Path log;
    private final Process process;

    private ManagedProcess(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
    }

    /**
     * Starts {@code mainClass}, open to {@link #order orders}.
     *
     * @param heapMegabytes its {@code -Xmx}
     * @param environment added to a bare environment: nothing of this process's own settings is handed on
     */
    public static ManagedProcess start(
            String name,
            Path log,
            int heapMegabytes,
            Map<String, String> environment,
            String mainClass,
            String... args) {
        List<String> options = List.of(
                "-Xmx" + heapMegabytes + "m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-D" + CrashPoint.PROPERTY + "=" + SelfHarm.class.getName());
        return start(name, log, options, environment, mainClass, args);
    }

    /**
     * Starts {@code mainClass} as it runs in production.
     *
     * @param options of the JVM
     */
    public static ManagedProcess start(
            String name,
            Path log,
            List<String> options,
            Map<String, String> environment,
            String mainClass,
            String... args) {
        return start(name, log, options, environment, System.getProperty("java.class.path"), mainClass, List.of(args));
    }

    /**
     * Starts {@code mainClass} of another version.
     *
     * @param classPath of the other version's services, with this harness's own classes behind it
     */
    static ManagedProcess startOther(
            String name,
            Path log,
            int heapMegabytes,
            Map<String, String> environment,
            String classPath,
            String mainClass) {
        List<String> options = List.of("-Xmx" + heapMegabytes + "m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
        return start(name, log, options, environment, classPath, mainClass, List.of());
    }

    private static ManagedProcess start(
            String name,
            Path log,
            List<String> options,
            Map<String, String> environment,
            String classPath,
            String mainClass,
            List<String> args) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(options);
        command.addAll(
                List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath, Child.class.getName(), mainClass));
        command.addAll(args);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().retainAll(List.of("PATH", "HOME", "LANG", "TMPDIR", "USER"));
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        try {
            return new ManagedProcess(name, log, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The name that it was started under. */
    public String name() {
        return name;
    }

    /** The process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean alive() {
        return process.isAlive();
    }

    /** All that it has printed so far. */
    public String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Tells it to harm itself at the point of the fault; it does so later, or never. Null takes the order back. */
    public void order(@Nullable Fault fault) {
        String line = fault == null
                ? "\n"
                : "%s %d %s\n"
                        .formatted(
                                fault.point().name(),
                                fault.times(),
                                fault.harm().name());
        try {
            process.getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code SIGKILL}: it gets no chance to say anything. Returns when it is gone. */
    public void kill() {
        process.destroyForcibly();
        await();
    }

    /** {@code SIGSTOP}: it is paused, and does not know. */
    public void pause() {
        signal("STOP");
    }

    /** {@code SIGCONT}: it goes on where it was. */
    public void resume() {
        signal("CONT");
    }

    /** {@code SIGTERM}: it may drain. Returns at once. */
    public void terminate() {
        process.destroy();
    }

    /**
     * {@code SIGTERM}, and waits for its end.
     *
     * @return how long it took
     * @throws IllegalStateException when it does not end within {@link #ENDS_WITHIN}
     */
    public Duration drain() {
        long began = System.nanoTime();
        terminate();
        try {
            if (!process.waitFor(ENDS_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(name + " did not end within " + ENDS_WITHIN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Ends it, by force after a grace time. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void await() {
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void signal(String signal) {
        try {
            int status = new ProcessBuilder("kill", "-" + signal, Long.toString(pid()))
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new IllegalStateException("kill -" + signal + " " + name + " ended with " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
