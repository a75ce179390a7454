package io.voiceagent.transport;

import org.jspecify.annotations.Nullable;

/** Kafka could not be reached, or refused, for as long as the caller was willing to wait. */
public final class KafkaUnavailableException extends RuntimeException implements StartFailure {
    private static final long serialVersionUID = 1L;

    KafkaUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
