package io.voiceagent.agent.core;

/** The simulation has met what must never be. */
final class BrokenInvariantException extends RuntimeException {
    private static final long serialVersionUID = 1;

    final Invariant invariant;

    BrokenInvariantException(Invariant invariant, String what, Throwable cause) {
        super(invariant + ": " + what, cause);
        this.invariant = invariant;
    }

    BrokenInvariantException(Invariant invariant, String what) {
        this(invariant, what, null);
    }
}
