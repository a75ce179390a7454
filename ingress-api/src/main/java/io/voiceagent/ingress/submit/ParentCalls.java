package io.voiceagent.ingress.submit;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Function calls that the parent left open must be answered by its child, and no others can be: a model endpoint would refuse the context
 * otherwise, when the turn already runs.
 */
final class ParentCalls {
    private ParentCalls() {}

    /**
     * Checks the outputs in {@code input} against the calls in {@code parent} and in {@code input} itself.
     *
     * @param parent the parent's response object, JSON text
     * @throws Refusal when a call has no output or an output has no call
     */
    static void requireAnswered(String parent, List<Item> input) {
        Set<String> open = openCalls(Json.tree(parent));
        Set<String> own = input.stream()
                .filter(Item.ToolCall.class::isInstance)
                .map(item -> ((Item.ToolCall) item).callId())
                .collect(Collectors.toSet());
        Set<String> outputs = input.stream()
                .filter(Item.ToolResult.class::isInstance)
                .map(item -> ((Item.ToolResult) item).callId())
                .filter(id -> !own.contains(id))
                .collect(Collectors.toSet());
        if (!open.containsAll(outputs)) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    "input",
                    "A function_call_output of 'input' has a call_id that no function_call of the previous response has.");
        }
        if (!outputs.containsAll(open)) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    "input",
                    "The previous response has %d function calls: 'input' must have a function_call_output for each."
                            .formatted(open.size()));
        }
    }

    private static Set<String> openCalls(JsonNode parent) {
        Set<String> open = new HashSet<>();
        for (JsonNode item : parent.path("output").values()) {
            if (item.path("type").asString("").equals("function_call")) {
                open.add(item.path("call_id").asString(""));
            }
        }
        return open;
    }
}
