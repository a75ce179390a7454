package io.voiceagent.agent.core;

import java.util.Set;

/**
 * How much goes wrong in one run. Probabilities are per occasion, numbers are per run.
 *
 * @param attemptFails a handler reports a failure
 * @param hangs a handler comes to no end by itself
 * @param frameLost the acknowledgement of a frame does not come
 * @param resultRepeated the acknowledgement of a result does not come, so it is sent again
 * @param announcementLost an announcement does not reach the log
 * @param rollback a transaction of the orchestrator is aborted
 * @param tooLarge the records of a decision do not fit
 * @param unreadable a worker can't read a record of its calls topic
 * @param stray a worker answers a call that is another's
 * @param deaf a stopped handler does not heed the stop
 * @param callAgain a record of a calls topic comes once more, as after a hand has written it again
 * @param skewed some workers' clocks are up to five minutes off
 */
record Weather(
        double attemptFails,
        double hangs,
        double frameLost,
        double resultRepeated,
        double announcementLost,
        double rollback,
        double tooLarge,
        double unreadable,
        double stray,
        double deaf,
        double callAgain,
        int crashes,
        int pauses,
        int drains,
        int silences,
        int orchestratorCrashes,
        int orchestratorPauses,
        boolean skewed) {

    private static final Weather CALM = new Weather(0.02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false);

    /** The same without some of it. */
    Weather without(Set<Trouble> off) {
        return new Weather(
                off.contains(Trouble.FAILURES) ? 0 : attemptFails,
                off.contains(Trouble.HANGS) ? 0 : hangs,
                off.contains(Trouble.LOST_FRAMES) ? 0 : frameLost,
                off.contains(Trouble.REPEATED_RESULTS) ? 0 : resultRepeated,
                off.contains(Trouble.LOST_ANNOUNCEMENTS) ? 0 : announcementLost,
                off.contains(Trouble.ROLLBACKS) ? 0 : rollback,
                off.contains(Trouble.LARGE_RECORDS) ? 0 : tooLarge,
                off.contains(Trouble.UNREADABLE_CALLS) ? 0 : unreadable,
                off.contains(Trouble.STRAYS) ? 0 : stray,
                off.contains(Trouble.DEAF_HANDLERS) ? 0 : deaf,
                off.contains(Trouble.REPEATED_CALLS) ? 0 : callAgain,
                off.contains(Trouble.CRASHES) ? 0 : crashes,
                off.contains(Trouble.PAUSES) ? 0 : pauses,
                off.contains(Trouble.DRAINS) ? 0 : drains,
                off.contains(Trouble.MASS_SILENCE) ? 0 : silences,
                off.contains(Trouble.ORCHESTRATOR_CRASHES) ? 0 : orchestratorCrashes,
                off.contains(Trouble.ORCHESTRATOR_PAUSES) ? 0 : orchestratorPauses,
                skewed && !off.contains(Trouble.WRONG_CLOCKS));
    }

    static Weather of(World world) {
        int kind = world.between(0, 9);
        if (kind == 0) {
            return CALM;
        }
        double rough = kind < 5 ? 1 : 3;
        int more = kind < 5 ? 0 : 2;
        return new Weather(
                0.05 * rough,
                0.01 * rough,
                0.004 * rough,
                0.05 * rough,
                0.01 * rough,
                0.01 * rough,
                0.001 * rough,
                0.005 * rough,
                0.02 * rough,
                0.1,
                0.02 * rough,
                world.between(0, 2 + more),
                world.between(0, 2 + more),
                world.between(0, 1),
                world.chance(0.25) ? 1 : 0,
                world.between(0, 1 + more / 2),
                world.between(0, 1 + more / 2),
                world.chance(0.3));
    }
}
