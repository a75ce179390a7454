package io.voiceagent.simulator;

import java.time.Duration;

/**
 * The pace of one answer, as absolute times from the end of the request, so that a late token does not delay the rest.
 *
 * @param jitter the most that a token is late; at most one gap between tokens counts
 * @param seed makes the jitter the same for the same request
 */
record Timing(Duration timeToFirstToken, double tokensPerSecond, Duration jitter, long seed) {

    /** How long an answer of so many steps takes to its last one. */
    Duration duration(int steps) {
        return Duration.ofNanos(dueNanos(Math.max(0, steps - 1)));
    }

    /** When the step with this index (from 0) is due, in nanoseconds; never before the step ahead of it. */
    long dueNanos(int index) {
        long steady = timeToFirstToken.toNanos() + (long) (index * 1e9 / tokensPerSecond);
        if (jitter.isZero()) {
            return steady;
        }
        // Bounding the lateness by the gap keeps the order without remembering the previous token.
        double most = Math.min(jitter.toNanos(), 1e9 / tokensPerSecond);
        return steady + (long) (most * fraction(seed + index));
    }

    /** A value in [0, 1) that looks random: the finalizer of SplitMix64. */
    private static double fraction(long value) {
        long z = value * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return ((z ^ (z >>> 31)) >>> 11) * 0x1.0p-53;
    }
}
