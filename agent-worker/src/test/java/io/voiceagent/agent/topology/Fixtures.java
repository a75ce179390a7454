package io.voiceagent.agent.topology;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.Usage;
import java.util.List;

/** A tool that must not run twice, and what models answer. */
final class Fixtures {
    static final ToolDescription TOOL = new ToolDescription(
            "once",
            ToolDescription.BUILTIN_SERVER,
            ToolDescription.Kind.MCP,
            "a tool",
            Json.tree("{\"type\":\"object\"}"),
            false,
            1_000,
            1_000,
            "hash");

    private Fixtures() {}

    static CallOutput.Model answer(String text) {
        return output(new Item.Message(Item.Role.ASSISTANT, text), CallOutput.Finish.STOP);
    }

    static CallOutput.Model asks(String tool) {
        return output(new Item.ToolCall("c1", tool, "{}"), CallOutput.Finish.TOOL_CALLS);
    }

    private static CallOutput.Model output(Item item, CallOutput.Finish finish) {
        return new CallOutput.Model(List.of(item), finish, new Usage(1, 0, 1, 0), "model");
    }
}
