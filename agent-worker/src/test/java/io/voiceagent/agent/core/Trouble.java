package io.voiceagent.agent.core;

/** What can go wrong in a run, so that a run can be tried without it. */
enum Trouble {
    FAILURES,
    HANGS,
    LOST_FRAMES,
    REPEATED_RESULTS,
    LOST_ANNOUNCEMENTS,
    ROLLBACKS,
    LARGE_RECORDS,
    UNREADABLE_CALLS,
    STRAYS,
    REPEATED_CALLS,
    DEAF_HANDLERS,
    CRASHES,
    PAUSES,
    DRAINS,
    MASS_SILENCE,
    WRONG_CLOCKS,
    ORCHESTRATOR_CRASHES,
    ORCHESTRATOR_PAUSES
}
