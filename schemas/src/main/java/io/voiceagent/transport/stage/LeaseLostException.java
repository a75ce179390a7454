package io.voiceagent.transport.stage;

import org.jspecify.annotations.Nullable;

/** This worker may be believed dead, so it must not begin an effect now. */
public final class LeaseLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LeaseLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
