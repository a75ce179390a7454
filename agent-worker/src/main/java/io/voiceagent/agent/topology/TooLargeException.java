package io.voiceagent.agent.topology;

/** A record would be larger than its topic takes. */
final class TooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLargeException(String what, long bytes, long limit) {
        super("%s would have %d bytes, and %d are allowed".formatted(what, bytes, limit));
    }
}
