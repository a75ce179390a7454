package io.voiceagent.transport.deadletters;

/** What was asked for can't be done; the message says why and what to do. */
final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CommandException(String message) {
        super(message);
    }
}
