package io.voiceagent.agent.core;

import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.ToolDescription;

/** An effect of a decision: a record for the calls topic of a stage. */
public sealed interface Command {
    /** The attempt that is ordered or stopped. */
    CallRef ref();

    /** The stage whose calls topic is written. */
    Stage stage();

    /** Incarnation of the worker that may act. */
    String owner();

    /** Where that worker reads. */
    int partition();

    /**
     * Call the model with the context that {@link Prompt#request} gives for the turn.
     *
     * @param notAfter milliseconds since the epoch
     */
    record CallModel(CallRef ref, String owner, int partition, long notAfter) implements Command {
        @Override
        public Stage stage() {
            return Stage.LLM;
        }
    }

    /**
     * Run a tool.
     *
     * @param notAfter milliseconds since the epoch
     */
    record CallTool(
            CallRef ref, String owner, int partition, long notAfter, PlannedTool planned, ToolDescription description)
            implements Command {
        @Override
        public Stage stage() {
            return Stage.TOOL;
        }
    }

    /** Stop an attempt, or ask what became of it. */
    record Stop(CallRef ref, Stage stage, String owner, int partition, String reason) implements Command {}
}
