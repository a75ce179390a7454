package io.voiceagent.messages.fold;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.TokenLogprob;
import io.voiceagent.messages.ToolDescription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A model call: at most one message and one reasoning item, and any number of tool calls, whose deltas may interleave. */
final class ModelStep extends OpenStep {
    /** The items of the current attempt in the order in which they began. */
    private final List<OutputItem> items = new ArrayList<>();
    /** Tool calls by their number within the model call. Only looked up in, so its order does not matter. */
    private final Map<Integer, OutputItem> toolCalls = new HashMap<>();
    /** Calls that wait for the client's approval, by their number within the model call, in the order in which they began. */
    private final Map<Integer, ToApprove> toApprove = new LinkedHashMap<>();

    private record ToApprove(ToolDescription tool, StringBuilder arguments) {}

    private @Nullable TextItem message;
    private @Nullable TextItem reasoning;

    ModelStep(Output output) {
        super(output, 1);
    }

    @Override
    void delta(int number, Frame.Delta delta) {
        switch (delta) {
            case Frame.Text(String text, List<TokenLogprob> logprobs) ->
                text(text, TextItem.Kind.OUTPUT, logprobs == null ? List.of() : logprobs);
            case Frame.Refusal(String text) -> text(text, TextItem.Kind.REFUSAL, List.of());
            case Frame.ReasoningText(String text) -> reasoning(text);
            case Frame.ToolCallStart start -> toolCall(start);
            case Frame.ToolCallArguments(int index, String text) -> {
                ToApprove call = toApprove.get(index);
                if (call == null) {
                    arguments(toolCalls.get(index), text);
                } else {
                    call.arguments.append(text);
                }
            }
            case Frame.Progress _ -> {} // tells nothing of a model call
        }
    }

    private void toolCall(Frame.ToolCallStart start) {
        if (toolCalls.containsKey(start.index()) || toApprove.containsKey(start.index())) {
            return;
        }
        ToolDescription waiting = output.toApprove(start.name());
        if (waiting != null) {
            toApprove.put(start.index(), new ToApprove(waiting, new StringBuilder()));
            return;
        }
        OutputItem item = output.beginToolCall(start.callId(), start.name());
        toolCalls.put(start.index(), item);
        items.add(item);
    }

    private void text(String text, TextItem.Kind kind, List<TokenLogprob> logprobs) {
        if (text.isEmpty()) {
            return;
        }
        if (message == null) {
            message = output.beginMessage();
            items.add(message);
        }
        message.append(kind, text, logprobs);
    }

    private void reasoning(String text) {
        if (text.isEmpty()) {
            return;
        }
        if (reasoning == null) {
            reasoning = output.beginReasoning();
            items.add(reasoning);
        }
        reasoning.append(TextItem.Kind.REASONING, text, List.of());
    }

    private static void arguments(@Nullable OutputItem item, String text) {
        if (text.isEmpty()) {
            return;
        }
        if (item instanceof FunctionCallItem function) {
            function.append(text);
        } else if (item instanceof HostedCallItem hosted) {
            hosted.append(text);
        }
    }

    @Override
    void superseded() {
        items.forEach(item -> item.end(OutputItem.INCOMPLETE));
        items.clear();
        toolCalls.clear();
        toApprove.clear();
        message = null;
        reasoning = null;
    }

    @Override
    void end() {
        CallOutcome outcome = outcome(0);
        if (outcome == null || !outcome.accepted()) {
            superseded();
            return;
        }
        String status = whole(outcome) ? OutputItem.COMPLETED : OutputItem.INCOMPLETE;
        for (OutputItem item : items) {
            output.accept(item);
            if (item instanceof HostedCallItem hosted) {
                output.keepOpen(hosted);
            } else {
                item.end(status);
            }
        }
        // Whoever approves has to see all of it, so a call that was cut short can't be asked for
        if (whole(outcome)) {
            toApprove.values().forEach(call -> output.requestApproval(call.tool, call.arguments.toString()));
        }
    }

    /** Whether the model came to an end of its own, and said what it was asked for. */
    private static boolean whole(CallOutcome outcome) {
        return outcome.error() == null
                && outcome.output() instanceof CallOutput.Model model
                && model.violations() == null
                && (model.finish() == Finish.STOP || model.finish() == Finish.TOOL_CALLS);
    }
}
