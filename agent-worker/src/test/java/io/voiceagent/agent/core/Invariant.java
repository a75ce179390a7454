package io.voiceagent.agent.core;

/** What must hold whatever happens. */
enum Invariant {
    /** No decision throws, and no decision leaves a turn between two steps. */
    NO_DEFECT,
    /** The state is the fold of the committed events: state, events and offsets are committed together or not at all. */
    STATE_IS_FOLD,
    /** A turn is accepted once and ends once, and nothing follows its end. */
    ENDS_ONCE,
    /** A turn has ended soon after its deadline at the latest. */
    ENDS_IN_TIME,
    /** A step that was started ends before the turn does. */
    STEP_ENDS_FIRST,
    /** A call is taken from its owner only when the owner has been silent for a lease. */
    ONE_LIVING_OWNER,
    /** The number of an attempt is one more than that of the one before. */
    ATTEMPTS_RISE,
    /** No more attempts fail or are lost than the limit allows. */
    ATTEMPTS_BOUNDED,
    /** A result of an attempt that is no longer awaited changes nothing. */
    OLD_RESULT,
    /** A result of a worker that does not own the attempt changes nothing. */
    FOREIGN_RESULT,
    /** A call is begun while there is time for it, and refused only when there is none, whatever the worker's clock shows. */
    IN_TIME,
    /** The frames of an attempt are one worker's. */
    ONE_PUBLISHER,
    /** A submission with a key is one turn, however often and with whatever body it comes. */
    ONE_TURN_OF_A_KEY,
    /** A tool that is not idempotent begins its effect only while its worker is sure to be known as living. */
    EFFECT_UNDER_LEASE,
    /** A tool that is not idempotent has its effect at most once. */
    EFFECT_ONCE,
    /** When a tool that is not idempotent had its effect, its outcome says what came of it, or that nobody knows. */
    EFFECT_TOLD,
    /** A call of a tool has one idempotency key over all of its attempts, and no other call has it. */
    ONE_KEY,
    /** A call that waits for approval runs only when a client has approved it, with the arguments that were asked for, and once. */
    APPROVED_ONCE,
    /** A tool runs in the version that the turn began with. */
    PINNED_TOOL,
    /** After a stop was requested, no call is given to a worker and no step begins. */
    NOTHING_AFTER_STOP,
    /** A call that nobody works on is not left alone while there is somebody to take it. */
    NOT_FORGOTTEN,
    /** The model is told what has happened: each call of a tool with its answer, and nothing of attempts that do not count. */
    MODEL_IS_TOLD,
    /** Of a turn that was deleted, or is not to be kept, nothing is kept, nothing follows, and no later turn's model is told of it. */
    GONE,
    /** An answer of another format than was asked for is repaired once at the most, and what a completed turn has is of that format. */
    REPAIRED_ONCE,
    /** Every reader of the two logs comes to the end of a turn that has ended. */
    READERS_END,
    /** The text of the answer is the text that was streamed after the last attempt that was superseded. */
    STREAMED_IS_SAID,
    /** All readers of the two logs derive the same events, numbered without gaps. */
    SAME_EVENTS,
    /** Turns of a conversation run one at a time, in their order, each after the one before it, and none is left to wait for nobody. */
    ONE_LINE,
    /** The output is what the accepted attempts said, neither doubled nor mixed. */
    OUTPUT
}
