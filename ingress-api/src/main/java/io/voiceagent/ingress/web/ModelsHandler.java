package io.voiceagent.ingress.web;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET /models}: the model that a request without {@code model} gets. The model endpoint may know others; they are not asked for, since
 * only the workers speak to it.
 */
final class ModelsHandler {
    private final List<String> models;

    ModelsHandler(@Nullable String defaultModel) {
        this.models = defaultModel == null ? List.of() : List.of(defaultModel);
    }

    Mono<Void> list(ServerHttpResponse response) {
        ObjectNode list = Json.mapper().createObjectNode().put("object", "list");
        var data = list.putArray("data");
        models.forEach(model -> data.add(model(model)));
        return write(response, list);
    }

    Mono<Void> get(ServerHttpResponse response, String id) {
        if (!models.contains(id)) {
            return Mono.error(new Refusal(
                    Code.MODEL_NOT_FOUND, "model", "No model of that name is listed here. See GET /api/v1/models."));
        }
        return write(response, model(id));
    }

    private static ObjectNode model(String id) {
        return Json.mapper()
                .createObjectNode()
                .put("id", id)
                .put("object", "model")
                .put("created", 0)
                .put("owned_by", "voice-agent");
    }

    private static Mono<Void> write(ServerHttpResponse response, JsonNode body) {
        response.setStatusCode(HttpStatus.OK);
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        byte[] bytes = Json.write(body);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(bytes)));
    }
}
