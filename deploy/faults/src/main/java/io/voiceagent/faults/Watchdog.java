package io.voiceagent.faults;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes a stream that has been silent for too long, so that its reader fails. */
final class Watchdog implements AutoCloseable {
    /** Never closes anything. */
    static final Watchdog NONE = new Watchdog(null, Duration.ZERO);

    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);
    private static final ScheduledExecutorService TIMER = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("watchdog").daemon().factory());

    private final @Nullable Closeable watched;
    private final long silenceNanos;
    private volatile long heard = System.nanoTime();
    private @Nullable ScheduledFuture<?> looking;

    private Watchdog(@Nullable Closeable watched, Duration silence) {
        this.watched = watched;
        this.silenceNanos = silence.toNanos();
    }

    static Watchdog over(Closeable watched, Duration silence) {
        Watchdog dog = new Watchdog(watched, silence);
        dog.looking = TIMER.scheduleWithFixedDelay(dog::look, 500, 500, TimeUnit.MILLISECONDS);
        return dog;
    }

    /** Something was heard. */
    void calm() {
        heard = System.nanoTime();
    }

    private void look() {
        if (watched != null && System.nanoTime() - heard > silenceNanos) {
            close();
            try {
                watched.close();
            } catch (IOException e) {
                LOG.debug("A silent stream could not be closed", e);
            }
        }
    }

    @Override
    public void close() {
        if (looking != null) {
            looking.cancel(false);
        }
    }
}
