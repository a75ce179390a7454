package io.voiceagent.agent.core;

/** A rule that keeps a turn whole. Each of them holds, always; see {@link Guards}. */
enum Guard {
    /** A result counts only when it is of the attempt that is awaited. */
    ATTEMPT_FENCE,
    /** A result counts only when it comes from the worker that owns the attempt. */
    OWNERSHIP,
    /** A tool that is not idempotent has no second attempt once it may have started. */
    ONCE_ONLY,
    /** What became of a tool that is not idempotent is said as it is, also when its turn is stopped meanwhile. */
    HONEST_STOP,
    /** A worker is declared dead only by someone who hears. */
    ECHO,
    /** When many workers fall silent at once, nobody is declared dead before a second lease. */
    MASS_SILENCE,
    /** A tool runs in the version that the turn began with. */
    PINNED_TOOL,
    /** An attempt that never opened still cuts what an earlier one left. */
    SEAL_TRACES,
    /** Attempts are counted. */
    ATTEMPT_BOUND,
    /** An answer of another format than was asked for has one second chance. */
    ONE_REPAIR,
    /** A turn that runs past its deadline is stopped. */
    DEADLINE,
    /** In a conversation one turn runs at a time. */
    ONE_TURN,
    /** A request for approval is answered once. */
    ANSWERED_ONCE,
    /** The living owner of a call that does not list it is asked what became of it. */
    UNLISTED
}
