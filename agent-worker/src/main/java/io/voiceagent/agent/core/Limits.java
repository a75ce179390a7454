package io.voiceagent.agent.core;

import java.util.concurrent.TimeUnit;

/**
 * Bounds of every turn. All times are milliseconds.
 *
 * @param maxAttempts attempts of one call that may fail or be lost; an attempt that never started does not count
 * @param maxToolRounds model answers of one turn that may ask for tools
 * @param backoffBase wait after the first failed attempt; doubles with each further one
 * @param backoffMax longest wait, also when the endpoint wishes for a longer one
 * @param busyBackoff wait after two workers in a row were too full; doubles with each further one, up to ten times as much
 * @param startWithin an attempt not started so long after its assignment is not started at all
 * @param stopGrace how long a stopped call may take to answer before the turn ends without it
 * @param contextTokens of the model's window: what a context is made to fit into when its turn asks for that
 * @param approvalLife how long a request for approval waits for its answer
 */
public record Limits(
        int maxAttempts,
        int maxToolRounds,
        long backoffBase,
        long backoffMax,
        long busyBackoff,
        long startWithin,
        long stopGrace,
        int contextTokens,
        long approvalLife) {
    /** What runs when nothing else is set. */
    public static final Limits DEFAULT =
            new Limits(3, 7, 250, 30_000, 100, 30_000, 3_000, 128_000, TimeUnit.HOURS.toMillis(24));

    public Limits {
        if (maxAttempts < 1 || maxToolRounds < 0 || backoffBase < 0 || backoffMax < backoffBase || stopGrace < 0) {
            throw new IllegalArgumentException("limits must not be negative, and at least one attempt is needed");
        }
    }

    /** The same with another number of tool rounds. */
    public Limits withMaxToolRounds(int rounds) {
        return new Limits(
                maxAttempts,
                rounds,
                backoffBase,
                backoffMax,
                busyBackoff,
                startWithin,
                stopGrace,
                contextTokens,
                approvalLife);
    }

    /** The same with another window of the model. */
    public Limits withContextTokens(int tokens) {
        return new Limits(
                maxAttempts,
                maxToolRounds,
                backoffBase,
                backoffMax,
                busyBackoff,
                startWithin,
                stopGrace,
                tokens,
                approvalLife);
    }

    /** The same with another time for approvals, milliseconds. */
    public Limits withApprovalLife(long life) {
        return new Limits(
                maxAttempts,
                maxToolRounds,
                backoffBase,
                backoffMax,
                busyBackoff,
                startWithin,
                stopGrace,
                contextTokens,
                life);
    }

    /** Wait before the next attempt after {@code failures} failed ones (1 and up). */
    long backoff(int failures, long wished) {
        long own = backoffBase << Math.min(failures - 1, 20);
        return Math.min(backoffMax, Math.max(own, wished));
    }

    /** Wait after the {@code refusals}-th worker in a row was too full (1 and up): none the first time. */
    long busyBackoff(int refusals) {
        return refusals == 1 ? 0 : Math.min(busyBackoff << Math.min(refusals - 2, 10), 10 * busyBackoff);
    }
}
