package io.voiceagent.messages;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One call of a language model, whole: the worker needs nothing else.
 *
 * @param messages the context in order: instructions first, then the branch of the conversation
 * @param maxOutputTokens what is left of the turn's bound, null when there is none
 */
public record ModelRequest(
        String model,
        List<Item> messages,
        List<Tool> tools,
        ToolChoice toolChoice,
        boolean parallelToolCalls,
        @Nullable Integer maxOutputTokens,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable JsonNode text,
        @Nullable JsonNode reasoning) {
    public ModelRequest {
        messages = List.copyOf(messages);
        tools = tools == null ? List.of() : List.copyOf(tools);
    }

    /**
     * A tool as the model sees it.
     *
     * @param parameters JSON Schema of the arguments, null: none are taken
     */
    public record Tool(
            String name,
            @Nullable String description,
            @Nullable JsonNode parameters,
            @Nullable Boolean strict) {}
}
