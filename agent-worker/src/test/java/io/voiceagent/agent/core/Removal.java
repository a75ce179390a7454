package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Simulation.Setup;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** A rule taken out of the simulated pipeline, and the invariants that must then be seen to break. */
enum Removal {
    RESULTS_OF_ANYBODY(
            "ownership of a call",
            "the orchestrator takes a result of whoever sends it",
            "`Draft.awaited`",
            Guard.OWNERSHIP,
            Invariant.FOREIGN_RESULT),
    CALLS_OF_ANYBODY(
            "ownership of a call",
            "a worker runs every call that it meets in its partition",
            "`CallLedger.onCall`",
            Breach.RUNS_WHAT_IS_ANOTHERS,
            Invariant.ONE_PUBLISHER),
    NO_LEASE(
            "lease",
            "a worker begins effects although nobody has heard of it for a lease",
            "`OwnLease`, `RunningCall.beginEffect`",
            Breach.BEGINS_WITHOUT_LEASE,
            Invariant.EFFECT_UNDER_LEASE),
    OWN_CLOCK(
            "lease",
            "a worker takes its own clock, which is minutes off, for the broker's",
            "`BrokerClock`",
            Breach.BELIEVES_ITS_CLOCK,
            Invariant.IN_TIME),
    NO_ECHO(
            "caught-up rule",
            "an orchestrator that does not hear itself declares workers dead",
            "`Census.lifeAt`",
            Guard.ECHO,
            Invariant.ONE_LIVING_OWNER),
    NO_DOUBT(
            "caught-up rule",
            "workers that fall silent all at once are declared dead after one lease",
            "`Census.massSilence`",
            Guard.MASS_SILENCE,
            Invariant.ONE_LIVING_OWNER),
    NO_QUESTION(
            "caught-up rule",
            "the living owner of a call that does not list it is not asked",
            "`Watch.due`",
            Guard.UNLISTED,
            Invariant.NOT_FORGOTTEN),
    RESULTS_OF_ANY_ATTEMPT(
            "attempt fence",
            "the orchestrator takes results of attempts that are over",
            "`Draft.awaited`",
            Guard.ATTEMPT_FENCE,
            Invariant.OLD_RESULT),
    FRAMES_OF_ANY_ATTEMPT(
            "attempt fence",
            "a reader takes frames of attempts that are over",
            "`CallTrack.follow`",
            Breach.READER_TAKES_OLD_FRAMES,
            Invariant.OUTPUT),
    NO_SEAL(
            "seal",
            "nobody writes the seals that decisions ask for",
            "`Sealer`",
            Breach.SEALS_NOTHING,
            Invariant.READERS_END),
    SEAL_NOT_AWAITED(
            "seal",
            "a reader ends a step without waiting for its seals",
            "`CallTrack.reached`",
            Breach.READER_WAITS_FOR_NO_SEAL,
            Invariant.SAME_EVENTS),
    TRACES_NOT_SEALED(
            "seal",
            "an attempt that never opened does not cut what the one before it left",
            "`Draft.outcome`",
            Guard.SEAL_TRACES,
            Invariant.SAME_EVENTS),
    CUT_NOT_AWAITED(
            "seal",
            "a reader ends a step without waiting for the frames that it counts",
            "`CallTrack.reached`",
            Breach.READER_WAITS_FOR_NO_CUT,
            Invariant.SAME_EVENTS),
    ONCE_MORE(
            "effect policy",
            "a tool that is not idempotent is tried again",
            "`Draft.onceOnly`",
            Guard.ONCE_ONLY,
            Invariant.EFFECT_ONCE),
    STOP_HIDES_EFFECT(
            "effect policy",
            "a stopped tool counts as one that has not run",
            "`Draft.mayHaveRun`",
            Guard.HONEST_STOP,
            Invariant.EFFECT_TOLD),
    REFUSED_AND_RUN(
            "effect policy",
            "a worker runs a call that it said it would never start",
            "`CallLedger.refuse`",
            Breach.RUNS_WHAT_IT_REFUSED,
            Invariant.EFFECT_ONCE),
    SUBMISSIONS_FORGOTTEN(
            "idempotent submit",
            "the orchestrator knows no submission that came before",
            "`Registered.judge`, `SubmissionStore`",
            Breach.FORGETS_SUBMISSIONS,
            Invariant.ONE_TURN_OF_A_KEY),
    OFFSETS_APART(
            "offsets in the transaction",
            "offsets are committed although the decisions on them are rolled back",
            "`exactly_once_v2`",
            Breach.OFFSETS_WITHOUT_DECISIONS,
            Invariant.ENDS_IN_TIME),
    EVENTS_APART(
            "offsets in the transaction",
            "decisions are committed although state and offsets are rolled back",
            "`exactly_once_v2`",
            Breach.EVENTS_WITHOUT_STATE,
            Invariant.ATTEMPTS_RISE,
            Invariant.ENDS_ONCE,
            Invariant.STEP_ENDS_FIRST,
            Invariant.NOTHING_AFTER_STOP),
    STATE_APART(
            "offsets in the transaction",
            "state is committed although the decisions are rolled back",
            "`exactly_once_v2`",
            Breach.STATE_WITHOUT_EVENTS,
            Invariant.STATE_IS_FOLD),
    UNCOMMITTED_CALLS(
            "offsets in the transaction",
            "workers read calls of transactions that are rolled back",
            "`Incarnation`, read committed",
            Breach.READS_UNCOMMITTED,
            Invariant.ONE_PUBLISHER),
    UNFENCED(
            "offsets in the transaction",
            "an orchestrator that was replaced while it slept goes on writing",
            "transactional id, `exactly_once_v2`",
            Breach.ZOMBIE_WRITES,
            Invariant.ENDS_ONCE,
            Invariant.ATTEMPTS_RISE),
    NOTHING_SUPERSEDED(
            "supersede rule",
            "a reader goes on with its item where a further attempt begins",
            "`CallTrack.open`, `ModelStep.superseded`",
            Breach.READER_SUPERSEDES_NOTHING,
            Invariant.OUTPUT),
    RESULT_TOO_EARLY(
            "frames before result",
            "a worker reports its result before its frames are in the log",
            "`FrameStream.settle`",
            Breach.RESULT_BEFORE_FRAMES,
            Invariant.READERS_END),
    RESULT_SAYS_MORE(
            "frames before result",
            "a result has a word that is in none of its frames",
            "`LlmCallHandler`",
            Breach.RESULT_SAYS_MORE,
            Invariant.OUTPUT),
    ANY_VERSION(
            "pinned tools",
            "a tool runs in another version than the turn began with",
            "`Census.candidatesAt`",
            Guard.PINNED_TOOL,
            Invariant.PINNED_TOOL),
    ENDLESS_ATTEMPTS(
            "bounds",
            "attempts are not counted",
            "`Draft.attemptsLeft`",
            Guard.ATTEMPT_BOUND,
            Invariant.ATTEMPTS_BOUNDED),
    ENDLESS_TURN(
            "bounds", "a turn runs on past its deadline", "`Decider.tick`", Guard.DEADLINE, Invariant.ENDS_IN_TIME),
    ENDLESS_REPAIR(
            "bounds",
            "an answer of another format is repaired again and again",
            "`Repair.due`",
            Guard.ONE_REPAIR,
            Invariant.REPAIRED_ONCE),
    SIDE_BY_SIDE(
            "one turn of a conversation",
            "turns of a conversation run side by side",
            "`ConversationRules.admit`",
            Guard.ONE_TURN,
            Invariant.ONE_LINE),
    APPROVED_TWICE(
            "one answer to a request for approval",
            "a request is answered as often as somebody answers it",
            "`ApprovalRules.judge`",
            Guard.ANSWERED_ONCE,
            Invariant.APPROVED_ONCE);

