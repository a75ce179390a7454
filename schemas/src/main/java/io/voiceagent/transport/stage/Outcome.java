package io.voiceagent.transport.stage;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.TurnError;
import org.jspecify.annotations.Nullable;

/** How an attempt ended, as its handler says; the runtime adds the frames and reports it. */
public sealed interface Outcome {
    /** The call ended as it should. */
    record Completed(CallOutput output) implements Outcome {}

    /**
     * The attempt failed.
     *
     * @param retryable whether another attempt may do better
     * @param retryAfterMillis the endpoint's wish, 0 when it had none
     */
    record Failed(TurnError error, boolean retryable, long retryAfterMillis) implements Outcome {}

    /**
     * The attempt was stopped.
     *
     * @param output exactly what the frames say, null when that is nothing of use
     */
    record Stopped(@Nullable CallOutput output) implements Outcome {}
}
