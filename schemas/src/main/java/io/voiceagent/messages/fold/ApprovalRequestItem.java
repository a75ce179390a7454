package io.voiceagent.messages.fold;

import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.ToolDescription;
import tools.jackson.core.JsonGenerator;

/** The model asks for a tool that our workers run when the client has approved. It comes whole, and has no status. */
final class ApprovalRequestItem extends OutputItem {
    private final ToolDescription tool;
    private final String arguments;

    /** @param number of the request among those of the turn */
    ApprovalRequestItem(
            EventWriter events, String responseId, int index, int number, ToolDescription tool, String arguments) {
        super(events, Approvals.requestId(responseId, number), index);
        this.tool = tool;
        this.arguments = arguments;
    }

    @Override
    void writeFields(JsonGenerator out) {
        out.writeStringProperty("type", "mcp_approval_request");
        out.writeStringProperty("server_label", tool.server());
        out.writeStringProperty("name", tool.name());
        out.writeStringProperty("arguments", arguments);
    }

    @Override
    void writeStatus(JsonGenerator out, String current) {}
}
