package io.voiceagent.ingress.web;

import io.voiceagent.ingress.webhook.DeliveryLog;
import io.voiceagent.messages.Json;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /webhook_deliveries}: what was sent to the tenant's endpoints, and what was not. Ours, not of the dialect. */
final class WebhookDeliveriesHandler {
    private static final int LIMIT = 20;
    private static final int MAX_LIMIT = 100;

    private final DeliveryLog log;

    WebhookDeliveriesHandler(DeliveryLog log) {
        this.log = log;
    }

    Mono<Void> list(ServerWebExchange exchange) {
        QueryParameters parameters = QueryParameters.of(exchange.getRequest());
        int limit = parameters.number("limit", LIMIT, 1, MAX_LIMIT);
        String after = parameters.text("after");
        parameters.end();
        String tenant = Exchanges.tenant(exchange.getAttributes());
        ServerHttpResponse response = exchange.getResponse();
        return Mono.fromCallable(() -> Json.write(list(log.page(tenant, limit, after))))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(bytes -> {
                    response.setStatusCode(HttpStatus.OK);
                    response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
                    return response.writeWith(
                            Mono.fromSupplier(() -> response.bufferFactory().wrap(bytes)));
                });
    }

    private static ObjectNode list(DeliveryLog.Page page) {
        ObjectNode list = Json.mapper().createObjectNode().put("object", "list");
        var data = list.putArray("data");
        page.entries().forEach(entry -> data.add(json(entry)));
        list.put(
                "first_id",
                page.entries().isEmpty() ? null : page.entries().getFirst().id());
        list.put(
                "last_id",
                page.entries().isEmpty() ? null : page.entries().getLast().id());
        return list.put("has_more", page.more());
    }

    private static ObjectNode json(DeliveryLog.Entry entry) {
        return Json.mapper()
                .createObjectNode()
                .put("id", entry.id())
                .put("object", "webhook_delivery")
                .put("event_type", entry.eventType())
                .put("response_id", entry.responseId())
                .put("url", entry.url())
                .put("status", entry.state())
                .put("attempts", entry.attempts())
                .put("created_at", entry.createdAt().getEpochSecond())
                .put("next_attempt_at", seconds(entry.nextAttemptAt()))
                .put("last_response_status", entry.lastStatus())
                .put("last_error", entry.lastError())
                .put("ended_at", seconds(entry.endedAt()));
    }

    private static @Nullable Long seconds(@Nullable Instant time) {
        return time == null ? null : time.getEpochSecond();
    }
}
