package io.voiceagent.messages.fold;

import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent.Accepted;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.ToolDescription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All items of a turn: numbers them, and keeps those that belong to the response's {@code output}. */
final class Output {
    private final EventWriter events;
    private final String responseId;
    private final ResponseSpec spec;
    /** Hosted tools by name. Only looked up in, so its order does not matter. */
    private final Map<String, ToolDescription> hosted = new HashMap<>();
    /** Hosted calls that the model has asked for and no tools step has ended, in the order in which they began. */
    private final List<HostedCallItem> open = new ArrayList<>();

    private final List<OutputItem> accepted = new ArrayList<>();
    private int added;
    private int approvals;

    Output(EventWriter events, Accepted begin) {
        this.events = events;
        this.responseId = begin.responseId();
        this.spec = begin.spec();
        begin.catalogue().forEach(tool -> hosted.put(tool.name(), tool));
    }

    /** The items of the response object, in the order in which they began. */
    List<OutputItem> items() {
        return List.copyOf(accepted);
    }

    TextItem beginMessage() {
        return begin(TextItem.message(events, responseId, added));
    }

    TextItem beginReasoning() {
        return begin(TextItem.reasoning(events, responseId, added));
    }

    /** Begins the item of a tool call: a hosted one when the turn's catalogue has the name, else one for the client. */
    OutputItem beginToolCall(String callId, String name) {
        ToolDescription tool = hosted.get(name);
        return tool == null
                ? begin(new FunctionCallItem(events, responseId, added, callId, name))
                : begin(new HostedCallItem(events, responseId, added, callId, tool, null));
    }

    /** The hosted tool of that name when its calls wait for the client's approval, else null. */
    @Nullable
    ToolDescription toApprove(String name) {
        ToolDescription tool = hosted.get(name);
        return tool != null && Approvals.needed(spec, tool) ? tool : null;
    }

    /** A call that waits for the client's approval, with all of its arguments. */
    void requestApproval(ToolDescription tool, String arguments) {
        ApprovalRequestItem item =
                begin(new ApprovalRequestItem(events, responseId, added, approvals++, tool, arguments));
        accept(item);
        item.end(OutputItem.COMPLETED);
    }

    /** Begins the item of a call that the client has approved; its arguments are known from the first. */
    void beginApproved(PlannedTool planned) {
        ToolDescription tool = hosted.get(planned.tool());
        if (tool != null) {
            HostedCallItem item = begin(
                    new HostedCallItem(events, responseId, added, planned.callId(), tool, planned.approvalRequestId()));
            item.append(planned.arguments());
            accept(item);
            keepOpen(item);
        }
    }

    private <T extends OutputItem> T begin(T item) {
        added++;
        item.begin();
        return item;
    }

    /** {@code item} belongs to the output. */
    void accept(OutputItem item) {
        accepted.add(item);
    }

    /** {@code item} stays open until a tools step runs it. */
    void keepOpen(HostedCallItem item) {
        item.asked();
        open.add(item);
    }

    /** The open hosted call with that id of the model's. */
    @Nullable
    HostedCallItem hostedCall(String callId) {
        return open.stream()
                .filter(item -> item.callId().equals(callId))
                .findFirst()
                .orElse(null);
    }

    /** Ends an open hosted call with what its run brought. */
    void end(HostedCallItem item, CallOutcome outcome) {
        open.remove(item);
        item.end(outcome);
    }

    /** The turn ends: hosted calls that were never run end unfinished. */
    void endAll() {
        open.forEach(item -> item.end(OutputItem.INCOMPLETE));
        open.clear();
    }
}
