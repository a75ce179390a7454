package io.voiceagent.messages;

import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One call of a language model, whole: the worker needs nothing else.
 *
 * @param messages the context in order: instructions first, then the branch of the conversation
 * @param text the client's {@code text} object: the format that is asked for
 * @param serviceTier what the client asked for, null when it did not
 * @param promptCacheKey see {@link ResponseSpec}
 * @param safetyIdentifier see {@link ResponseSpec}
 * @param topLogprobs see {@link ResponseSpec}
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
        @Nullable JsonNode reasoning,
        @Nullable String serviceTier,
        @Nullable String promptCacheKey,
        @Nullable String safetyIdentifier,
        @Nullable Integer topLogprobs) {
    public ModelRequest {
        messages = List.copyOf(messages);
        tools = tools == null ? List.of() : List.copyOf(tools);
    }

    /** A request without what only some endpoints know. */
    public ModelRequest(
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
        this(
                model,
                messages,
                tools,
                toolChoice,
                parallelToolCalls,
                maxOutputTokens,
                temperature,
                topP,
                text,
                reasoning,
                null,
                null,
                null,
                null);
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
