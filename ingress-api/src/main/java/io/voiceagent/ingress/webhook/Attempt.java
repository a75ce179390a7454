package io.voiceagent.ingress.webhook;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What became of one request to an endpoint. */
sealed interface Attempt {
    /**
     * It was answered.
     *
     * @param retryAfter what the answer asks for, null when it asks for nothing
     */
    record Answered(int status, @Nullable Duration retryAfter) implements Attempt {}

    /**
     * No answer came.
     *
     * @param reason for the tenant: no address of ours in it
     */
    record Unanswered(String reason) implements Attempt {}

    /**
     * It was not sent, because of where its name leads.
     *
     * @param reason for the tenant; does not tell the address
     */
    record NotSent(String reason) implements Attempt {}
}
