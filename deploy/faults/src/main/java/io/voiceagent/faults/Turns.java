package io.voiceagent.faults;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Bodies of requests, and what a client reads out of responses. */
public final class Turns {
    private Turns() {}

    /** A turn that offers no tools. */
    public static ObjectNode plain(String text) {
        return JsonNodeFactory.instance.objectNode().put("model", "simulated").put("input", text);
    }

    /** A turn that offers all tools that the workers bring. */
    public static ObjectNode tools(String text) {
        ObjectNode body = plain(text);
        body.putArray("tools")
                .addObject()
                .put("type", "mcp")
                .put("server_label", "builtin")
                .put("require_approval", "never");
        return body;
    }

    /** The same, and each call waits for approval. */
    public static ObjectNode guarded(String text) {
        ObjectNode body = tools(text);
        ((ObjectNode) body.path("tools").path(0)).put("require_approval", "always");
        return body;
    }

    /** A body that says nothing. */
    public static ObjectNode empty() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** The request for approval that a response ended with; null when there is none. */
    public static @Nullable String approvalRequest(JsonNode response) {
        for (JsonNode item : response.path("output")) {
            if (item.path("type").asString("").equals("mcp_approval_request")) {
                return item.path("id").asString();
            }
        }
        return null;
    }

    /** The text of the messages in a response object. */
    public static String text(JsonNode response) {
        StringBuilder text = new StringBuilder();
        for (JsonNode item : response.path("output")) {
            if (item.path("type").asString("").equals("message")) {
                item.path("content")
                        .forEach(part -> text.append(part.path("text").asString("")));
            }
        }
        return text.toString();
    }

    /** The hosted calls in a response object. */
    public static List<JsonNode> calls(JsonNode response) {
        List<JsonNode> calls = new ArrayList<>();
        for (JsonNode item : response.path("output")) {
            if (item.path("type").asString("").equals("mcp_call")) {
                calls.add(item);
            }
        }
        return calls;
    }

    /** The deltas of one item, joined. */
    public static String deltas(List<ApiClient.Event> events, String itemId) {
        StringBuilder text = new StringBuilder();
        for (ApiClient.Event event : events) {
            if (event.name().equals("response.output_text.delta")
                    && event.json().path("item_id").asString("").equals(itemId)) {
                text.append(event.json().path("delta").asString());
            }
        }
        return text.toString();
    }
}
