package io.voiceagent.agent.core;

/** A rule of the other side, a worker or a reader, that is taken out to show that the simulation would notice. */
enum Breach {
    /** All keep to their rules. */
    NONE,
    /** A worker does what it said it would never begin. */
    RUNS_WHAT_IT_REFUSED,
    /** A worker reports its result before its frames are in the log, and counts one too many. */
    RESULT_BEFORE_FRAMES,
    /** A worker's result has a word that is in none of its frames. */
    RESULT_SAYS_MORE,
    /** A reader closes a step without waiting for the frames up to the cut. */
    READER_WAITS_FOR_NO_CUT,
    /** State is committed although the decisions that it comes from are rolled back. */
    STATE_WITHOUT_EVENTS,
    /** Decisions are committed although the state and the offsets that belong to them are rolled back. */
    EVENTS_WITHOUT_STATE
}
