package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Concurrency;
import io.voiceagent.messages.Item;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads what concerns conversation objects: the bodies of {@code /conversations}, and their part of {@code POST /responses}. */
public final class ConversationParser {
    /** Says what becomes of a turn whose conversation is busy. Not of the dialect. */
    static final String CONCURRENCY = "conversation_concurrency";

    private static final List<String> CHOICES = List.of("enqueue", "reject", "interrupt");

    /**
     * What a conversation is made of.
     *
     * @param items may be empty
     */
    public record Content(Map<String, String> metadata, List<Item> items) {}

    private ConversationParser() {}

    /** {@code POST /conversations}; an empty body is an empty object. */
    public static Content create(byte[] body) {
        Fields root = root(body);
        Map<String, String> metadata = metadata(root);
        JsonNode items = root.any("items");
        List<Item> parsed = items == null || items.isArray() && items.isEmpty() ? List.of() : items(root);
        root.end();
        return new Content(metadata, parsed);
    }

    /** {@code POST /conversations/{id}}. */
    public static Map<String, String> update(byte[] body) {
        Fields root = root(body);
        root.requiredAny("metadata");
        Map<String, String> metadata = metadata(root);
        root.end();
        return metadata;
    }

    /** {@code POST /conversations/{id}/items}. */
    public static List<Item> add(byte[] body) {
        Fields root = root(body);
        List<Item> items = items(root);
        root.end();
        return items;
    }

    private static Fields root(byte[] body) {
        ObjectNode tree = BodyReader.read(body.length == 0 ? new byte[] {'{', '}'} : body);
        return Fields.of(tree);
    }

    private static List<Item> items(Fields root) {
        JsonNode items = root.requiredAny("items");
        Fields.array(items, root.path("items"), Limits.CONVERSATION_ITEMS);
        List<Item> parsed = InputParser.parse(items, root.path("items"), true);
        if (parsed.stream().anyMatch(Item.ApprovalAnswer.class::isInstance)) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    root.path("items"),
                    "An mcp_approval_response is the input of a response: send it to /responses with this 'conversation'.");
        }
        return parsed;
    }

    /** {@code conversation}: an id, or an object with it. */
    static @Nullable String conversation(Fields root, boolean continues) {
        JsonNode value = root.any("conversation");
        if (value == null) {
            return null;
        }
        String id;
        if (value.isObject()) {
            Fields object = Fields.of(value, root.path("conversation"));
            id = object.requiredText("id", Limits.ID_CHARS);
            object.end();
        } else if (value.isString()) {
            id = Fields.text(value, root.path("conversation"), Limits.ID_CHARS);
        } else {
            throw Fields.wrongType(root.path("conversation"), "a string or an object", value);
        }
        if (continues) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    "conversation",
                    "Send 'conversation' or 'previous_response_id': both say what comes before.");
        }
        return id;
    }

    /** {@value #CONCURRENCY}. */
    static @Nullable Concurrency concurrency(Fields root, boolean inConversation) {
        String choice = root.oneOf(CONCURRENCY, CHOICES);
        if (choice != null && !inConversation) {
            throw new Refusal(Code.INVALID_VALUE, CONCURRENCY, "'%s' needs 'conversation'.".formatted(CONCURRENCY));
        }
        return switch (choice) {
            case "enqueue" -> Concurrency.ENQUEUE;
            case "reject" -> Concurrency.REJECT;
            case "interrupt" -> Concurrency.INTERRUPT;
            case null, default -> null;
        };
    }

    static Map<String, String> metadata(Fields root) {
        JsonNode value = root.any("metadata");
        if (value == null) {
            return Map.of();
        }
        if (!value.isObject()) {
            throw Fields.wrongType("metadata", "an object", value);
        }
        if (value.size() > Limits.METADATA_PAIRS) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    "metadata",
                    "'metadata' has more than %d pairs.".formatted(Limits.METADATA_PAIRS));
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> pair : value.properties()) {
            if (pair.getKey().isEmpty() || pair.getKey().length() > Limits.METADATA_KEY_CHARS) {
                throw new Refusal(
                        Code.INVALID_VALUE,
                        "metadata",
                        "Keys of 'metadata' must have 1 to %d characters.".formatted(Limits.METADATA_KEY_CHARS));
            }
            metadata.put(
                    pair.getKey(),
                    Fields.text(pair.getValue(), "metadata." + pair.getKey(), Limits.METADATA_VALUE_CHARS));
        }
        return metadata;
    }
}
