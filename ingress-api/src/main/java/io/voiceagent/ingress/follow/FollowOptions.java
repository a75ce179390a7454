package io.voiceagent.ingress.follow;

import java.time.Duration;

/**
 * Bounds of following.
 *
 * @param maxTurnAge from the submission to the end of a turn at the latest; readiness needs the log of so much time
 * @param endedBytes memory for turns that ended, about
 * @param runningBytes memory for turns that run, about; over it those that nobody waits for are dropped, and found in the log again
 * @param lookupTime a look-up that takes longer is given up as unreachable
 */
public record FollowOptions(Duration maxTurnAge, long endedBytes, long runningBytes, Duration lookupTime) {
    /** Bounds for a turn that may take so long. */
    public static FollowOptions of(Duration maxTurnAge) {
        return new FollowOptions(maxTurnAge, 64L << 20, 128L << 20, Duration.ofSeconds(10));
    }
}
