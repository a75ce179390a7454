package io.voiceagent.ingress.submit;

import io.voiceagent.ingress.follow.FollowedResponse;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** The turns that a turn goes on from, looked up one after the other. */
final class Branch {
    /** Turns that are looked up at the most. */
    static final int TURNS = 100;

    private static final String PREVIOUS = "previous_response_id";

    private final Submissions submissions;

    Branch(Submissions submissions) {
        this.submissions = submissions;
    }

    private record Turn(List<Item> items, @Nullable String previous) {}

    /** All items of the turn {@code id} and of those before it, the oldest first; or a {@link Refusal}. */
    Mono<List<Item>> before(String tenant, @Nullable String id) {
        if (id == null) {
            return Mono.just(List.of());
        }
        return turn(tenant, id)
                .expand(turn -> turn.previous == null ? Mono.empty() : turn(tenant, turn.previous))
                .take(TURNS + 1)
                .collectList()
                .map(turns -> {
                    if (turns.size() > TURNS) {
                        throw new Refusal(
                                Code.INVALID_VALUE,
                                PREVIOUS,
                                "More than %d turns come before. Compact them.".formatted(TURNS));
                    }
                    return turns.reversed().stream()
                            .flatMap(turn -> turn.items.stream())
                            .toList();
                });
    }

    private Mono<Turn> turn(String tenant, String id) {
        return submissions
                .find(tenant, id)
                .onErrorMap(
                        e -> e instanceof Refusal refusal && refusal.code() == Code.RESPONSE_NOT_FOUND,
                        e -> new Refusal(
                                Code.PREVIOUS_RESPONSE_NOT_FOUND,
                                PREVIOUS,
                                "Previous response not found. Check 'previous_response_id'."))
                .map(Branch::ended)
                .zipWith(
                        submissions.input(tenant, id),
                        (response, input) -> new Turn(
                                both(input, response.path("output")),
                                response.path(PREVIOUS).asString(null)));
    }

    private static JsonNode ended(FollowedResponse response) {
        if (!response.stored()) {
            throw new Refusal(
                    Code.PREVIOUS_RESPONSE_NOT_FOUND,
                    PREVIOUS,
                    "The previous response was created with 'store' false, so nothing goes on from it.");
        }
        if (!response.ended()) {
            throw new Refusal(
                    Code.PREVIOUS_RESPONSE_IN_PROGRESS,
                    PREVIOUS,
                    "The previous response has not ended. Wait for its end, or cancel it.");
        }
        return Json.tree(response.json());
    }

    /** What a turn was sent and what it brought, as later turns are told of it. */
    static List<Item> both(List<Item> input, Iterable<JsonNode> output) {
        List<Item> items = new ArrayList<>(input);
        for (JsonNode item : output) {
            switch (item.path("type").asString("")) {
                case "message" -> items.add(new Item.Message(Item.Role.ASSISTANT, text(item)));
                case "function_call" ->
                    items.add(call(item, item.path("call_id").asString("")));
                case "mcp_call" -> {
                    String id = item.path("id").asString("");
                    items.add(call(item, id));
                    items.add(new Item.ToolResult(id, item.path("output").asString(""), false, null));
                }
                default -> {} // of no weight for the model, or not told to it again
            }
        }
        return items;
    }

    private static String text(JsonNode message) {
        StringBuilder text = new StringBuilder();
        for (JsonNode part : message.path("content")) {
            text.append(part.path("text").asString(""))
                    .append(part.path("refusal").asString(""));
        }
        return text.toString();
    }

    private static Item.ToolCall call(JsonNode item, String id) {
        return new Item.ToolCall(
                id, item.path("name").asString(""), item.path("arguments").asString(""));
    }
}
