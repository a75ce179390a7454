package io.voiceagent.transport;

/** A topic that exists is not what the settings say; the message names the topic, the variable and the remedy. */
public final class TopicMismatchException extends RuntimeException implements StartFailure {
    private static final long serialVersionUID = 1L;

    TopicMismatchException(String message) {
        super(message);
    }
}
