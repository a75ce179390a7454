package io.voiceagent.tool.core;

import io.voiceagent.messages.ToolDescription;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Checks what the model gave as arguments against the schema of the tool. */
@FunctionalInterface
public interface ArgumentCheck {
    /** Longest arguments that are looked at, in characters. */
    int MAX_CHARS = 64 * 1024;

    /** What the check found. */
    sealed interface Verdict {
        /** They fit. */
        record Fits(JsonNode arguments) implements Verdict {}

        /**
         * They do not.
         *
         * @param violations at least one, each naming the field and what is wrong with it
         */
        record Violates(List<String> violations) implements Verdict {
            public Violates {
                violations = List.copyOf(violations);
            }
        }
    }

    /** @param arguments the model's text; blank counts as an empty object */
    Verdict check(ToolDescription tool, String arguments);
}
