package io.voiceagent.agent.llm;

import org.jspecify.annotations.Nullable;

/** Carries a {@link Failure} up the stack of a try. */
final class FailureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    FailureException(Failure failure, @Nullable Throwable cause) {
        super(failure.error().message(), cause);
        this.failure = failure;
    }

    FailureException(Failure failure) {
        this(failure, null);
    }

    Failure failure() {
        return failure;
    }
}
