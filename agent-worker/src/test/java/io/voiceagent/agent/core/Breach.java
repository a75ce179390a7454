package io.voiceagent.agent.core;

/** A rule of another part, of a worker, a reader or the log, that is taken out to show that the simulation would notice. */
enum Breach {
    /** All keep to their rules. */
    NONE,
    /** A worker does what it said it would never begin. */
    RUNS_WHAT_IT_REFUSED,
    /** A worker reports its result before its frames are in the log, and counts one too many. */
    RESULT_BEFORE_FRAMES,
    /** A worker's result has a word that is in none of its frames. */
    RESULT_SAYS_MORE,
    /** A worker runs the calls that it meets in its partition, whoever owns them. */
    RUNS_WHAT_IS_ANOTHERS,
    /** A worker begins effects although nobody has heard of it for a lease. */
    BEGINS_WITHOUT_LEASE,
    /** A worker takes its own clock for the broker's. */
    BELIEVES_ITS_CLOCK,
    /** A worker reads calls of transactions that are rolled back. */
    READS_UNCOMMITTED,
    /** A reader closes a step without waiting for the frames up to the cut. */
    READER_WAITS_FOR_NO_CUT,
    /** A reader closes a step whose frames nobody can count without waiting for the seal. */
    READER_WAITS_FOR_NO_SEAL,
    /** A reader goes on with its item where a further attempt begins. */
    READER_SUPERSEDES_NOTHING,
    /** A reader takes frames of attempts that were superseded. */
    READER_TAKES_OLD_FRAMES,
    /** Nobody seals what the decisions say is sealed. */
    SEALS_NOTHING,
    /** The orchestrator knows of no submission that came before. */
    FORGETS_SUBMISSIONS,
    /** An orchestrator that was replaced while it slept goes on writing. */
    ZOMBIE_WRITES,
    /** The place in the inputs is committed although the decisions on them are rolled back. */
    OFFSETS_WITHOUT_DECISIONS,
    /** State is committed although the decisions that it comes from are rolled back. */
    STATE_WITHOUT_EVENTS,
    /** Decisions are committed although the state and the offsets that belong to them are rolled back. */
    EVENTS_WITHOUT_STATE
}
