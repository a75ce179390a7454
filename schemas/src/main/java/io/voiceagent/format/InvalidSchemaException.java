package io.voiceagent.format;

import java.io.Serial;

/** A client's schema that answers can't be checked by; the message says why, for the client. */
public final class InvalidSchemaException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    InvalidSchemaException(String message) {
        super(message);
    }
}
