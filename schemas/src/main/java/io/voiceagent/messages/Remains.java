package io.voiceagent.messages;

import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What can still be told of a record that can't be read as what it should be, such as one of a newer version: enough to end what it
 * belongs to, so that nobody waits for it for ever. Nothing in it is to be relied upon further.
 */
public final class Remains {
    private static final String NOTHING = "";
    private static final Pattern CONVERSATION = Pattern.compile("[0-9a-f]{18}");

    private final JsonNode value;

    private Remains(JsonNode value) {
        this.value = value;
    }

    /** Of any bytes; of what is not a JSON object nothing can be told. */
    public static Remains of(byte @Nullable [] value) {
        JsonNode object = JsonNodeFactory.instance.objectNode();
        try {
            JsonNode tree = value == null ? object : Json.mapper().readTree(value);
            return new Remains(tree.isObject() ? tree : object);
        } catch (JacksonException | IllegalArgumentException e) {
            return new Remains(object);
        }
    }

    /** The attempt that a call or a result is about; null when that can't be told. */
    public @Nullable CallRef ref() {
        JsonNode ref = value.path("ref");
        String id = ref.path("responseId").asString(NOTHING);
        boolean whole = isId(id)
                && ref.path("step").isInt()
                && ref.path("call").isInt()
                && ref.path("attempt").isInt();
        return whole
                ? new CallRef(
                        id,
                        ref.path("step").asInt(),
                        ref.path("call").asInt(),
                        ref.path("attempt").asInt())
                : null;
    }

    /** The conversation that its answer belongs to; null when that can't be told. */
    public @Nullable String conversation() {
        String conversation = value.path("conversation").asString(NOTHING);
        return CONVERSATION.matcher(conversation).matches() ? conversation : null;
    }

    /** The incarnation that a call is for; empty when that can't be told. */
    public String owner() {
        return value.path("owner").asString(NOTHING);
    }

    /** The incarnation that a result is from; empty when that can't be told. */
    public String incarnation() {
        return value.path("incarnation").asString(NOTHING);
    }

    /** How many frames a result counts; empty when that can't be told, or it says that the call was not started. */
    public OptionalInt frames() {
        JsonNode frames = value.path("frames");
        return frames.isInt() && frames.asInt() > 0 ? OptionalInt.of(frames.asInt()) : OptionalInt.empty();
    }

    /** Whether it is an order that is to be carried out, and no word about one. */
    public boolean isCall() {
        return !value.path("type").asString(NOTHING).equals("stop");
    }

    /** Whether a result says that the call was not started. */
    public boolean isNotStarted() {
        String type = value.path("type").asString(NOTHING);
        return type.equals("busy") || type.equals("never_started");
    }

    /**
     * The submission as far as it can be told: the turn's own names, and nothing of what was asked. Null when it is none, or its id, its
     * conversation and its tenant can't be told.
     */
    public Request.@Nullable Submit submission() {
        String id = value.path("responseId").asString(NOTHING);
        String tenant = value.path("tenant").asString(NOTHING);
        String conversation = conversation();
        if (!value.path("type").asString(NOTHING).equals("submit")
                || conversation == null
                || tenant.isEmpty()
                || !isId(id)) {
            return null;
        }
        long submittedAt = ResponseId.parse(id).submittedAt().toEpochMilli();
        JsonNode spec = value.path("spec");
        ResponseSpec told = ResponseSpec.builder(spec.path("model").asString(NOTHING), NOTHING)
                .background(spec.path("background").asBoolean(false))
                .store(spec.path("store").asBoolean(true))
                .build();
        return new Request.Submit(
                id, conversation, tenant, submittedAt, value.path("deadlineAt").asLong(submittedAt), told);
    }

    private static boolean isId(String text) {
        try {
            return ResponseId.parse(text).partition() >= 0;
        } catch (MalformedMessageException e) {
            return false; // a text that names no turn
        }
    }
}
