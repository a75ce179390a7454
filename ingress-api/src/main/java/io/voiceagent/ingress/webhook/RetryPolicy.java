package io.voiceagent.ingress.webhook;

import java.time.Duration;

/**
 * What follows an attempt. Pauses grow fourfold from the first one up to six hours, spread by a quarter to both sides so that what failed
 * together does not come back together, until the event is three days old: about 18 attempts. What another try is unlikely to mend (a 4xx but
 * 408 and 429, a redirect, a private address) gets five.
 *
 * @param firstPause after the first attempt
 */
record RetryPolicy(Duration firstPause) {
    static final Duration LONGEST_PAUSE = Duration.ofHours(6);
    static final Duration MAX_AGE = Duration.ofDays(3);
    static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);
    static final int UNLIKELY_ATTEMPTS = 5;
    private static final double GROWTH = 4;
    private static final double SPREAD = 0.25;

    /** What is to be done with a delivery. */
    sealed interface Next {
        record Delivered() implements Next {}

        /** Again after this time. */
        record Retry(Duration after) implements Next {}

        record GiveUp() implements Next {}

        /** Given up, and so is everything else for this endpoint: it answered 410. */
        record Disable() implements Next {}
    }

    /**
     * Decides.
     *
     * @param attempts made so far, with this one: 1 and up
     * @param age of the delivery
     * @param random from 0 (included) to 1
     */
    Next after(Attempt attempt, int attempts, Duration age, double random) {
        return switch (attempt) {
            case Attempt.Answered(int status, var retryAfter)
            when status >= 200 && status < 300 -> new Next.Delivered();
            case Attempt.Answered(int status, var retryAfter) when status == 410 -> new Next.Disable();
            case Attempt.Answered answered -> {
                Duration asked = answered.retryAfter() == null ? Duration.ZERO : answered.retryAfter();
                yield again(
                        mayPass(answered.status()),
                        attempts,
                        age,
                        pause(attempts, random),
                        min(asked, LONGEST_RETRY_AFTER));
            }
            case Attempt.Unanswered unanswered -> again(true, attempts, age, pause(attempts, random), Duration.ZERO);
            case Attempt.NotSent notSent -> again(false, attempts, age, pause(attempts, random), Duration.ZERO);
        };
    }

    private static boolean mayPass(int status) {
        return status >= 500 || status == 408 || status == 429;
    }

    private static Next again(boolean likely, int attempts, Duration age, Duration pause, Duration atLeast) {
        Duration wait = pause.compareTo(atLeast) < 0 ? atLeast : pause;
        boolean tooOld = age.plus(wait).compareTo(MAX_AGE) > 0;
        return tooOld || (!likely && attempts >= UNLIKELY_ATTEMPTS) ? new Next.GiveUp() : new Next.Retry(wait);
    }

    private Duration pause(int attempts, double random) {
        double millis =
                Math.min(firstPause.toMillis() * Math.pow(GROWTH, Math.max(0, attempts - 1)), LONGEST_PAUSE.toMillis());
        return Duration.ofMillis(Math.round(millis * (1 - SPREAD + 2 * SPREAD * random)));
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
