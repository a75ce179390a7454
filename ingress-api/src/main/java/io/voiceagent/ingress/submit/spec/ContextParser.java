package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.ResponseSpec;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Reads the bodies of requests that are about a context alone: to count it, or to make it short. */
public final class ContextParser {
    private static final Set<String> COMPACTED = Set.of("model", "input", "instructions", "previous_response_id");
    private static final Set<String> COUNTED = Set.of(
            "model",
            "input",
            "instructions",
            "previous_response_id",
            "conversation",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "text",
            "reasoning",
            "truncation");

    private final CreateRequestParser parser;

    /** @param parser of whole requests */
    public ContextParser(CreateRequestParser parser) {
        this.parser = parser;
    }

    /**
     * The body of {@code POST /responses/input_tokens}.
     *
     * @throws Refusal naming the first field at fault
     */
    public ResponseSpec counted(ObjectNode body) {
        return parse(body, COUNTED);
    }

    /**
     * The body of {@code POST /responses/compact}.
     *
     * @throws Refusal naming the first field at fault
     */
    public ResponseSpec compacted(ObjectNode body) {
        return parse(body, COMPACTED);
    }

    private ResponseSpec parse(ObjectNode body, Set<String> taken) {
        for (String name : body.propertyNames()) {
            if (!taken.contains(name)) {
                throw new Refusal(
                        Code.UNKNOWN_PARAMETER, name, "Unknown parameter: '%s'. Leave it out.".formatted(name));
            }
        }
        if (body.hasNonNull("input") || !body.hasNonNull("previous_response_id") && !body.hasNonNull("conversation")) {
            return parser.parse(body).spec();
        }
        // What comes before is context enough
        ObjectNode whole = body.deepCopy().put("input", "-");
        return parser.parse(whole).spec().toBuilder().input(List.of()).build();
    }
}
