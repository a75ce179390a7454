package io.voiceagent.ingress.web;

import io.opentelemetry.context.Context;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.Conversations;
import io.voiceagent.ingress.submit.Conversations.Node;
import io.voiceagent.ingress.submit.Conversations.Part;
import io.voiceagent.ingress.submit.Conversations.Position;
import io.voiceagent.ingress.submit.spec.ConversationParser;
import io.voiceagent.messages.ItemPlace;
import io.voiceagent.messages.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /conversations}: the objects, their items, and the stream of all events of one. */
final class ConversationsHandler {
    private static final String STARTING_AFTER = "starting_after";
    private static final Pattern POSITION = Pattern.compile("(resp_[0-9a-f]{48}):(\\d{1,18})");
    /** Streams that may be open at one time; each holds a connection. */
    private static final int FOLLOWERS = 2_000;

    private final Bodies bodies = new Bodies();
    private final Semaphore followers = new Semaphore(FOLLOWERS);
    private final Conversations conversations;
    private final EventStream eventStream;

    ConversationsHandler(Conversations conversations, EventStream eventStream) {
        this.conversations = conversations;
        this.eventStream = eventStream;
    }

    Mono<Void> create(ServerWebExchange exchange) {
        return withBody(
                exchange,
                ConversationParser::create,
                content -> conversations
                        .create(tenant(exchange), content.metadata(), content.items(), trace(exchange))
                        .map(ConversationsHandler::object));
    }

    Mono<Void> get(ServerWebExchange exchange, String id) {
        QueryParameters.of(exchange.getRequest()).end();
        return answer(
                exchange,
                conversations.get(tenant(exchange), id, trace(exchange)).map(ConversationsHandler::object));
    }

    Mono<Void> update(ServerWebExchange exchange, String id) {
        return withBody(
                exchange,
                ConversationParser::update,
                metadata -> conversations
                        .update(tenant(exchange), id, metadata, trace(exchange))
                        .map(ConversationsHandler::object));
    }

    Mono<Void> delete(ServerWebExchange exchange, String id) {
        QueryParameters.of(exchange.getRequest()).end();
        ObjectNode deleted = Json.mapper()
                .createObjectNode()
                .put("id", id)
                .put("object", "conversation.deleted")
                .put("deleted", true);
        return answer(
                exchange,
                conversations.delete(tenant(exchange), id, trace(exchange)).thenReturn(deleted));
    }

    Mono<Void> addItems(ServerWebExchange exchange, String id) {
        return withBody(
                exchange,
                ConversationParser::add,
                items -> conversations
                        .add(tenant(exchange), id, items, trace(exchange))
                        .map(node -> list(items(node), false)));
    }

    Mono<Void> items(ServerWebExchange exchange, String id) {
        InputItems asked = InputItems.of(exchange.getRequest());
        Flux<Listed> items = conversations
                .line(tenant(exchange), id, asked.ascending(), trace(exchange))
                .concatMapIterable(part -> listed(part, asked.ascending()));
        return answer(
                exchange,
                page(items, asked)
                        .map(page -> list(
                                page.subList(0, Math.min(page.size(), asked.limit())), page.size() > asked.limit())));
    }

    /** @param removed it is not shown, but a page may begin after it: clients take items out while they turn the pages */
    private record Listed(ObjectNode item, boolean removed) {}

    private static Mono<List<ObjectNode>> page(Flux<Listed> items, InputItems asked) {
        String after = asked.after();
        Flux<Listed> from = after == null
                ? items
                : items.skipUntil(listed -> InputItems.id(listed.item).equals(after))
                        .switchIfEmpty(Mono.error(() -> new Refusal(
                                Code.INVALID_VALUE,
                                "after",
                                "'after' must be the id of an item of this conversation.")))
                        .skip(1);
        return from.filter(listed -> !listed.removed)
                .map(Listed::item)
                .take(asked.limit() + 1L)
                .collectList();
    }

    Mono<Void> item(ServerWebExchange exchange, String id, String itemId) {
        QueryParameters.of(exchange.getRequest()).end();
        return answer(exchange, found(exchange, id, itemId).map(part -> item(part, itemId)));
    }

    Mono<Void> removeItem(ServerWebExchange exchange, String id, String itemId) {
        QueryParameters.of(exchange.getRequest()).end();
        return answer(
                exchange,
                found(exchange, id, itemId)
                        .flatMap(part ->
                                conversations.remove(tenant(exchange), id, place(part.node(), itemId), trace(exchange)))
                        .map(ConversationsHandler::object));
    }

    private Mono<Part> found(ServerWebExchange exchange, String id, String itemId) {
        return conversations
                .nodeOf(tenant(exchange), id, itemId, trace(exchange))
                .filter(part ->
                        remaining(part).anyMatch(item -> InputItems.id(item).equals(itemId)))
                .switchIfEmpty(Mono.error(() -> new Refusal(
                        Code.ITEM_NOT_FOUND, "item_id", "The conversation has no item of that id, or no longer.")));
    }

