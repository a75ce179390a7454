package io.voiceagent.faults;

import io.voiceagent.messages.Json;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Asks the simulated model itself, without the pipeline: what it answers there is what a turn must say. */
public final class DirectModel {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final URI completions;

    /** @param baseUrl of the model, ending in {@code /v1} */
    public DirectModel(String baseUrl) {
        completions = URI.create(baseUrl + "/chat/completions");
    }

    /** The answer to the user's text when no tool is offered. */
    public String answer(String text) {
        return ask(messages(text));
    }

    /** The answer to the user's text after the calls of a finished response, with the results that stand in it. */
    public String answer(String text, JsonNode response) {
        ArrayNode messages = messages(text);
        ObjectNode assistant = messages.addObject().put("role", "assistant");
        ArrayNode calls = assistant.putArray("tool_calls");
        for (JsonNode item : response.path("output")) {
            if (item.path("type").asString("").equals("mcp_call")) {
                String id = item.path("id").asString("");
                ObjectNode call = calls.addObject().put("id", id).put("type", "function");
                call.putObject("function")
                        .put("name", item.path("name").asString(""))
                        .put("arguments", item.path("arguments").asString(""));
                JsonNode output = item.path("output");
                messages.addObject()
                        .put("role", "tool")
                        .put("tool_call_id", id)
                        .put(
                                "content",
                                output.isString()
                                        ? output.asString()
                                        : item.path("error").asString(""));
            }
        }
        return ask(messages);
    }

    private static ArrayNode messages(String text) {
        ArrayNode messages = NODES.arrayNode();
        messages.addObject().put("role", "user").put("content", text + " [[ttft=0]] [[tps=100000]]");
        return messages;
    }

    private String ask(ArrayNode messages) {
        ObjectNode body = NODES.objectNode().put("model", "direct");
        body.set("messages", messages);
        HttpRequest request = HttpRequest.newBuilder(completions)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        HttpResponse<String> response = Http.send(request);
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.statusCode() + ": " + response.body());
        }
        return Json.tree(response.body())
                .path("choices")
                .path(0)
                .path("message")
                .path("content")
                .asString();
    }
}
