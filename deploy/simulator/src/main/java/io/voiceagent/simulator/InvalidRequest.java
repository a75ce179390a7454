package io.voiceagent.simulator;

import org.jspecify.annotations.Nullable;

/** A request that the real service would refuse with a 400; carries the name of the offending parameter. */
final class InvalidRequest extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final @Nullable String param;

    InvalidRequest(@Nullable String param, String message) {
        super(message);
        this.param = param;
    }

    /** The parameter at fault, or null when the body as a whole is. */
    @Nullable
    String param() {
        return param;
    }
}
