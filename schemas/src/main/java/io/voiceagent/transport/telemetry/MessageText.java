package io.voiceagent.transport.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ModelRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What was said, on the spans of calls: only when it is switched on, redacted, and cut so that an attribute is always whole JSON.
 *
 * @param on whether spans have it
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/">gen_ai.input.messages and the like</a>
 */
public record MessageText(boolean on) {
    /** No text. */
    public static final MessageText OFF = new MessageText(false);

    static final AttributeKey<String> INPUT = AttributeKey.stringKey("gen_ai.input.messages");
    static final AttributeKey<String> OUTPUT = AttributeKey.stringKey("gen_ai.output.messages");
    static final AttributeKey<String> ARGUMENTS = AttributeKey.stringKey("gen_ai.tool.call.arguments");
    static final AttributeKey<String> RESULT = AttributeKey.stringKey("gen_ai.tool.call.result");
    /** Longest value: below what the SDK cuts, which would leave half an object. */
    static final int MAX_CHARS = 4_000;

    /** Characters of one text; the shorter ones are for texts that JSON makes longer. */
    private static final int[] MAX_TEXT = {1_000, 200, 40};

    private static final JsonMapper MAPPER = Json.mapper();

    /** What is asked. */
    public void ask(Span span, Call call) {
        if (!on || !span.isRecording()) {
            return;
        }
        switch (call) {
            case Call.Model model -> span.setAttribute(INPUT, input(model.request()));
            case Call.Tool tool -> span.setAttribute(ARGUMENTS, Redaction.of(tool.arguments(), MAX_CHARS));
            case Call.Stop _ -> {}
        }
    }

    /** What was answered. */
    public void answer(Span span, @Nullable CallOutput output) {
        if (!on || output == null || !span.isRecording()) {
            return;
        }
        switch (output) {
            case CallOutput.Model model ->
                span.setAttribute(
                        OUTPUT, json(model.items(), model.finish().name().toLowerCase(Locale.ROOT)));
            case CallOutput.Tool tool -> span.setAttribute(RESULT, Redaction.of(tool.output(), MAX_CHARS));
        }
    }

    static String input(ModelRequest request) {
        return json(request.messages(), null);
    }

    /** The latest of them that there is room for, in their order. */
    static String json(List<Item> items, @Nullable String finish) {
        Deque<String> kept = new ArrayDeque<>();
        int room = MAX_CHARS - 2;
        for (Item item : items.reversed()) {
            String message = message(item, finish, room);
            if (message == null) {
                break;
            }
            kept.addFirst(message);
            room -= message.length() + 1;
        }
        return "[" + String.join(",", kept) + "]";
    }

    private static @Nullable String message(Item item, @Nullable String finish, int room) {
        for (int max : MAX_TEXT) {
            ObjectNode message = message(item, max);
            if (finish != null) {
                message.put("finish_reason", finish);
            }
            String json = message.toString();
            if (json.length() <= room) {
                return json;
            }
        }
        return null;
    }

    private static ObjectNode message(Item item, int max) {
        ObjectNode message = MAPPER.createObjectNode();
        switch (item) {
            case Item.Message(Item.Role role, String text, var _) ->
                part(message, role.name().toLowerCase(Locale.ROOT), "text").put("content", Redaction.of(text, max));
            case Item.Reasoning(String text) ->
                part(message, "assistant", "reasoning").put("content", Redaction.of(text, max));
            case Item.ToolCall call ->
                part(message, "assistant", "tool_call")
                        .put("id", call.callId())
                        .put("name", call.name())
                        .put("arguments", Redaction.of(call.arguments(), max));
            case Item.ToolResult result ->
                part(message, "tool", "tool_call_response")
                        .put("id", result.callId())
                        .put("response", Redaction.of(result.output(), max));
            case Item.ApprovalAnswer answer ->
                part(message, "user", "approval_answer")
                        .put("id", answer.requestId())
                        .put("approve", answer.approve());
        }
        return message;
    }

    private static ObjectNode part(ObjectNode message, String role, String type) {
        ArrayNode parts = message.put("role", role).putArray("parts");
        return parts.addObject().put("type", type);
    }
}
