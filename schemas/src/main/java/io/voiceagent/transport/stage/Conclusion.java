package io.voiceagent.transport.stage;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.TurnError;
import org.jspecify.annotations.Nullable;

/**
 * What is reported of an attempt, from how its handler ended and what was asked of it meanwhile. Pure.
 *
 * @param end how the handler ended
 * @param stop why it was told to end, null when it was not
 * @param framesBroken whether a delta was not taken or a frame had to be sent again: readers may then have seen less than a
 *     model's completed output says; a tool's output is not in its frames
 */
record Conclusion(End end, @Nullable StopKind stop, boolean framesBroken) {

    /** How a handler ended. */
    sealed interface End {
        /** With an outcome. */
        record Returned(Outcome outcome) implements End {}

        /** With an exception. */
        record Threw(Throwable error) implements End {}

        /** Not, in the time that it had after a stop. */
        record Overdue() implements End {}
    }

    /** Why an attempt was told to end. */
    enum StopKind {
        /** The orchestrator wants it to. */
        ORDERED,
        /** This worker, or this incarnation of it, leaves: someone else shall try. */
        HANDED_BACK
    }

    /** @param frames number of frames of the attempt, all acknowledged */
    CallResult result(CallRef ref, String conversation, String incarnation, int frames) {
        if (end instanceof End.Returned(Outcome.Completed(CallOutput output))
                && (!framesBroken || output instanceof CallOutput.Tool)) {
            return new CallResult.Completed(ref, conversation, incarnation, frames, output);
        }
        if (stop == StopKind.ORDERED) {
            return new CallResult.Stopped(ref, conversation, incarnation, frames, outputSoFar());
        }
        Outcome.Failed failure = failure();
        return new CallResult.Failed(
                ref,
                conversation,
                incarnation,
                frames,
                failure.error(),
                failure.retryable(),
                failure.retryAfterMillis());
    }

    private @Nullable CallOutput outputSoFar() {
        return end instanceof End.Returned(Outcome.Stopped(CallOutput output)) ? output : null;
    }

    private Outcome.Failed failure() {
        if (stop == StopKind.HANDED_BACK) {
            return handedBack("The worker left before the call had ended");
        }
        if (framesBroken) {
            return handedBack("The answer could not be streamed");
        }
        return switch (end) {
            case End.Returned(Outcome.Failed failed) -> failed;
            case End.Threw(LeaseLostException _) -> handedBack("The worker could not be sure of its lease");
            case End.Threw(FramesFailedException _) -> handedBack("The answer could not be streamed");
            case End.Threw(Throwable e) ->
                defect("The worker failed: " + e.getClass().getSimpleName());
            case End.Returned _ -> defect("The worker stopped without an order");
            case End.Overdue _ -> defect("The worker gave up without an order");
        };
    }

    private static Outcome.Failed defect(String what) {
        return new Outcome.Failed(new TurnError(ErrorCodes.INTERNAL, what), false, 0);
    }

    private static Outcome.Failed handedBack(String why) {
        return new Outcome.Failed(new TurnError(ErrorCodes.WORKER_LOST, why), true, 0);
    }
}
