package io.voiceagent.faults;

import io.voiceagent.transport.crash.CrashPoint;

/**
 * One harm to one process.
 *
 * @param victim 1 or 2: which of the two
 * @param times it happens when the process comes to the point for this time, counted from when it is told so, 1 or more
 */
public record Fault(Role role, int victim, CrashPoint point, int times, Harm harm) {
    /** Seals are written only for calls whose outcome nobody knows: a worker has to die first. */
    boolean needsSeals() {
        return point == CrashPoint.ORCHESTRATOR_SEAL_BEFORE || point == CrashPoint.ORCHESTRATOR_SEAL_AFTER;
    }

    @Override
    public String toString() {
        return "%s %s-%d at %s #%d".formatted(harm.text(), role, victim, point.text(), times);
    }
}
