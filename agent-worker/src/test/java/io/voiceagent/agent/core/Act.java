package io.voiceagent.agent.core;

import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.Frame;
import io.voiceagent.transport.stage.Outcome;
import io.voiceagent.transport.stage.WorkerRules;
import java.util.List;

/** One thing that a handler does; {@code after} is the time that it takes, milliseconds. */
sealed interface Act {
    long after();

    /** Streams deltas in one frame. */
    record Say(long after, List<Frame.Delta> deltas) implements Act {}

    /**
     * Does what a tool is there for.
     *
     * @param once whether it must not be done twice, so that the lease is asked before
     */
    record HaveEffect(long after, boolean once) implements Act {}

    /**
     * The model has come to its end: the outcome is what was said.
     *
     * @param violations in what it is not of the format that was asked for
     */
    record EndAnswer(long after, Finish finish, List<String> violations) implements Act {}

    record End(long after, Outcome outcome) implements Act {}

    record BreakOff(long after, WorkerRules.Break why) implements Act {}

    /** Nothing more comes until somebody stops it. */
    record Hang(long after) implements Act {}
}
