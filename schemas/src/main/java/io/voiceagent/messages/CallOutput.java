package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a call brought. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = CallOutput.Model.class, name = "model"),
    @JsonSubTypes.Type(value = CallOutput.Tool.class, name = "tool")
})
public sealed interface CallOutput {
    /** Why the model ended. */
    enum Finish {
        @JsonProperty("stop")
        STOP,
        @JsonProperty("length")
        LENGTH,
        @JsonProperty("tool_calls")
        TOOL_CALLS,
        @JsonProperty("content_filter")
        CONTENT_FILTER
    }

    /**
     * A model's answer: exactly the concatenation of its frames.
     *
     * @param items in the order in which they began: at most one {@link Item.Message} and one {@link Item.Reasoning}, any number of {@link Item.ToolCall}
     * @param model as the endpoint named it
     * @param violations in what the answer is not of the format that was asked for; null when it is, or none was asked for
     */
    record Model(
            List<Item> items,
            Finish finish,
            Usage usage,
            @Nullable String model,
            @Nullable List<String> violations) implements CallOutput {
        public Model {
            items = List.copyOf(items);
            violations = violations == null || violations.isEmpty() ? null : List.copyOf(violations);
        }

        /** An answer with which nothing is wrong. */
        public Model(List<Item> items, Finish finish, Usage usage, @Nullable String model) {
            this(items, finish, usage, model, null);
        }

        /** The same answer, found to be not of the format that was asked for, or to be of it when there are none. */
        public Model withViolations(List<String> found) {
            return new Model(items, finish, usage, model, found);
        }
    }

    /**
     * A tool's answer, told to the model.
     *
     * @param error set when the tool failed; {@code output} then tells the model so
     */
    record Tool(String output, @Nullable TurnError error) implements CallOutput {}
}
