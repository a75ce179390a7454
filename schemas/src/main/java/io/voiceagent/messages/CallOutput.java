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
     */
    record Model(
            List<Item> items,
            Finish finish,
            Usage usage,
            @Nullable String model) implements CallOutput {
        public Model {
            items = List.copyOf(items);
        }
    }

    /**
     * A tool's answer, told to the model.
     *
     * @param error set when the tool failed; {@code output} then tells the model so
     */
    record Tool(String output, @Nullable TurnError error) implements CallOutput {}
}
