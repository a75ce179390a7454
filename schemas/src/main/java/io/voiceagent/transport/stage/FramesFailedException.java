package io.voiceagent.transport.stage;

import org.jspecify.annotations.Nullable;

/** A frame could not be sent, which ends the attempt. */
public final class FramesFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FramesFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
