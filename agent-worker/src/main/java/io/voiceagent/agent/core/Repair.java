package io.voiceagent.agent.core;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.StepEvent.StepKind;
import java.util.ArrayList;
import java.util.List;

/**
 * The second chance of an answer that is not of the format that was asked for. The first such answer of a turn does not count: its step
 * ends without its output being accepted, and the model is told of it and asked again. A second one counts as it is, and the turn ends
 * incomplete.
 */
final class Repair {
    private Repair() {}

    /**
     * Whether {@code output}, of the open step, is to be repaired.
     *
     * @param once not when one of the turn was
     */
    static boolean due(Turn.Active turn, CallOutput output, boolean once) {
        return output instanceof CallOutput.Model answer
                && answer.violations() != null
                && turn.step().kind() == StepKind.MODEL
                && !(once && turn.steps().stream().anyMatch(Repair::rejected));
    }

    /** What the model is told at the end of its context when the step before was rejected; else nothing. */
    static List<Item> prompt(Turn.Open turn) {
        if (turn.steps().isEmpty()
                || !rejected(turn.steps().getLast())
                || !(turn.steps().getLast().outcomes().getFirst().output() instanceof CallOutput.Model answer)) {
            return List.of();
        }
        List<Item> told = new ArrayList<>();
        answer.items().stream()
                .filter(item ->
                        item instanceof Item.Message message && !message.text().isEmpty())
                .forEach(told::add);
        List<String> violations = answer.violations() == null ? List.of() : answer.violations();
        // As the user: not every model takes instructions in the middle of a conversation
        told.add(new Item.Message(
                Item.Role.USER,
                "Your last answer is not of the format that was asked for:\n- "
                        + String.join("\n- ", violations)
                        + "\nGive the whole answer again, as JSON of that format and nothing else."));
        return told;
    }

    /** No other step has an output that does not count. */
    private static boolean rejected(Turn.ClosedStep step) {
        var outcome = step.outcomes().getFirst();
        return step.kind() == StepKind.MODEL
                && !outcome.accepted()
                && outcome.output() instanceof CallOutput.Model answer
                && answer.violations() != null;
    }
}
