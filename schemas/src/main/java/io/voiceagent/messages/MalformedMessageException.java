package io.voiceagent.messages;

import org.jspecify.annotations.Nullable;

/** A record's value or an id could not be read: it goes to the dead letters, or the client gets a refusal. */
public final class MalformedMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MalformedMessageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
