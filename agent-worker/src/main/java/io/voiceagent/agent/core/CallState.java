package io.voiceagent.agent.core;

import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent.AttemptEnded;
import io.voiceagent.messages.StepEvent.CallAssigned;
import io.voiceagent.messages.StepEvent.CallOutcome;

/** Where one call of the open step stands. */
public sealed interface CallState {
    /** The call with its current attempt. */
    CallRef ref();

    /**
     * What earlier attempts came to.
     *
     * @param failures attempts that failed or were lost
     * @param refusals attempts in a row that never started
     * @param traces whether an earlier attempt may have written frames
     */
    record Tries(int failures, int refusals, boolean traces) {
        static final Tries NONE = new Tries(0, 0, false);

        Tries after(AttemptEnded ended) {
            return switch (ended.reason()) {
                case Reasons.BUSY, Reasons.NEVER_STARTED -> new Tries(failures, refusals + 1, traces);
                default -> new Tries(failures + 1, 0, true);
            };
        }
    }

    /**
     * Nobody has it.
     *
     * @param notBefore milliseconds since the epoch
     */
    record Waiting(CallRef ref, Tries tries, long notBefore) implements CallState {
        Assigned assign(CallAssigned event) {
            return new Assigned(
                    event.ref(), event.stage(), event.owner(), event.partition(), event.at(), event.notAfter(), tries);
        }
    }

    /** One worker has it; only that worker's answer to this very attempt counts. */
    record Assigned(CallRef ref, Stage stage, String owner, int partition, long at, long notAfter, Tries tries)
            implements CallState {
        Waiting release(AttemptEnded event) {
            CallRef next = new CallRef(ref.responseId(), ref.step(), ref.call(), event.nextAttempt());
            return new Waiting(next, tries.after(event), event.retryAt());
        }
    }

    /** It has its outcome. */
    record Done(CallOutcome outcome) implements CallState {
        @Override
        public CallRef ref() {
            return outcome.ref();
        }
    }
}
