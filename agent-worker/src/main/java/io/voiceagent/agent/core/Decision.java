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

    /** The requests for approval that are used up by it: a turn that answers them begins. */
    public List<String> approvalsAnswered() {
        boolean begins = events.stream()
                .anyMatch(event -> event instanceof StepEvent.StepStarted started && started.step() == 0);
        return begins && after instanceof Turn.Open turn
                ? ApprovalRules.ids(turn.accepted().spec().input())
                : List.of();
    }

    /** Whether nothing is to be done. */
    public boolean isEmpty() {
        return events.isEmpty() && commands.isEmpty();
    }
}
