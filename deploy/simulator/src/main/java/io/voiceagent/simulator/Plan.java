package io.voiceagent.simulator;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What the simulator does with one request; decided by {@link Script}, carried out by {@link ChatHandler}. */
sealed interface Plan {

    /** Refuse with an HTTP error in OpenAI's shape. */
    record Reject(int status, String type, String code, String message, OptionalInt retryAfterSeconds)
            implements Plan {}

    /** Answer nothing, with or without the headers of a 200. */
    record Silence(boolean headersSent) implements Plan {}

    /**
     * Answer.
     *
     * @param steps the tokens, in order
     * @param wrongType send it under a content type that it is not
     */
    record Reply(Timing timing, List<Step> steps, Ending ending, Usage usage, boolean wrongType) implements Plan {}

    /** How an answer ends after its last step. */
    enum Ending {
        STOP("stop"),
        TOOL_CALLS("tool_calls"),
        LENGTH("length"),
        /** The connection is closed without an end. */
        CUT(null),
        /** Nothing more comes, the connection stays. */
        STALL(null),
        /** Filler follows for ever. */
        ENDLESS(null);

        private final Optional<String> finishReason;

        Ending(@Nullable String finishReason) {
            this.finishReason = Optional.ofNullable(finishReason);
        }

        /** The {@code finish_reason} of the wire format; empty where no proper end comes. */
        Optional<String> finishReason() {
            return finishReason;
        }
    }
}
