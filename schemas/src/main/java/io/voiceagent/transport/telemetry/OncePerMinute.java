package io.voiceagent.transport.telemetry;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * A warning that is written at most once a minute, with the number of times it was due since. For failures that repeat
 * with every record while a server is away.
 */
final class OncePerMinute {
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();
    private final Logger log;
    private final LongSupplier nanoTime;
    private final AtomicLong silentUntil;
    private final AtomicLong held = new AtomicLong();

    /** @param nanoTime {@code System::nanoTime}, or a test's own clock */
    OncePerMinute(Logger log, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
        this.silentUntil = new AtomicLong(nanoTime.getAsLong());
    }

    /** Writes the warning, or counts it. The stack trace is left out: the cause's text says what a reader needs. */
    void warn(String what, @Nullable Throwable cause) {
        long now = nanoTime.getAsLong();
        long until = silentUntil.get();
        if (now - until < 0 || !silentUntil.compareAndSet(until, now + MINUTE)) {
            held.incrementAndGet();
            return;
        }
        log.warn("{} ({}; {} more like it since the last such line)", what, String.valueOf(cause), held.getAndSet(0));
    }
}
