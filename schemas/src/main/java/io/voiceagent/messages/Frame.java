package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record of {@link Topics#STREAM}. Frames of one attempt have contiguous indexes from 0; index 0 is {@link Opened}. Read in log
 * order and uncommitted: a higher attempt's {@link Opened} supersedes the lower attempt of that call; frames of a lower attempt, of
 * another incarnation than the opener's, or after the first {@link Seal} of that attempt are dropped.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Frame.Opened.class, name = "opened"),
    @JsonSubTypes.Type(value = Frame.Deltas.class, name = "deltas"),
    @JsonSubTypes.Type(value = Frame.Seal.class, name = "seal")
})
public sealed interface Frame {
    /** The attempt. */
    CallRef ref();

    /** The record's key. */
    String conversation();

    /** Frame 0: binds the attempt to the incarnation; acknowledged before any other frame goes out. */
    record Opened(CallRef ref, String conversation, String incarnation) implements Frame {
        public Opened {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(incarnation, "incarnation");
        }
    }

    /**
     * One or more deltas, coalesced.
     *
     * @param index 1 and up
     */
    record Deltas(CallRef ref, String conversation, String incarnation, int index, List<Delta> deltas)
            implements Frame {
        public Deltas {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(incarnation, "incarnation");
            deltas = List.copyOf(deltas);
        }
    }

    /** Written for an attempt whose last frame nobody knows: the first seal in the log is its end. */
    record Seal(CallRef ref, String conversation) implements Frame {
        public Seal {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
        }
    }

    /** A piece of what a call brings. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Text.class, name = "text"),
        @JsonSubTypes.Type(value = Refusal.class, name = "refusal"),
        @JsonSubTypes.Type(value = ReasoningText.class, name = "reasoning"),
        @JsonSubTypes.Type(value = ToolCallStart.class, name = "tool_call"),
        @JsonSubTypes.Type(value = ToolCallArguments.class, name = "arguments"),
        @JsonSubTypes.Type(value = Progress.class, name = "progress")
    })
    sealed interface Delta {}

    /**
     * Text of the answer.
     *
     * @param logprobs of its tokens, null when they were not asked for or the model endpoint gives none
     */
    record Text(String text, @Nullable List<TokenLogprob> logprobs) implements Delta {
        public Text {
            logprobs = logprobs == null ? null : List.copyOf(logprobs);
        }

        /** Text alone. */
        public Text(String text) {
            this(text, null);
        }
    }

    /** Text by which the model declines to answer. */
    record Refusal(String text) implements Delta {}

    /** Text of the model's thinking. */
    record ReasoningText(String text) implements Delta {}

    /**
     * The model begins to ask for a tool.
     *
     * @param index 0-based number of the tool call within the model call
     */
    record ToolCallStart(int index, String callId, String name) implements Delta {}

    /** A piece of the arguments of the tool call {@code index}. */
    record ToolCallArguments(int index, String text) implements Delta {}

    /**
     * A running tool tells where it is.
     *
     * @param status one word, for example {@code searching}
     */
    record Progress(String status) implements Delta {}
}
