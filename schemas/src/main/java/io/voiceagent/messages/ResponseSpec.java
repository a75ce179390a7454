package io.voiceagent.messages;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the client asked for: all that a response object echoes, and the input. Limits are checked before it is made.
 *
 * @param input never empty
 * @param previousResponseId the parent: its context comes before this input
 * @param maxOutputTokens bound over all model calls of the turn
 * @param maxToolCalls bound over all hosted tool calls of the turn
 * @param text the {@code text} object as the client sent it, null when absent
 * @param reasoning the {@code reasoning} object as the client sent it, null when absent
 * @param conversationId public id of the conversation object, null when the turn names none
 */
public record ResponseSpec(
        String model,
        List<Item> input,
        @Nullable String instructions,
        List<ToolSpec> tools,
        ToolChoice toolChoice,
        boolean parallelToolCalls,
        boolean background,
        boolean store,
        @Nullable String previousResponseId,
        Map<String, String> metadata,
        @Nullable Integer maxOutputTokens,
        @Nullable Integer maxToolCalls,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable JsonNode text,
        @Nullable JsonNode reasoning,
        @Nullable String safetyIdentifier,
        @Nullable String promptCacheKey,
        @Nullable String conversationId) {
    public ResponseSpec {
        input = List.copyOf(input);
        tools = tools == null ? List.of() : List.copyOf(tools);
        toolChoice = toolChoice == null ? ToolChoice.AUTO : toolChoice;
        // Not Map.copyOf: its order differs from process to process, and all readers must render the same bytes.
        metadata = metadata == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /** A turn in the background that leaves everything else to its default. */
    public static ResponseSpec inBackground(
            String model, List<Item> input, @Nullable String instructions, List<ToolSpec> tools) {
        return new ResponseSpec(
                model,
                input,
                instructions,
                tools,
                ToolChoice.AUTO,
                true,
                true,
                true,
                null,
                Map.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null);
    }
}
