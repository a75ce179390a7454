package io.voiceagent.agent.llm;

import io.voiceagent.messages.TurnError;
import java.time.Duration;

/**
 * Why a model call did not succeed.
 *
 * @param error for the turn; holds no key, and no text that the endpoint may have taken from the request
 * @param type low-cardinality kind for {@code error.type} and metrics: an HTTP status code or a word
 * @param retryable whether another try may do better
 * @param retryAfter how long the endpoint asks to be left alone, zero when it does not say
 */
record Failure(TurnError error, String type, boolean retryable, Duration retryAfter) {
    /** A failure after which another try may do better, at any time. */
    static Failure passing(String code, String type, String message) {
        return new Failure(new TurnError(code, message), type, true, Duration.ZERO);
    }

    /** A failure that would come again. */
    static Failure lasting(String code, String type, String message) {
        return new Failure(new TurnError(code, message), type, false, Duration.ZERO);
    }
}
