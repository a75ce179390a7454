package io.voiceagent.tool.core;

import io.voiceagent.messages.ToolDescription;

/** A tool of which the operator wants every call to be approved by the client. It runs as it does: whether it may, is decided before. */
public final class GuardedTool implements Tool {
    private final Tool tool;
    private final ToolDescription description;

    public GuardedTool(Tool tool) {
        this.tool = tool;
        this.description = Descriptions.needingApproval(tool.description());
    }

    @Override
    public ToolDescription description() {
        return description;
    }

    @Override
    public String run(ToolCall call) throws Exception {
        return tool.run(call);
    }
}
