package io.voiceagent.ingress.follow;

/** This process can't follow a turn any further, though the turn goes on; another look-up finds it again. */
public final class FollowingLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public FollowingLostException(String message) {
        super(message);
    }
}
