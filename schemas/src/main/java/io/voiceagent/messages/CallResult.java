package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A record of {@link Topics#LLM_RESULTS} and {@link Topics#TOOL_RESULTS}. {@code frames} is the number of frames of that attempt
 * on {@link Topics#STREAM}, the {@link Frame.Opened} counted in; all of them are acknowledged before the result is sent.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = CallResult.Completed.class, name = "completed"),
    @JsonSubTypes.Type(value = CallResult.Failed.class, name = "failed"),
    @JsonSubTypes.Type(value = CallResult.Stopped.class, name = "stopped"),
    @JsonSubTypes.Type(value = CallResult.Busy.class, name = "busy"),
    @JsonSubTypes.Type(value = CallResult.NeverStarted.class, name = "never_started")
})
public sealed interface CallResult {
    /** The attempt that is answered. */
    CallRef ref();

    /** The record's key. */
    String conversation();

    /** The worker's incarnation. */
    String incarnation();

    /** The call ended as it should. A tool that told of a failure has completed, too: see {@link CallOutput.Tool#error}. */
    record Completed(CallRef ref, String conversation, String incarnation, int frames, CallOutput output)
            implements CallResult {
        public Completed {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(incarnation, "incarnation");
            Objects.requireNonNull(output, "output");
        }
    }

    /**
     * The attempt failed.
     *
     * @param retryable whether another attempt may do better
     * @param retryAfterMillis the endpoint's wish, 0 when it had none
     */
    record Failed(
            CallRef ref,
            String conversation,
            String incarnation,
            int frames,
            TurnError error,
            boolean retryable,
            long retryAfterMillis)
            implements CallResult {
        public Failed {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(incarnation, "incarnation");
            Objects.requireNonNull(error, "error");
        }
    }

    /**
     * The attempt was stopped as ordered, after it had started.
     *
     * @param output what had come by then, null when nothing of use had
     */
    record Stopped(
            CallRef ref,
            String conversation,
            String incarnation,
            int frames,
            @Nullable CallOutput output) implements CallResult {
        public Stopped {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(incarnation, "incarnation");
        }
    }

    /** The worker has no free slot, or leaves: nothing was started, and it is no failure. */
    record Busy(CallRef ref, String conversation, String incarnation) implements CallResult {
        public Busy {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(incarnation, "incarnation");
        }
    }

    /** Answer to a stop: that attempt was not started, and will never be. */
    record NeverStarted(CallRef ref, String conversation, String incarnation) implements CallResult {
        public NeverStarted {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(incarnation, "incarnation");
        }
    }
}
