package io.voiceagent.ingress.submit;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.security.ResponseIds;
import io.voiceagent.ingress.security.SealedText;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Contexts made short: the model sums a conversation up, in a turn of its own that is not kept, and the client keeps the summary as one
 * sealed item, which later requests take as input. Nothing of it is kept here.
 */
public final class Compactions {
    private static final String TYPE = "compaction";
    private static final String SEALED = "encrypted_content";
    private static final String ASK = """
            Sum up this conversation for yourself, so that it can go on from the summary alone. Keep what was asked for, what was decided, \
            facts, names, numbers, results of tools, and what is still open. Give the summary alone.""";
    private static final String INTRODUCTION = "Summary of the conversation so far:\n";

    private final SealedText sealed;

    Compactions(ResponseIds keys) {
        this.sealed = new SealedText(keys);
    }

    /**
     * The body with the summaries in the place of its compaction items; the same body when it has none.
     *
     * @param body of {@code POST /responses}, otherwise not checked yet; changed
     * @throws Refusal naming the first compaction that was not made for this tenant
     */
    public ObjectNode opened(String tenant, ObjectNode body) {
        if (!(body.get("input") instanceof ArrayNode input)) {
            return body;
        }
        for (int i = 0; i < input.size(); i++) {
            JsonNode item = input.get(i);
            if (!item.path("type").asString("").equals(TYPE)) {
                continue;
            }
            int place = i;
            String summary = sealed.open(tenant, item.path(SEALED).asString(""))
                    .orElseThrow(() -> new Refusal(
                            Code.INVALID_VALUE,
                            "input[%d].%s".formatted(place, SEALED),
                            "'input[%d].%s' is not what POST /responses/compact gave to this API key's tenant, or its key was taken away."
                                    .formatted(place, SEALED)));
            input.set(
                    i,
                    Json.mapper()
                            .createObjectNode()
                            .put("type", "message")
                            .put("role", "developer")
                            .put("content", INTRODUCTION + summary));
        }
        return body;
    }

    /** The turn that sums up what {@code asked} has as input and goes on from. */
    public static ResponseSpec turn(ResponseSpec asked) {
        List<Item> input = new ArrayList<>(asked.input());
        input.add(new Item.Message(Item.Role.USER, ASK));
        return ResponseSpec.builder(asked.model(), input)
                .previousResponseId(asked.previousResponseId())
                .instructions(asked.instructions())
                .store(false)
                .build();
    }

    /**
     * What the client gets, JSON text.
     *
     * @param response the ended response of {@link #turn}
     * @throws Refusal when it brought no summary
     */
    public String compaction(String tenant, JsonNode response) {
        String summary = response.path("output")
                .valueStream()
                .filter(item -> item.path("type").asString("").equals("message"))
                .flatMap(item -> item.path("content").valueStream())
                .map(part -> part.path("text").asString(""))
                .collect(Collectors.joining());
        if (!response.path("status").asString("").equals("completed") || summary.isBlank()) {
            throw Refusal.of(
                    Code.COMPACTION_FAILED,
                    "The model gave no summary (%s). Nothing has changed: try again, or go on without."
                            .formatted(response.path("error")
                                    .path("code")
                                    .asString(response.path("status").asString(""))));
        }
        String id = response.path("id").asString("");
        ObjectNode compaction = Json.mapper().createObjectNode();
        compaction.put("id", id).put("object", "response.compaction");
        compaction.set("created_at", response.path("created_at"));
        compaction
                .putArray("output")
                .addObject()
                .put("id", "cmp_" + id.substring(ResponseId.PREFIX.length()) + "0000")
                .put("type", TYPE)
                .put(SEALED, sealed.seal(tenant, summary));
        compaction.set("usage", response.path("usage"));
        return compaction.toString();
    }
}
