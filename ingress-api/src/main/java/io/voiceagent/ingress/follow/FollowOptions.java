package io.voiceagent.ingress.follow;

import java.time.Duration;

/**
 * Bounds of following.
 *
 * @param maxTurnAge from the submission to the end of a turn at the latest; readiness needs the log of so much time
 * @param endedBytes memory for turns that ended, about
 * @param runningBytes memory for turns that run, about; over it those that nobody waits for are dropped, and found in the log again
 * @param lookupTime a look-up that takes longer is given up as unreachable
 * @param unstoredKept how long after its end a response that is not stored can be read, by those who lost their connection
 */
public record FollowOptions(
        Duration maxTurnAge, long endedBytes, long runningBytes, Duration lookupTime, Duration unstoredKept) {
    /** How long after its end a response that is not stored can be read; not longer than a turn may take. */
    public static final Duration UNSTORED_KEPT = Duration.ofMinutes(5);

    public FollowOptions {
        if (unstoredKept.compareTo(maxTurnAge) > 0) {
            throw new IllegalArgumentException("unstoredKept must not be longer than maxTurnAge, %s, but is %s"
                    .formatted(maxTurnAge, unstoredKept));
        }
    }

    /** Bounds for a turn that may take so long. */
    public static FollowOptions of(Duration maxTurnAge) {
        return of(maxTurnAge, 64L << 20, 128L << 20, Duration.ofSeconds(10));
    }

    /** Bounds with as much time for what is not stored as there may be. */
    static FollowOptions of(Duration maxTurnAge, long endedBytes, long runningBytes, Duration lookupTime) {
        Duration unstored = UNSTORED_KEPT.compareTo(maxTurnAge) < 0 ? UNSTORED_KEPT : maxTurnAge;
        return new FollowOptions(maxTurnAge, endedBytes, runningBytes, lookupTime, unstored);
    }
}
