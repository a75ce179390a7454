package io.voiceagent.agent.core;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What really happened: a simulation that met no trouble shows nothing. */
final class Tally {
    enum Happening {
        TURN,
        COMPLETED,
        FAILED,
        CANCELLED,
        INCOMPLETE,
        CONTINUED_TURN,
        PARALLEL_TOOLS,
        CLIENT_FUNCTION,
        APPROVAL_ASKED,
        APPROVED,
        DECLINED,
        APPROVAL_ANSWERED_TWICE,
        APPROVAL_EXPIRED,
        FORCED_TOOL,
        DELETED,
        DELETED_UNDER_A_TURN,
        NOT_KEPT,
        DEADLINE_PASSED,
        TOO_LARGE,
        ANSWER_REPAIRED,
        INVALID_OUTPUT,
        DUPLICATE_REQUEST,
        WORKER_CRASH,
        WORKER_PAUSE,
        WORKER_DRAINED,
        MANY_SILENT,
        ORCHESTRATOR_CRASH,
        ORCHESTRATOR_PAUSE,
        ORCHESTRATOR_REPLACED,
        ZOMBIE_FENCED,
        DECISION_ROLLED_BACK,
        CALL_RECORD_UNREADABLE,
        CALL_RECORD_AGAIN,
        ANNOUNCEMENT_LOST,
        FRAME_SENT_AGAIN,
        RESULT_SENT_AGAIN,
        STRAY_RESULT,
        ATTEMPT,
        SECOND_ATTEMPT,
        REPEATED,
        KEY_TAKEN,
        ATTACHED,
        ATTEMPT_BUSY,
        ATTEMPT_NEVER_STARTED,
        ATTEMPT_FAILED,
        ATTEMPT_LOST,
        SUPERSEDED_IN_THE_STREAM,
        UNLISTED_ASKED,
        RESULT_REFUSED,
        SEAL,
        EFFECT,
        LEASE_REFUSED_EFFECT,
        OUTCOME_UNKNOWN,
        STOPPED_WITH_OUTPUT,
        STOP_IGNORED,
        LOCKED,
        QUEUED,
        INTERRUPTED,
        ENDED_IN_QUEUE,
        STARTED_FROM_QUEUE
    }

    private final Map<Happening, Long> counts = new EnumMap<>(Happening.class);
    private long steps;

    /** One more thing has happened, whatever it was. */
    void step() {
        steps++;
    }

    /** Things that happened: an arrival, a timer, a read, a commit. */
    long steps() {
        return steps;
    }

    void count(Happening happening) {
        counts.merge(happening, 1L, Long::sum);
    }

    long of(Happening happening) {
        return counts.getOrDefault(happening, 0L);
    }

    void add(Tally other) {
        steps += other.steps;
        other.counts.forEach((happening, count) -> counts.merge(happening, count, Long::sum));
    }

    Set<Happening> missing() {
        return EnumSet.allOf(Happening.class).stream()
                .filter(happening -> of(happening) == 0)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Happening.class)));
    }

    @Override
    public String toString() {
        return Arrays.stream(Happening.values())
                .map(happening -> happening + "=" + of(happening))
                .collect(Collectors.joining(" "));
    }
}
