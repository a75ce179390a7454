package io.voiceagent.allinone;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Parts that start side by side and end side by side. */
final class Parts {

    private static final Logger LOG = LoggerFactory.getLogger(Parts.class);

    private final Progress progress;
    private final ExecutorService threads;
    private final Map<String, AutoCloseable> running = new ConcurrentHashMap<>();
    private final boolean outliving;
    /** One party for each part that is ending, or starting and waited for, and one for who waits. */
    private final Phaser busy = new Phaser(1);

    private boolean closing;

    /**
     * Makes an empty group.
     *
     * @param group its name, for people
     * @param outliving whether a part may start a process that outlives this one: then a part that is still starting
     *     when the end is asked for is waited for and ended too
     */
    Parts(Progress progress, String group, boolean outliving) {
        this.progress = progress;
        this.outliving = outliving;
        this.threads = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().name(group + "-", 1).daemon().factory());
    }

    /**
     * Starts a part on a thread of its own.
     *
     * @param name for people
     * @param address tells where the part is once it runs
     */
    <T extends AutoCloseable> Future<T> begin(String name, Callable<T> start, Address<T> address) {
        if (outliving) {
            busy.register();
        }
        return threads.submit(() -> {
            try {
                T part = start.call();
                if (keep(name, part)) {
                    progress.ready(name, address.of(part));
                    return part;
                }
                part.close();
                throw new StartFailure("ended while " + name + " was starting");
            } finally {
                if (outliving) {
                    busy.arriveAndDeregister();
                }
            }
        });
    }

    /**
     * Waits for a part to have started.
     *
     * @throws StartFailure naming the part and the cause when it did not
     */
    static <T> T started(String name, Future<T> starting) throws InterruptedException {
        try {
            return starting.get();
        } catch (ExecutionException e) {
            throw StartFailure.of(name, e.getCause() == null ? e : e.getCause());
        }
    }

    /** Ends every part; returns when all have ended, or after the given time. */
    void close(Duration within) {
        synchronized (this) {
            closing = true;
        }
        running.forEach((name, part) -> {
            busy.register();
            threads.execute(() -> end(name, part));
        });
        int phase = busy.arrive();
        try {
            busy.awaitAdvanceInterruptibly(phase, within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn("Not ended within {}: {}", within, running.keySet(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean keep(String name, AutoCloseable part) {
        if (!closing) {
            running.put(name, part);
        }
        return !closing;
    }

    private void end(String name, AutoCloseable part) {
        long begun = System.nanoTime();
        try {
            part.close();
            LOG.info("{} ended in {} ms", name, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        } catch (Exception e) {
            LOG.warn("{} did not end cleanly", name, e);
        } finally {
            running.remove(name);
            busy.arriveAndDeregister();
        }
    }

    /** Where a part can be found. */
    interface Address<T> {
        String of(T part);
    }
}
