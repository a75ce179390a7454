package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One item of a turn's context: what the client sent, what the model said, what tools answered. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Item.Message.class, name = "message"),
    @JsonSubTypes.Type(value = Item.Reasoning.class, name = "reasoning"),
    @JsonSubTypes.Type(value = Item.ToolCall.class, name = "tool_call"),
    @JsonSubTypes.Type(value = Item.ToolResult.class, name = "tool_result"),
    @JsonSubTypes.Type(value = Item.ApprovalAnswer.class, name = "approval_answer")
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

    /**
     * What one speaker says.
     *
     * @param text all of its text, refusals too, and nothing of its images
     * @param parts the parts in order, where there is more to tell than the text; null when it is text alone
     */
    record Message(Role role, String text, @Nullable List<Content> parts) implements Item {
        public Message {
            parts = parts == null ? null : List.copyOf(parts);
        }

        /** Text alone. */
        public Message(Role role, String text) {
            this(role, text, null);
        }

        /** The parts, of text alone too. */
        public List<Content> content() {
            return parts == null ? List.of(new Content.Text(text)) : parts;
        }

        /** Whether the model declined to answer. */
        public boolean refuses() {
            return content().stream().anyMatch(Content.Refusal.class::isInstance);
        }
    }

    /** A part of a message. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Content.Text.class, name = "text"),
        @JsonSubTypes.Type(value = Content.Refusal.class, name = "refusal"),
        @JsonSubTypes.Type(value = Content.Image.class, name = "image")
    })
    sealed interface Content {
        /** A text. */
        record Text(String text) implements Content {}

        /** Why the model does not answer. */
        record Refusal(String refusal) implements Content {}

        /**
         * An image, only of the user.
         *
         * @param url an {@code https} URL, which the model endpoint fetches, or a {@code data} URL with the image itself
         * @param detail how closely the model looks: {@code low}, {@code high} or {@code auto}
         */
        record Image(String url, String detail) implements Content {}
    }

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

    /**
     * The client's answer to a call that waited for its approval. Only in a turn's input: the model is told the call and what came of it.
     *
     * @param requestId see {@link Approvals#requestId}
     * @param reason for the model, only of a call that was declined
     */
    record ApprovalAnswer(
            String requestId, boolean approve, @Nullable String reason) implements Item {}
}
