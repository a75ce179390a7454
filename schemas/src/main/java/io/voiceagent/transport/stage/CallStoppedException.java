package io.voiceagent.transport.stage;

import org.jspecify.annotations.Nullable;

/** The attempt has been told to stop. */
public final class CallStoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CallStoppedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
