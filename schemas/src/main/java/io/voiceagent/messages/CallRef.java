package io.voiceagent.messages;

import java.util.Objects;

/**
 * Names one attempt of one call.
 *
 * @param responseId the turn
 * @param step 0-based number of the step within the turn
 * @param call 0-based number of the call within the step
 * @param attempt 0-based number of the attempt of the call
 */
public record CallRef(String responseId, int step, int call, int attempt) {
    public CallRef {
        Objects.requireNonNull(responseId, "responseId");
    }

    /** The same call without its attempt: what a tool gets as its idempotency key. */
    public String idempotencyKey() {
        return responseId + "/" + step + "/" + call;
    }

    /** {@code response/step/call/attempt}, the form used in announcements. */
    @Override
    public String toString() {
        return idempotencyKey() + "/" + attempt;
    }

    /** The next attempt of the same call. */
    public CallRef next() {
        return new CallRef(responseId, step, call, attempt + 1);
    }

    /** Whether {@code other} is an attempt of the same call. */
    public boolean sameCall(CallRef other) {
        return responseId.equals(other.responseId) && step == other.step && call == other.call;
    }

    /**
     * Reads the form that {@link #toString} writes.
     *
     * @throws MalformedMessageException when the text is not of that form
     */
    public static CallRef parse(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length != 4) {
            throw new MalformedMessageException("not a call reference: " + text, null);
        }
        try {
            return new CallRef(
                    parts[0], Integer.parseInt(parts[1]), Integer.parseInt(parts[2]), Integer.parseInt(parts[3]));
        } catch (NumberFormatException e) {
            throw new MalformedMessageException("not a call reference: " + text, e);
        }
    }
}
