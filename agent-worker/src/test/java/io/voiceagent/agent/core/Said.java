package io.voiceagent.agent.core;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the deltas of one attempt come to. */
final class Said {
    private final List<Item> items = new ArrayList<>();
    private final Map<Integer, Integer> toolCalls = new HashMap<>();
    private int deltas;

    void add(Frame.Delta delta) {
        deltas++;
        switch (delta) {
            case Frame.Text(String text, var _) -> text(text);
            case Frame.Refusal _ -> throw new IllegalArgumentException("no model here refuses");
            case Frame.ReasoningText(String text) -> reasoning(text);
            case Frame.ToolCallStart start -> {
                toolCalls.put(start.index(), items.size());
                items.add(new Item.ToolCall(start.callId(), start.name(), ""));
            }
            case Frame.ToolCallArguments(int index, String text) -> {
                int at = toolCalls.get(index);
                Item.ToolCall call = (Item.ToolCall) items.get(at);
                items.set(at, new Item.ToolCall(call.callId(), call.name(), call.arguments() + text));
            }
            case Frame.Progress _ -> {}
        }
    }

    private void text(String text) {
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) instanceof Item.Message message) {
                items.set(i, new Item.Message(Item.Role.ASSISTANT, message.text() + text));
                return;
            }
        }
        items.add(new Item.Message(Item.Role.ASSISTANT, text));
    }

    private void reasoning(String text) {
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i) instanceof Item.Reasoning reasoning) {
                items.set(i, new Item.Reasoning(reasoning.text() + text));
                return;
            }
        }
        items.add(new Item.Reasoning(text));
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    CallOutput.Model output(Finish finish) {
        return new CallOutput.Model(items, finish, new Usage(7, 0, deltas, 0), "simulated");
    }
}
