package io.voiceagent.ingress.web;

import io.voiceagent.messages.Json;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /health}: 200 while the service can serve, with what is degraded; 503 when it can't. */
final class HealthHandler {
    private final List<HealthComponent> components;

    HealthHandler(List<HealthComponent> components) {
        this.components = List.copyOf(components);
    }

    Mono<Void> health(ServerHttpResponse response) {
        ObjectNode body = Json.mapper().createObjectNode();
        body.put("status", "ok");
        ObjectNode parts = body.putObject("components");
        boolean serves = true;
        for (HealthComponent component : components) {
            boolean up = component.up().getAsBoolean();
            parts.putObject(component.name())
                    .put("status", up ? "ok" : "unavailable")
                    .put("critical", component.critical())
                    .put("detail", component.detail().get());
            if (!up && component.critical()) {
                serves = false;
            } else if (!up) {
                body.put("status", "degraded");
            }
        }
        if (!serves) {
            body.put("status", "unavailable");
        }
        response.setStatusCode(serves ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        response.getHeaders().setCacheControl("no-store");
        byte[] bytes = Json.write(body);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(bytes)));
    }
}
