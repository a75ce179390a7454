package io.voiceagent.bench;

import java.net.URI;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is put under load: where, with what request, and what its events mean.
 *
 * @param key sent as bearer token; none when blank
 * @param body JSON of the request
 */
record Target(Kind kind, URI uri, String key, String body) {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final JsonPointer CONTENT = JsonPointer.compile("/choices/0/delta/content");

    /** The two streaming interfaces measured. */
    enum Kind {
        /** {@code POST /responses} of the API. */
        API("API"),
        /** {@code POST /chat/completions} of the model. */
        MODEL("model");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        /** The name in the report. */
        String title() {
            return title;
        }
    }

    /** What one event means for the measurement. */
    sealed interface Signal {
        /** The turn is taken. */
        record Accepted() implements Signal {}

        /** A piece of the answer's text; the API may put several tokens into one. */
        record Delta(String text) implements Signal {}

        /** The proper end. */
        record Completed() implements Signal {}

        /** An end that is an error. */
        record Failed(String reason) implements Signal {}

        /** Nothing that is measured. */
        record Other() implements Signal {}
    }

    /** The API below its base URL, for example {@code http://127.0.0.1:8000/api/v1}. */
    static Target api(String baseUrl, String key, String model, String text) {
        ObjectNode body =
                JSON.createObjectNode().put("model", model).put("input", text).put("stream", true);
        return new Target(Kind.API, below(baseUrl, "/responses"), key, body.toString());
    }

    /** The model below its base URL, for example {@code http://127.0.0.1:9000/v1}. */
    static Target model(String baseUrl, String key, String model, String text) {
        ObjectNode body = JSON.createObjectNode().put("model", model).put("stream", true);
        body.putArray("messages").addObject().put("role", "user").put("content", text);
        return new Target(Kind.MODEL, below(baseUrl, "/chat/completions"), key, body.toString());
    }

    /** @throws tools.jackson.core.JacksonException when the event's data is not JSON */
    Signal read(SseParser.Event event) {
        return switch (kind) {
            case API -> readApi(event);
            case MODEL -> readModel(event);
        };
    }

    private static Signal readApi(SseParser.Event event) {
        return switch (event.name()) {
            case "response.created" -> new Signal.Accepted();
            case "response.output_text.delta" ->
                new Signal.Delta(JSON.readTree(event.data()).path("delta").asString(""));
            case "response.completed" -> new Signal.Completed();
            case "response.failed", "response.incomplete", "error" ->
                new Signal.Failed(event.name() + " " + reason(JSON.readTree(event.data())));
            default -> new Signal.Other();
        };
    }

    private static String reason(JsonNode data) {
        JsonNode response = data.path("response");
        String code = response.path("error").path("code").asString("");
        String detail = response.path("incomplete_details").path("reason").asString("");
        return code.isEmpty() ? detail : code;
    }

    private static Signal readModel(SseParser.Event event) {
        if (event.data().equals("[DONE]")) {
            return new Signal.Completed();
        }
        JsonNode data = JSON.readTree(event.data());
        if (data.has("error")) {
            return new Signal.Failed("error " + data.path("error").path("code").asString(""));
        }
        String content = data.at(CONTENT).asString("");
        return content.isEmpty() ? new Signal.Other() : new Signal.Delta(content);
    }

    private static URI below(String baseUrl, String path) {
        return URI.create(baseUrl.endsWith("/") ? baseUrl.substring(0, baseUrl.length() - 1) + path : baseUrl + path);
    }
}
