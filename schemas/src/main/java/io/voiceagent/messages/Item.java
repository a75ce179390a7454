package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import org.jspecify.annotations.Nullable;

/** One item of a turn's context: what the client sent, what the model said, what tools answered. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Item.Message.class, name = "message"),
    @JsonSubTypes.Type(value = Item.Reasoning.class, name = "reasoning"),
    @JsonSubTypes.Type(value = Item.ToolCall.class, name = "tool_call"),
    @JsonSubTypes.Type(value = Item.ToolResult.class, name = "tool_result")
})
public sealed interface Item {
    /** Who speaks. {@code developer} is read as {@code system}. */
    enum Role {
        @JsonProperty("user")
        USER,
        @JsonProperty("assistant")
        ASSISTANT,
        @JsonProperty("system")
        SYSTEM
    }

    /** Text of one speaker. */
    record Message(Role role, String text) implements Item {}

    /** What a reasoning model let us see of its thinking. Never sent back to the model. */
    record Reasoning(String text) implements Item {}

    /**
     * The model asks for a tool, of the client's or of ours.
     *
     * @param callId as the model named it, unique within the turn
     * @param arguments the model's text, meant to be a JSON object, not checked
     */
    record ToolCall(String callId, String name, String arguments) implements Item {}

    /**
     * A tool's answer to the call of the same id.
     *
     * @param error true when {@code output} tells of a failure
     * @param name the tool's name where it is known
     */
    record ToolResult(
            String callId,
            String output,
            boolean error,
            @Nullable String name) implements Item {}
}
