package io.voiceagent.ingress.submit;

import io.voiceagent.ingress.follow.FollowedResponse;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts output items of earlier responses in the place of the {@code item_reference}s that name them. An item's id holds its response's id, so
 * the item is found wherever the response is; whose it is, is checked as for the response.
 */
public final class ItemReferences {
    /** Distinct responses that one request may refer to: each may be a look-up in the log or the archive. */
    static final int RESPONSES = 200;

    private static final int AT_ONCE = 8;
    private static final Pattern ITEM_ID = Pattern.compile("[a-z]{2,4}_([0-9a-f]{48})[0-9a-f]{4}");

    private final Submissions submissions;

    /** @param submissions finds the responses */
    public ItemReferences(Submissions submissions) {
        this.submissions = submissions;
    }

    /**
     * The body with the items themselves; the same body when it refers to none.
     *
     * @param body of {@code POST /responses}, otherwise not checked yet
     * @return signals a {@link Refusal} that names the first reference to what is not there
     */
    public Mono<ObjectNode> resolved(String tenant, ObjectNode body) {
        if (!(body.get("input") instanceof ArrayNode input)) {
            return Mono.just(body);
        }
        Map<Integer, String> references = references(input);
        if (references.isEmpty()) {
            return Mono.just(body);
        }
        Set<String> responses = references.values().stream()
                .flatMap(id -> responseOf(id).stream())
                .collect(Collectors.toSet());
        if (responses.size() > RESPONSES) {
            return Mono.error(new Refusal(
                    Code.INVALID_VALUE,
                    "input",
                    "'input' refers to items of more than %d responses. Use previous_response_id."
                            .formatted(RESPONSES)));
        }
        return Flux.fromIterable(responses)
                .flatMap(id -> output(tenant, id), AT_ONCE)
                .collect(HashMap<String, JsonNode>::new, Map::putAll)
                .map(items -> {
                    references.forEach((index, id) -> input.set(index, item(items, index, id)));
                    return body;
                });
    }

    /** Index in the input → id, of references that have an id; what is wrong with others the parser says. */
    private static Map<Integer, String> references(ArrayNode input) {
        Map<Integer, String> references = new LinkedHashMap<>();
        for (int i = 0; i < input.size(); i++) {
            JsonNode item = input.get(i);
            if (item.path("type").asString("").equals("item_reference")
                    && item.path("id").isString()) {
                references.put(i, item.path("id").stringValue());
            }
        }
        return references;
    }

    private static Optional<String> responseOf(String itemId) {
        Matcher matcher = ITEM_ID.matcher(itemId);
        return matcher.matches() ? Optional.of(ResponseId.PREFIX + matcher.group(1)) : Optional.empty();
    }

    private Mono<Map<String, JsonNode>> output(String tenant, String responseId) {
        return submissions
                .find(tenant, responseId)
                .filter(FollowedResponse::stored)
                .map(response -> Json.tree(response.json())
                        .path("output")
                        .valueStream()
                        .collect(Collectors.toMap(item -> item.path("id").asString(""), item -> item, (a, b) -> a)))
                .defaultIfEmpty(Map.of())
                .onErrorResume(
                        e -> e instanceof Refusal refusal && refusal.code() == Code.RESPONSE_NOT_FOUND,
                        e -> Mono.just(Map.of()));
    }

    private static JsonNode item(Map<String, JsonNode> items, int index, String id) {
        JsonNode item = items.get(id);
        if (item == null) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    "input[%d].id".formatted(index),
                    "No output item of this API key's responses has the id of 'input[%d]'. Send the item itself."
                            .formatted(index));
        }
        return item;
    }
}
