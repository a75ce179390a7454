package io.voiceagent.agent.core;

import io.voiceagent.messages.StepEvent;
import java.util.List;

/**
 * What follows from an input. The caller makes all of it happen in one transaction, or nothing.
 *
 * @param events in order
 * @param commands in order
 * @param after the state before with all events applied
 * @param refused the input was a result that does not count: of an older attempt, of another worker, or of a turn that is over
 */
public record Decision(List<StepEvent> events, List<Command> commands, Turn after, boolean refused) {
    public Decision {
        events = List.copyOf(events);
        commands = List.copyOf(commands);
    }

    /** Whether it begins the turn. */
    public boolean accepts() {
        return !events.isEmpty() && events.getFirst() instanceof StepEvent.Accepted;
    }

    /** Whether nothing is to be done. */
    public boolean isEmpty() {
        return events.isEmpty() && commands.isEmpty();
    }
}
