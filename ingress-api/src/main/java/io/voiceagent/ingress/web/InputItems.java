package io.voiceagent.ingress.web;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ItemPlace;
import io.voiceagent.messages.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A page of the items that a turn was submitted with, as the dialect's list. An item's id follows from its response's id and its place, so it
 * is the same whenever it is asked for. Items are told as they went to the model: the text parts of a message as one, where it is text alone.
 *
 * @param limit how many items at most
 * @param ascending whether the first item of the input comes first
 * @param after id of the item before the page, null for the first page
 */
record InputItems(int limit, boolean ascending, @Nullable String after) {
    static final int MOST = 100;
    private static final int USUAL = 20;

    /** Reads the query. */
    static InputItems of(ServerHttpRequest request) {
        QueryParameters query = QueryParameters.of(request);
        int limit = query.number("limit", USUAL, 1, MOST);
        boolean ascending = query.oneOf("order", List.of("desc", "asc")).equals("asc");
        String after = query.text("after");
        query.end();
        return new InputItems(limit, ascending, after);
    }

    /**
     * The page, JSON text.
     *
     * @throws Refusal when there is no item {@link #after}
     */
    String page(String responseId, List<Item> input) {
        List<ObjectNode> items = new ArrayList<>();
        for (int i = 0; i < input.size(); i++) {
            items.add(item(input.get(i), responseId, i));
        }
        if (!ascending) {
            Collections.reverse(items);
        }
        int from = from(items);
        List<ObjectNode> page = items.subList(from, Math.min(items.size(), from + limit));
        ObjectNode list = Json.mapper().createObjectNode().put("object", "list");
        list.putArray("data").addAll(page);
        return list.put("first_id", page.isEmpty() ? null : id(page.getFirst()))
                .put("last_id", page.isEmpty() ? null : id(page.getLast()))
                .put("has_more", from + page.size() < items.size())
                .toString();
    }

    private int from(List<ObjectNode> items) {
        if (after == null) {
            return 0;
        }
        for (int i = 0; i < items.size(); i++) {
            if (id(items.get(i)).equals(after)) {
                return i + 1;
            }
        }
        throw new Refusal(Code.INVALID_VALUE, "after", "'after' must be the id of an input item of this response.");
    }

    static String id(ObjectNode item) {
        return item.path("id").stringValue();
    }

    private static void part(ObjectNode json, Item.Content part, boolean assistant) {
        switch (part) {
            case Item.Content.Text(String text)
            when assistant -> {
                json.put("type", "output_text").put("text", text);
                json.putArray("annotations");
                json.putArray("logprobs");
            }
            case Item.Content.Text(String text) ->
                json.put("type", "input_text").put("text", text);
            case Item.Content.Refusal(String refusal) ->
                json.put("type", "refusal").put("refusal", refusal);
            case Item.Content.Image(String url, String detail) ->
                json.put("type", "input_image").put("image_url", url).put("detail", detail);
        }
    }

    /** The item as the dialect shows it. */
    static ObjectNode item(Item item, String responseId, int place) {
        ObjectNode json = Json.mapper().createObjectNode();
        String prefix = switch (item) {
            case Item.Message message -> {
                boolean assistant = message.role() == Item.Role.ASSISTANT;
                json.put("type", "message").put("role", message.role().name().toLowerCase(Locale.ROOT));
                ArrayNode content = json.putArray("content");
                message.content().forEach(part -> part(content.addObject(), part, assistant));
                yield "msg_";
            }
            case Item.Reasoning reasoning -> {
                json.put("type", "reasoning").putArray("summary");
                ArrayNode content = json.putArray("content");
                content.addObject().put("type", "reasoning_text").put("text", reasoning.text());
                yield "rs_";
            }
            case Item.ToolCall call -> {
                json.put("type", "function_call").put("call_id", call.callId());
                json.put("name", call.name()).put("arguments", call.arguments());
                yield "fc_";
            }
            case Item.ToolResult result -> {
                json.put("type", "function_call_output").put("call_id", result.callId());
                json.put("output", result.output());
                yield "fco_";
            }
            case Item.ApprovalAnswer answer -> {
                json.put("type", "mcp_approval_response").put("approval_request_id", answer.requestId());
                json.put("approve", answer.approve()).put("reason", answer.reason());
                yield "mcpa_";
            }
        };
        json.put("id", prefix + ItemPlace.inputIdEnd(responseId, place));
        // The dialect gives the answer to a request for approval no status
        return item instanceof Item.ApprovalAnswer ? json : json.put("status", "completed");
    }
}
