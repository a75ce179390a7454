package io.voiceagent.ingress.web;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.Conversations;
import io.voiceagent.ingress.submit.Submissions;
import io.voiceagent.ingress.submit.spec.CreateRequestParser;
import io.voiceagent.ingress.webhook.DeliveryLog;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** The table of all paths. A known path with another method is a 405 that lists the methods; everything else is a 404. */
public final class Routes {
    /** Where the API begins. */
    static final String BASE = "/api/v1";

    /**
     * What the routes need.
     *
     * @param turnDeadline bound of a waiting request
     * @param health parts of the service, in the order of the answer
     * @param defaultModel null: each request must name one
     * @param deliveries of webhooks
     * @param socket of WebSockets
     */
    public record Parts(
            CreateRequestParser parser,
            Submissions submissions,
            Conversations conversations,
            RequestMetrics metrics,
            Duration turnDeadline,
            List<HealthComponent> health,
            @Nullable String defaultModel,
            DeliveryLog deliveries,
            ResponsesSocket.Options socket) {}

    private final Map<String, Map<HttpMethod, Function<ServerRequest, Mono<Void>>>> table = new LinkedHashMap<>();

    private Routes() {}

    /** The routes of the API. */
    public static RouterFunction<ServerResponse> of(Parts parts) {
        EventStream events = new EventStream(EventStream.HEARTBEAT, parts.metrics);
        Bodies bodies = new Bodies();
        ResponsesHandler responses =
                new ResponsesHandler(bodies, parts.parser, parts.submissions, events, parts.turnDeadline);
        ResponsesSocket socket = new ResponsesSocket(responses, bodies, parts.socket);
        ContextHandler contexts =
                new ContextHandler(bodies, parts.parser, parts.submissions, parts.conversations, responses);
        HealthHandler health = new HealthHandler(parts.health);
        ModelsHandler models = new ModelsHandler(parts.defaultModel);
        WebhookDeliveriesHandler deliveries = new WebhookDeliveriesHandler(parts.deliveries);
        Routes routes = new Routes();
        // Paths without a variable come before those with one
        routes.add(HttpMethod.POST, "/responses", request -> responses.create(request.exchange()));
        routes.add(HttpMethod.GET, "/responses", request -> socket.connect(request.exchange()));
        routes.add(HttpMethod.POST, "/responses/input_tokens", request -> contexts.inputTokens(request.exchange()));
        routes.add(HttpMethod.POST, "/responses/compact", request -> contexts.compact(request.exchange()));
        UnsupportedEndpoints.ALL.forEach(
                endpoint -> routes.put(endpoint.method(), endpoint.path(), request -> Mono.error(endpoint.refusal())));
        routes.add(
                HttpMethod.GET,
                "/responses/{id}",
                request -> responses.get(request.exchange(), request.pathVariable("id")));
        routes.add(
                HttpMethod.DELETE,
                "/responses/{id}",
                request -> responses.delete(request.exchange(), request.pathVariable("id")));
        routes.add(
                HttpMethod.GET,
                "/responses/{id}/input_items",
                request -> responses.inputItems(request.exchange(), request.pathVariable("id")));
        routes.add(
                HttpMethod.POST,
                "/responses/{id}/cancel",
                request -> responses.cancel(request.exchange(), request.pathVariable("id")));
        routes.addConversations(new ConversationsHandler(parts.conversations, events));
        routes.add(
                HttpMethod.GET,
                "/models",
                request -> models.list(request.exchange().getResponse()));
        routes.add(
                HttpMethod.GET,
                "/models/{model}",
                request -> models.get(request.exchange().getResponse(), request.pathVariable("model")));
        UsageHandler usage = new UsageHandler(parts.socket.limits());
        routes.add(HttpMethod.GET, "/usage", request -> usage.today(request.exchange()));
        routes.add(HttpMethod.GET, "/webhook_deliveries", request -> deliveries.list(request.exchange()));
        routes.add(
                HttpMethod.GET,
                "/health",
                request -> health.health(request.exchange().getResponse()));
        return routes.build();
    }

    private void addConversations(ConversationsHandler conversations) {
        String one = "/conversations/{id}";
        add(HttpMethod.POST, "/conversations", request -> conversations.create(request.exchange()));
        add(HttpMethod.GET, one, request -> conversations.get(request.exchange(), request.pathVariable("id")));
        add(HttpMethod.POST, one, request -> conversations.update(request.exchange(), request.pathVariable("id")));
        add(HttpMethod.DELETE, one, request -> conversations.delete(request.exchange(), request.pathVariable("id")));
        add(
                HttpMethod.GET,
                one + "/events",
                request -> conversations.events(request.exchange(), request.pathVariable("id")));
        String items = one + "/items";
        add(HttpMethod.GET, items, request -> conversations.items(request.exchange(), request.pathVariable("id")));
        add(HttpMethod.POST, items, request -> conversations.addItems(request.exchange(), request.pathVariable("id")));
        String item = items + "/{item_id}";
        add(
                HttpMethod.GET,
                item,
                request -> conversations.item(
                        request.exchange(), request.pathVariable("id"), request.pathVariable("item_id")));
        add(
                HttpMethod.DELETE,
                item,
                request -> conversations.removeItem(
                        request.exchange(), request.pathVariable("id"), request.pathVariable("item_id")));
    }

    private void add(HttpMethod method, String path, Function<ServerRequest, Mono<Void>> handler) {
        put(method, BASE + path, handler);
    }

    private void put(HttpMethod method, String path, Function<ServerRequest, Mono<Void>> handler) {
        table.computeIfAbsent(path, p -> new LinkedHashMap<>()).put(method, handler);
    }

    private RouterFunction<ServerResponse> build() {
        RouterFunctions.Builder builder = RouterFunctions.route();
        table.forEach((path, methods) -> builder.route(RequestPredicates.path(path), request -> {
            var handler = methods.get(request.method());
            // Handlers write to the exchange themselves, so that one place decides on bytes and flushes
            return ServerResponse.ok()
                    .build((exchange, context) -> handler == null
                            ? refuseMethod(exchange.getResponse().getHeaders(), methods)
                            : Mono.defer(() -> handler.apply(request)));
        }));
        return builder.build();
    }

    private static Mono<Void> refuseMethod(
            HttpHeaders headers, Map<HttpMethod, Function<ServerRequest, Mono<Void>>> methods) {
        String allowed = methods.keySet().stream().map(HttpMethod::name).collect(Collectors.joining(", "));
        headers.set(HttpHeaders.ALLOW, allowed);
        return Mono.error(Refusal.of(Code.METHOD_NOT_ALLOWED, "This path takes %s.".formatted(allowed)));
    }
}
