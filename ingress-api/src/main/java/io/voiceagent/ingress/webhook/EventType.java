package io.voiceagent.ingress.webhook;

import io.voiceagent.messages.StepEvent;
import java.util.Arrays;
import java.util.Optional;

/** What a webhook tells, by the names of OpenAI's webhook events for responses. */
public enum EventType {
    COMPLETED("response.completed"),
    FAILED("response.failed"),
    INCOMPLETE("response.incomplete"),
    CANCELLED("response.cancelled");

    private final String wire;

    EventType(String wire) {
        this.wire = wire;
    }

    /** {@code type} of the event. */
    public String wire() {
        return wire;
    }

    static EventType of(StepEvent.Status status) {
        return switch (status) {
            case COMPLETED -> COMPLETED;
            case FAILED -> FAILED;
            case INCOMPLETE -> INCOMPLETE;
            case CANCELLED -> CANCELLED;
        };
    }

    static Optional<EventType> ofWire(String wire) {
        return Arrays.stream(values()).filter(type -> type.wire.equals(wire)).findFirst();
    }
}
