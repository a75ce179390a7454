package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.Item;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * {@code input}: a string, or items. Clients that keep the conversation themselves echo the items of earlier responses:
 *
 * <ul>
 *   <li>messages, function calls and their outputs are taken as they are;
 *   <li>{@code reasoning} is taken as text, and never sent to the model again;
 *   <li>{@code mcp_call} becomes the call and its result, as they stood in the model's context;
 *   <li>{@code mcp_approval_request} is taken and adds nothing: what was asked for stands in the response that asked, and in no client's hands;
 *   <li>{@code web_search_call} is taken and adds nothing: it carries no result, which the message after it has used.
 * </ul>
 */
final class InputParser {
    private static final List<String> STATUSES = List.of("in_progress", "completed", "incomplete");
    /** As above, and how a hosted call can have ended beside. */
    private static final List<String> HOSTED_STATUSES =
            List.of("in_progress", "searching", "calling", "completed", "incomplete", "failed");

    /** Item types of the dialect that are refused, with what to do instead. */
    private static final Map<String, String> REFUSED = refused();

    private final List<Item> items = new ArrayList<>();
    private final ContentParser contents = new ContentParser();
    private final boolean continues;
    /** Calls of the client's own functions so far: call id → name. */
    private final Map<String, String> called = new HashMap<>();
    /** Call ids of the outputs so far. */
    private final Set<String> answered = new HashSet<>();

    /** Approval requests that were answered so far. */
    private final Set<String> approvals = new HashSet<>();

    private InputParser(boolean continues) {
        this.continues = continues;
    }

    /** @param continues whether a previous response may hold the calls whose outputs are sent */
    static List<Item> parse(JsonNode input, String path, boolean continues) {
        if (input.isString()) {
            String text = Fields.text(input, path, Limits.TEXT_CHARS);
            if (text.isEmpty()) {
                throw new Refusal(Code.INVALID_VALUE, path, "'%s' must not be empty.".formatted(path));
            }
            return List.of(new Item.Message(Item.Role.USER, text));
        }
        if (!input.isArray()) {
            throw Fields.wrongType(path, "a string or an array", input);
        }
        InputParser parser = new InputParser(continues);
        List<JsonNode> entries = Fields.array(input, path, Limits.INPUT_ITEMS);
        for (int i = 0; i < entries.size(); i++) {
            parser.item(Fields.of(entries.get(i), "%s[%d]".formatted(path, i)));
        }
        parser.requireOutputs(path);
        if (parser.items.isEmpty()) {
            throw new Refusal(
                    Code.INVALID_VALUE, path, "'%s' must have at least one item with content.".formatted(path));
        }
        return parser.items;
    }

    private void item(Fields item) {
        String type = item.text("type", Limits.ID_CHARS);
        if (type == null) {
            if (!item.has("role")) {
                throw Fields.missing(item.path("type"));
            }
            type = "message";
        }
        item.text("id", Limits.ID_CHARS);
        switch (type) {
            case "message" -> message(item);
            case "function_call" -> functionCall(item);
            case "function_call_output" -> functionCallOutput(item);
            case "reasoning" -> reasoning(item);
            case "mcp_call" -> mcpCall(item);
            case "mcp_approval_request" -> approvalRequest(item);
            case "mcp_approval_response" -> approvalAnswer(item);
            case "web_search_call" -> {
                item.oneOf("status", HOSTED_STATUSES);
                item.object("action");
            }
            default -> throw refuseType(item.path("type"), type);
        }
        item.end();
    }

    private static Refusal refuseType(String path, String type) {
        String remedy = REFUSED.get(type);
        return remedy != null
                ? Fields.unsupportedValue(path, remedy)
                : new Refusal(
                        Code.INVALID_VALUE,
                        path,
                        "'%s' must be one of 'message', 'function_call', 'function_call_output', 'reasoning', 'mcp_call', 'mcp_approval_response', 'web_search_call'."
                                .formatted(path));
    }

    private void message(Fields item) {
        String role = item.requiredText("role", Limits.ID_CHARS);
        item.oneOf("status", STATUSES);
        JsonNode content = item.requiredAny("content");
        String path = item.path("content");
        Item.Role speaker = switch (role) {
            case "user" -> Item.Role.USER;
            case "assistant" -> Item.Role.ASSISTANT;
            case "system", "developer" -> Item.Role.SYSTEM;
            default ->
                throw new Refusal(
                        Code.INVALID_VALUE,
                        item.path("role"),
                        "'%s' must be one of 'user', 'assistant', 'system', 'developer'.".formatted(item.path("role")));
        };
        Item.Message message = contents.message(speaker, content, path);
        if (!message.text().isEmpty() || message.parts() != null) {
            items.add(message);
        } else if (speaker != Item.Role.ASSISTANT) {
            throw new Refusal(Code.INVALID_VALUE, path, "'%s' must not be empty.".formatted(path));
        }
    }

