package io.voiceagent.agent.llm;

import io.voiceagent.messages.ErrorCodes;
import java.time.Duration;

/**
 * How long one try may go without progress: first for the first token, then between events, at last for the end of a
 * stream whose last event has come. Confined to the thread that reads.
 */
final class Patience {
    private enum Phase {
        FIRST_TOKEN,
        STREAMING,
        ENDING
    }

    /** After {@code [DONE]} the body has only to close; an endpoint that leaves it open loses the connection. */
    private static final Duration ENDING = Duration.ofSeconds(1);

    private final Duration firstToken;
    private final Duration idle;
    private Phase phase = Phase.FIRST_TOKEN;
    private long deadline;

    Patience(Duration firstToken, Duration idle) {
        this.firstToken = firstToken;
        this.idle = idle;
        this.deadline = System.nanoTime() + firstToken.toNanos();
    }

    /** Nanoseconds left, 0 or less when it is over. */
    long left() {
        return deadline - System.nanoTime();
    }

    /** Something of the answer came. */
    void token() {
        if (phase == Phase.FIRST_TOKEN) {
            phase = Phase.STREAMING;
        }
        event();
    }

    /** An event came; before the first token it buys no time, or a server could hold us for ever with empty ones. */
    void event() {
        if (phase == Phase.STREAMING) {
            deadline = System.nanoTime() + idle.toNanos();
        }
    }

    /** The last event came. */
    void ending() {
        phase = Phase.ENDING;
        deadline = System.nanoTime() + ENDING.toNanos();
    }

    boolean isEnding() {
        return phase == Phase.ENDING;
    }

    /** What it means that the time is over. */
    Failure failure() {
        return phase == Phase.FIRST_TOKEN
                ? Failure.passing(
                        ErrorCodes.MODEL_ERROR,
                        "first_token_timeout",
                        "the model endpoint sent no token within " + firstToken.toSeconds() + " s")
                : Failure.passing(
                        ErrorCodes.MODEL_ERROR,
                        "idle_timeout",
                        "the model endpoint fell silent in mid-answer for " + idle.toSeconds() + " s");
    }
}
