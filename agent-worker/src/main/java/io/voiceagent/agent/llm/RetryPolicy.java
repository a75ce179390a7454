package io.voiceagent.agent.llm;

import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.Optional;

/**
 * When a failed try is repeated: only before anything was given on, a few times, within a total time, and not before the
 * endpoint wants it.
 *
 * @param maxTries tries of one call, the first counted in; 1 to 10
 * @param maxTotal no try begins later than this after the first, 0 to 5 min
 * @param backoff wait in milliseconds after the n-th try (from 1), with jitter
 */
record RetryPolicy(int maxTries, Duration maxTotal, IntervalFunction backoff) {
    /** 0.5 s, 1 s, 2 s … up to 10 s, each up to half of it more or less. */
    static RetryPolicy of(int maxTries, Duration maxTotal) {
        return new RetryPolicy(
                maxTries,
                maxTotal,
                IntervalFunction.ofExponentialRandomBackoff(Duration.ofMillis(500), 2.0, 0.5, Duration.ofSeconds(10)));
    }

    /**
     * The wait before the next try; empty when there is none.
     *
     * @param triesMade 1 and up
     * @param sinceFirst since the first try began
     */
    Optional<Duration> next(Failure failure, int triesMade, Duration sinceFirst) {
        if (!failure.retryable() || triesMade >= maxTries) {
            return Optional.empty();
        }
        Duration wait = Duration.ofMillis(backoff.apply(triesMade));
        if (failure.retryAfter().compareTo(wait) > 0) {
            // Jitter on top, not below: all who were refused at once would come back at once
            wait = failure.retryAfter().plus(wait.dividedBy(2));
        }
        return sinceFirst.plus(wait).compareTo(maxTotal) > 0 ? Optional.empty() : Optional.of(wait);
    }
}
