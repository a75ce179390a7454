package io.voiceagent.transport.stage;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether this worker is sure to be believed alive. Nobody declares it dead before a whole lease has passed since an
 * announcement that reached the log, so for four fifths of a lease after that was <em>sent</em> it is safe; the rest
 * covers clocks that run differently.
 *
 * <p>Times are {@code System.nanoTime()}. Thread-safe.
 */
final class OwnLease {
    private final long safeNanos;
    private final AtomicLong sentAt;

    /** @param never a time that counts as long ago: nothing has been acknowledged yet */
    OwnLease(Duration lease, long never) {
        this.safeNanos = lease.toNanos() / 5 * 4;
        this.sentAt = new AtomicLong(never - lease.toNanos());
    }

    /** An announcement that was sent at that time is in the log. */
    void acknowledged(long sentAtNanos) {
        sentAt.accumulateAndGet(sentAtNanos, (a, b) -> a - b > 0 ? a : b);
    }

    /** Whether an effect may begin. */
    boolean held(long nowNanos) {
        return nowNanos - sentAt.get() < safeNanos;
    }

    /** Time since the last announcement that reached the log was sent. */
    Duration age(long nowNanos) {
        return Duration.ofNanos(nowNanos - sentAt.get());
    }
}