    Mono<Void> events(ServerWebExchange exchange, String id) {
        Position position = position(exchange);
        Flux<EventStream.Positioned> events = conversations
                .events(tenant(exchange), id, position, trace(exchange))
                .map(event -> new EventStream.Positioned(
                        event.turn() + ":" + event.event().sequence(), event.event()));
        return Mono.using(
                () -> {
                    if (!followers.tryAcquire()) {
                        throw Refusal.of(
                                Code.OVERLOADED, "Too many clients follow conversations here. Try again later.");
                    }
                    return followers;
                },
                permit -> {
                    exchange.getAttributes().put(Exchanges.STREAM, true);
                    // So that what is wrong is answered, and not a stream that breaks off
                    return conversations
                            .get(tenant(exchange), id, trace(exchange))
                            .then(eventStream.writePositioned(exchange.getResponse(), events));
                },
                Semaphore::release);
    }

    private static @Nullable Position position(ServerWebExchange exchange) {
        QueryParameters query = QueryParameters.of(exchange.getRequest());
        String after = query.text(STARTING_AFTER);
        query.end();
        String last = exchange.getRequest().getHeaders().getFirst(StreamPosition.LAST_EVENT_ID);
        String text = last == null || last.isBlank() ? after : last.trim();
        if (text == null) {
            return null;
        }
        Matcher matcher = POSITION.matcher(text);
        if (!matcher.matches()) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    STARTING_AFTER,
                    "A position is the 'id' of an event of this stream, such as resp_…:12.");
        }
        return new Position(matcher.group(1), Long.parseLong(matcher.group(2)));
    }

    // ---- items

    /** All items of a node, as the dialect shows them. */
    private static List<ObjectNode> items(Node node) {
        List<ObjectNode> items = new ArrayList<>();
        for (int i = 0; i < node.input().size(); i++) {
            items.add(InputItems.item(node.input().get(i), node.id(), i));
        }
        node.output().stream().map(ObjectNode.class::cast).forEach(items::add);
        return items;
    }

    private static List<Listed> listed(Part part, boolean ascending) {
        List<Listed> items = new ArrayList<>();
        for (ObjectNode item : items(part.node())) {
            items.add(new Listed(item, part.removed().contains(InputItems.id(item))));
        }
        if (!ascending) {
            Collections.reverse(items);
        }
        return items;
    }

    private static Stream<ObjectNode> remaining(Part part) {
        return listed(part, true).stream().filter(listed -> !listed.removed).map(Listed::item);
    }

    private static ObjectNode item(Part part, String itemId) {
        return remaining(part)
                .filter(item -> InputItems.id(item).equals(itemId))
                .findFirst()
                .orElseThrow();
    }

    /** Where the orchestrator finds the item: it knows of an output what counts, and not how it is shown. */
    static ItemPlace place(Node node, String itemId) {
        for (int i = 0; i < node.input().size(); i++) {
            if (InputItems.id(InputItems.item(node.input().get(i), node.id(), i))
                    .equals(itemId)) {
                return new ItemPlace(itemId, node.id(), ItemPlace.Part.INPUT, i);
            }
        }
        int messages = 0;
        int calls = 0;
        for (JsonNode item : node.output()) {
            ItemPlace place = switch (item.path("type").asString("")) {
                case "message" -> new ItemPlace(itemId, node.id(), ItemPlace.Part.MESSAGE, messages++);
                case "function_call", "mcp_call", "web_search_call" ->
                    new ItemPlace(itemId, node.id(), ItemPlace.Part.CALL, calls++);
                default -> new ItemPlace(itemId, node.id(), ItemPlace.Part.OTHER, 0);
            };
            if (item.path("id").asString("").equals(itemId)) {
                return place;
            }
        }
        throw new IllegalArgumentException("not an item of the node");
    }

    private static ObjectNode list(List<ObjectNode> items, boolean more) {
        ObjectNode list = Json.mapper().createObjectNode().put("object", "list");
        list.putArray("data").addAll(items);
        return list.put("first_id", items.isEmpty() ? null : InputItems.id(items.getFirst()))
                .put("last_id", items.isEmpty() ? null : InputItems.id(items.getLast()))
                .put("has_more", more);
    }

    private static ObjectNode object(Conversations.Conversation conversation) {
        ObjectNode object = Json.mapper()
                .createObjectNode()
                .put("id", conversation.id())
                .put("object", "conversation")
                .put("created_at", conversation.createdAt() / 1000);
        ObjectNode metadata = object.putObject("metadata");
        conversation.metadata().forEach(metadata::put);
        return object;
    }

    // ---- exchange

    private <T> Mono<Void> withBody(
            ServerWebExchange exchange, Function<byte[], T> parse, Function<T, Mono<ObjectNode>> work) {
        QueryParameters.of(exchange.getRequest()).end();
        return bodies.json(
                exchange.getRequest(),
                body -> Mono.fromSupplier(() -> Objects.requireNonNull(parse.apply(body)))
                        .flatMap(work)
                        .flatMap(json -> write(exchange.getResponse(), json)));
    }

    private static Mono<Void> answer(ServerWebExchange exchange, Mono<ObjectNode> json) {
        return json.flatMap(body -> write(exchange.getResponse(), body));
    }

    private static Mono<Void> write(ServerHttpResponse target, ObjectNode json) {
        byte[] body = json.toString().getBytes(StandardCharsets.UTF_8);
        target.setStatusCode(HttpStatus.OK);
        target.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        target.getHeaders().setContentLength(body.length);
        return target.writeWith(Mono.fromSupplier(() -> target.bufferFactory().wrap(body)));
    }

    private static String tenant(ServerWebExchange exchange) {
        return Exchanges.tenant(exchange.getAttributes());
    }

    private static Context trace(ServerWebExchange exchange) {
        return Exchanges.trace(exchange.getAttributes());
    }
}
