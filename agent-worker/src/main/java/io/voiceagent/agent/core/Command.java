package io.voiceagent.agent.core;

import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.ToolDescription;
import java.util.List;
import java.util.function.Supplier;

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
     * The record that is written.
     *
     * @param turn the turn after the decision; one that is open unless this is a stop
     * @param ancestors see {@link Prompt#request}; asked for only when a model is called
     */
    default Call call(Turn turn, Supplier<List<Turn.Over>> ancestors) {
        String conversation = ResponseId.parse(turn.responseId()).conversation();
        return switch (this) {
            case CallModel model ->
                new Call.Model(
                        model.ref(),
                        conversation,
                        ((Turn.Active) turn).accepted().tenant(),
                        model.owner(),
                        model.notAfter(),
                        Prompt.request((Turn.Active) turn, ancestors.get(), model.contextTokens()));
            case CallTool tool ->
                new Call.Tool(
                        tool.ref(),
                        conversation,
                        ((Turn.Active) turn).accepted().tenant(),
                        tool.owner(),
                        tool.notAfter(),
                        tool.planned().callId(),
                        tool.planned().tool(),
                        tool.description().hash(),
                        tool.planned().arguments());
            case Stop stop -> new Call.Stop(stop.ref(), conversation, stop.owner(), stop.reason());
        };
    }

    /**
     * Call the model with the context that {@link Prompt#request} gives for the turn.
     *
     * @param notAfter milliseconds since the epoch
     * @param contextTokens see {@link Limits}
     */
    record CallModel(CallRef ref, String owner, int partition, long notAfter, int contextTokens) implements Command {
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
