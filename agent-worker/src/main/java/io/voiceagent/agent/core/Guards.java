package io.voiceagent.agent.core;

/**
 * The rules that keep attempts apart. All of them hold, always; they can be taken out one by one only so that a test can show that
 * it would notice.
 *
 * @param attemptFence a result counts only when it is of the attempt that is awaited
 * @param ownership a result counts only when it comes from the worker that owns the attempt
 * @param onceOnly a tool that is not idempotent has no second attempt once it may have started
 * @param echo a worker is declared dead only by someone who hears
 * @param sealTraces an attempt that never opened still cuts what an earlier one left
 * @param attemptBound attempts are counted
 */
record Guards(
        boolean attemptFence,
        boolean ownership,
        boolean onceOnly,
        boolean echo,
        boolean sealTraces,
        boolean attemptBound) {
    static final Guards ALL = new Guards(true, true, true, true, true, true);
}
