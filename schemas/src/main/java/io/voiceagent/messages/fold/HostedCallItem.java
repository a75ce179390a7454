package io.voiceagent.messages.fold;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolDescription.Kind;
import io.voiceagent.messages.TurnError;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * The model asks for a tool that our workers run: a {@code web_search_call} or an {@code mcp_call}. It is begun by the model's step, or by the
 * client's approval of what an earlier turn's model asked for, and ended by the step that runs it.
 */
final class HostedCallItem extends OutputItem {
    private final String callId;
    private final ToolDescription tool;
    private final @Nullable String approvalRequestId;
    private final StringBuilder arguments = new StringBuilder();
    private @Nullable String output;
    private @Nullable String error;
    private boolean asked;
    private boolean searching;

    /** @param approvalRequestId what the client approved, null when nothing had to be */
    HostedCallItem(
            EventWriter events,
            String responseId,
            int index,
            String callId,
            ToolDescription tool,
            @Nullable String approvalRequestId) {
        super(events, responseId, tool.kind() == Kind.WEB_SEARCH ? "ws_" : "mcp_", index);
        this.callId = callId;
        this.tool = tool;
        this.approvalRequestId = approvalRequestId;
    }

    /** The model's id of the call. */
    String callId() {
        return callId;
    }

    private boolean webSearch() {
        return tool.kind() == Kind.WEB_SEARCH;
    }

    @Override
    void begin() {
        super.begin();
        itemEvent(webSearch() ? "response.web_search_call.in_progress" : "response.mcp_call.in_progress");
    }

    void append(String delta) {
        arguments.append(delta);
        if (!webSearch()) {
            itemEvent("response.mcp_call_arguments.delta", out -> out.writeStringProperty("delta", delta));
        }
    }

    /** The model has said all of its arguments. */
    void asked() {
        if (asked) {
            return;
        }
        asked = true;
        if (!webSearch()) {
            itemEvent(
                    "response.mcp_call_arguments.done",
                    out -> out.writeStringProperty("arguments", arguments.toString()));
        }
    }

    /** The tool tells where it is; only a search has a public event for it, and only one. */
    void progress(String status) {
        if (webSearch() && !searching && status.equals("searching")) {
            searching = true;
            itemEvent("response.web_search_call.searching");
        }
    }

    /** Ends the item with what its run brought. */
    void end(CallOutcome outcome) {
        TurnError failure = outcome.error();
        if (outcome.output() instanceof CallOutput.Tool(String text, TurnError told)) {
            output = text;
            failure = failure == null ? told : failure;
        }
        error = failure == null ? null : failure.message();
        if (outcome.accepted() && failure == null && output != null) {
            end(COMPLETED);
        } else {
            end(failure == null ? INCOMPLETE : FAILED);
        }
    }

    @Override
    void end(String finalStatus) {
        asked();
        if (finalStatus.equals(COMPLETED)) {
            itemEvent(webSearch() ? "response.web_search_call.completed" : "response.mcp_call.completed");
        } else if (!webSearch()) {
            itemEvent("response.mcp_call.failed");
        }
        // A web search has no status "incomplete"
        super.end(webSearch() && finalStatus.equals(INCOMPLETE) ? FAILED : finalStatus);
    }

    @Override
    void writeFields(JsonGenerator out) {
        if (webSearch()) {
            out.writeStringProperty("type", "web_search_call");
            out.writeName("action");
            out.writeStartObject();
            out.writeStringProperty("type", "search");
            out.writeStringProperty("query", asked ? query(arguments.toString()) : "");
            out.writeEndObject();
            return;
        }
        out.writeStringProperty("type", "mcp_call");
        out.writeStringProperty("server_label", tool.server());
        out.writeStringProperty("name", tool.name());
        out.writeStringProperty("arguments", arguments.toString());
        out.writeStringProperty("output", output);
        out.writeStringProperty("error", error);
        out.writeStringProperty("approval_request_id", approvalRequestId);
    }

    /** What was searched for; the arguments are the model's text and may be anything. */
    private static String query(String arguments) {
        try {
            JsonNode query = Json.tree(arguments).path("query");
            return query.isString() ? query.stringValue() : "";
        } catch (MalformedMessageException notJson) {
            return "";
        }
    }
}