    private void functionCall(Fields item) {
        String callId = item.requiredText("call_id", Limits.ID_CHARS);
        String name = ToolsParser.functionName(item);
        item.oneOf("status", STATUSES);
        String arguments = Fields.text(item.requiredAny("arguments"), item.path("arguments"), Limits.TEXT_CHARS);
        if (called.put(callId, name) != null || answered.contains(callId)) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    item.path("call_id"),
                    "Each function_call of 'input' needs a call_id of its own, and comes before its output.");
        }
        items.add(new Item.ToolCall(callId, name, arguments));
    }

    private void functionCallOutput(Fields item) {
        String callId = item.requiredText("call_id", Limits.ID_CHARS);
        item.oneOf("status", STATUSES);
        JsonNode output = item.requiredAny("output");
        String text = output.isString()
                ? Fields.text(output, item.path("output"), Limits.TEXT_CHARS)
                : ContentParser.text(output, item.path("output"));
        if (!answered.add(callId)) {
            throw new Refusal(
                    Code.INVALID_VALUE, item.path("call_id"), "Two outputs of 'input' have the same call_id.");
        }
        if (!continues && !called.containsKey(callId)) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    item.path("call_id"),
                    "No function_call before this item has its call_id. Send the call first, or previous_response_id.");
        }
        items.add(new Item.ToolResult(callId, text, false, called.get(callId)));
    }

    private void reasoning(Fields item) {
        item.oneOf("status", STATUSES);
        if (item.any("encrypted_content") != null) {
            throw Fields.unsupportedValue(
                    item.path("encrypted_content"), "This server made no encrypted reasoning and can't read any.");
        }
        String summary = texts(item, "summary", "summary_text");
        String content = texts(item, "content", "reasoning_text");
        String text = content.isEmpty() ? summary : content;
        if (!text.isEmpty()) {
            items.add(new Item.Reasoning(text));
        }
    }

    private static String texts(Fields item, String name, String type) {
        List<JsonNode> entries = item.array(name, Limits.CONTENT_PARTS);
        if (entries == null) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < entries.size(); i++) {
            Fields entry = Fields.of(entries.get(i), "%s[%d]".formatted(item.path(name), i));
            if (entry.oneOf("type", List.of(type)) == null) {
                throw Fields.missing(entry.path("type"));
            }
            text.append(Fields.text(entry.requiredAny("text"), entry.path("text"), Limits.TEXT_CHARS));
            entry.end();
        }
        return text.toString();
    }

    private void mcpCall(Fields item) {
        String callId = "call_" + items.size() + "_echoed";
        String name = ToolsParser.functionName(item);
        item.requiredText("server_label", Limits.ID_CHARS);
        item.oneOf("status", HOSTED_STATUSES);
        item.text("approval_request_id", Limits.ID_CHARS);
        String arguments = Fields.text(item.requiredAny("arguments"), item.path("arguments"), Limits.TEXT_CHARS);
        String output = item.text("output", Limits.TEXT_CHARS);
        JsonNode error = item.any("error");
        items.add(new Item.ToolCall(callId, name, arguments));
        items.add(new Item.ToolResult(callId, mcpResult(output, error), error != null || output == null, name));
    }

    private static void approvalRequest(Fields item) {
        ToolsParser.functionName(item);
        item.requiredText("server_label", Limits.ID_CHARS);
        Fields.text(item.requiredAny("arguments"), item.path("arguments"), Limits.TEXT_CHARS);
        item.oneOf("status", HOSTED_STATUSES);
    }

    private void approvalAnswer(Fields item) {
        String path = item.path("approval_request_id");
        String id = item.requiredText("approval_request_id", Limits.ID_CHARS);
        if (Approvals.responseOf(id).isEmpty()) {
            throw new Refusal(
                    Code.APPROVAL_NOT_FOUND,
                    path,
                    "'%s' must be the id of an mcp_approval_request of an earlier response.".formatted(path));
        }
        if (!continues) {
            throw new Refusal(
                    Code.MISSING_REQUIRED_PARAMETER,
                    "previous_response_id",
                    "An mcp_approval_response needs 'previous_response_id' or 'conversation': what was asked for is kept there.");
        }
        if (!approvals.add(id)) {
            throw new Refusal(
                    Code.INVALID_VALUE, path, "'%s' was answered by an item before this one.".formatted(path));
        }
        item.requiredAny("approve");
        boolean approve = item.flag("approve", false);
        String reason = item.text("reason", Limits.TEXT_CHARS);
        items.add(new Item.ApprovalAnswer(id, approve, approve ? null : reason));
    }

    private static String mcpResult(@Nullable String output, @Nullable JsonNode error) {
        if (error != null) {
            return error.isString() ? error.stringValue() : error.toString();
        }
        return output == null ? "The call brought no result." : output;
    }

    /** Model endpoints refuse a call without its output: better said here, by name. */
    private void requireOutputs(String path) {
        long open =
                called.keySet().stream().filter(id -> !answered.contains(id)).count();
        if (open > 0) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    path,
                    "%d function_call of '%s' have no function_call_output with the same call_id."
                            .formatted(open, path));
        }
    }

    private static Map<String, String> refused() {
        Map<String, String> refused = new LinkedHashMap<>();
        refused.put("item_reference", "It needs the 'id' of an output item.");
        refused.put("mcp_list_tools", "Leave it out: the tools of this server are known.");
        for (String type : List.of(
                "file_search_call",
                "code_interpreter_call",
                "computer_call",
                "computer_call_output",
                "image_generation_call",
                "local_shell_call",
                "local_shell_call_output",
                "shell_call",
                "shell_call_output",
                "apply_patch_call",
                "apply_patch_call_output",
                "custom_tool_call",
                "custom_tool_call_output",
                "tool_search_call",
                "tool_search_output")) {
            refused.put(type, "This server has no such tool, so leave the item out.");
        }
        return refused;
    }
}
