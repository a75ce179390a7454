package io.voiceagent.agent.core;

import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ItemPlace;
import io.voiceagent.messages.ItemPlace.Part;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.TurnError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The line of a conversation as the context of its next turn: without the items that were removed. */
public final class Line {
    private Line() {}

    /** The node that items make which were added by hand: a turn that is over and brought nothing. */
    public static Turn.Over node(StepEvent.ItemsAdded added, String tenant) {
        return new Turn.Over(
                added.responseId(),
                tenant,
                added.parent(),
                added.items(),
                List.of(),
                StepEvent.Status.COMPLETED,
                added.at(),
                true,
                List.of(),
                null);
    }

    /** The nodes without what was removed of them; a call goes with its result, and a result does not stay without its call. */
    public static List<Turn.Over> without(List<Turn.Over> nodes, List<ItemPlace> removed) {
        if (removed.isEmpty()) {
            return nodes;
        }
        Set<String> calls = new HashSet<>();
        List<Turn.Over> kept = new ArrayList<>();
        for (Turn.Over node : nodes) {
            List<ItemPlace> here = removed.stream()
                    .filter(place -> place.node().equals(node.responseId()))
                    .toList();
            List<Item> input = answersOnly(withoutInput(node.input(), here), calls);
            List<Item> output = answersOnly(withoutOutput(node.output(), here), calls);
            kept.add(new Turn.Over(
                    node.responseId(),
                    node.tenant(),
                    node.previous(),
                    input,
                    output,
                    node.status(),
                    node.at(),
                    node.byHand(),
                    node.approvals(),
                    node.traceparent()));
        }
        return kept;
    }

    private static List<Item> withoutInput(List<Item> input, List<ItemPlace> removed) {
        List<Item> kept = new ArrayList<>();
        for (int i = 0; i < input.size(); i++) {
            if (!has(removed, Part.INPUT, i)) {
                kept.add(input.get(i));
            }
        }
        return kept;
    }

    private static List<Item> withoutOutput(List<Item> output, List<ItemPlace> removed) {
        List<Item> kept = new ArrayList<>();
        int messages = 0;
        int calls = 0;
        for (Item item : output) {
            boolean gone = switch (item) {
                case Item.Message _ -> has(removed, Part.MESSAGE, messages++);
                case Item.ToolCall _ -> has(removed, Part.CALL, calls++);
                case Item.ToolResult _, Item.Reasoning _, Item.ApprovalAnswer _ -> false;
            };
            if (!gone) {
                kept.add(item);
            }
        }
        return kept;
    }

    private static boolean has(List<ItemPlace> removed, Part part, int number) {
        return removed.stream().anyMatch(place -> place.part() == part && place.number() == number);
    }

    /** @param calls ids of the calls before, to which those of {@code items} are added */
    private static List<Item> answersOnly(List<Item> items, Set<String> calls) {
        List<Item> kept = new ArrayList<>();
        for (Item item : items) {
            if (item instanceof Item.ToolCall call) {
                calls.add(call.callId());
            }
            if (!(item instanceof Item.ToolResult result) || calls.contains(result.callId())) {
                kept.add(item);
            }
        }
        return kept;
    }

    /** Ids of the results in {@code input} whose calls must be in the line before it. */
    public static Set<String> answers(List<Item> input) {
        Set<String> own = new HashSet<>();
        Set<String> answers = new HashSet<>();
        for (Item item : input) {
            if (item instanceof Item.ToolCall call) {
                own.add(call.callId());
            } else if (item instanceof Item.ToolResult result && !own.contains(result.callId())) {
                answers.add(result.callId());
            }
        }
        return answers;
    }

    /** Why the input can't follow these nodes; null when it can. Model endpoints refuse a result without its call. */
    public static @Nullable TurnError unfit(Set<String> answers, List<Turn.Over> nodes) {
        Set<String> open = new HashSet<>();
        for (Turn.Over node : nodes) {
            for (List<Item> items : List.of(node.input(), node.output())) {
                for (Item item : items) {
                    if (item instanceof Item.ToolCall call) {
                        open.add(call.callId());
                    } else if (item instanceof Item.ToolResult result) {
                        open.remove(result.callId());
                    }
                }
            }
        }
        return open.containsAll(answers)
                ? null
                : new TurnError(
                        ErrorCodes.INVALID_REQUEST,
                        "A function_call_output of 'input' has a call_id that no open function_call of the conversation has.");
    }
}