    /** It must show within so many runs. */
    private static final int SHOWS_WITHIN = 10_000;

    final String guard;
    final String what;
    final String place;
    final Setup setup;
    final Set<Invariant> expected;

    Removal(String guard, String what, String place, Guard out, Invariant expected) {
        this(guard, what, place, Setup.of(Guards.without(out), Breach.NONE), expected);
    }

    Removal(String guard, String what, String place, Breach breach, Invariant expected, Invariant... more) {
        this(guard, what, place, Setup.of(Guards.ALL, breach), expected, more);
    }

    Removal(String guard, String what, String place, Setup setup, Invariant expected, Invariant... more) {
        this.guard = guard;
        this.what = what;
        this.place = place;
        this.setup = setup;
        this.expected = EnumSet.of(expected, more);
    }

    /** Run after run, until all that must break has: what broke, and in which run first. */
    Map<Invariant, Integer> firstBroken() {
        Map<Invariant, Integer> broken = new EnumMap<>(Invariant.class);
        for (int seed = 1; seed <= SHOWS_WITHIN && !broken.keySet().containsAll(expected); seed++) {
            try {
                Simulation.run(seed, setup);
            } catch (BrokenInvariantException e) {
                broken.putIfAbsent(e.invariant, seed);
            }
        }
        return broken;
    }

    /** The first time that this breaks. */
    static BrokenInvariantException firstOf(Setup setup, Invariant invariant) {
        for (int seed = 1; seed <= SHOWS_WITHIN; seed++) {
            try {
                Simulation.run(seed, setup);
            } catch (BrokenInvariantException e) {
                if (e.invariant == invariant) {
                    return e;
                }
            }
        }
        throw new AssertionError(invariant + " holds without " + setup);
    }
}
