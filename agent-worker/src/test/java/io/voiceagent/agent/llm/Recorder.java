package io.voiceagent.agent.llm;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.ToolChoice;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Takes what a model call gives on, and reads the deltas as a reader of the log does. */
final class Recorder implements Consumer<Frame.Delta>, ModelObserver {
    static final CallRef REF = new CallRef("resp_" + "0".repeat(24) + "abcdefabcdefabcdefabcdef", 0, 0, 0);

    final List<Frame.Delta> deltas = new CopyOnWriteArrayList<>();
    final List<Failure> retries = new CopyOnWriteArrayList<>();
    int firstTokens;

    @Override
    public void accept(Frame.Delta delta) {
        deltas.add(delta);
    }

    @Override
    public void firstToken() {
        firstTokens++;
    }

    @Override
    public void retry(Failure failure) {
        retries.add(failure);
    }

    String text() {
        StringBuilder text = new StringBuilder();
        deltas.forEach(delta -> {
            if (delta instanceof Frame.Text(String piece, var _)) {
                text.append(piece);
            }
        });
        return text.toString();
    }

    /** The items that the deltas give, in the order in which they began. */
    List<Item> items() {
        Map<String, Object[]> open = new LinkedHashMap<>();
        for (Frame.Delta delta : deltas) {
            switch (delta) {
                case Frame.Text(String piece, var _) ->
                    part(open, "text", "", "").append(piece);
                case Frame.Refusal(String piece) ->
                    part(open, "refusal", "", "").append(piece);
                case Frame.ReasoningText(String piece) ->
                    part(open, "reasoning", "", "").append(piece);
                case Frame.ToolCallStart(int index, String callId, String name) ->
                    part(open, "call" + index, callId, name);
                case Frame.ToolCallArguments(int index, String piece) ->
                    part(open, "call" + index, "", "").append(piece);
                case Frame.Progress progress -> throw new AssertionError("a model makes no progress");
            }
        }
        List<Item> items = new ArrayList<>();
        open.forEach((key, part) -> items.add(
                switch (key) {
                    case "text" -> new Item.Message(Item.Role.ASSISTANT, part[2].toString());
                    case "refusal" ->
                        new Item.Message(
                                Item.Role.ASSISTANT,
                                part[2].toString(),
                                List.of(new Item.Content.Refusal(part[2].toString())));
                    case "reasoning" -> new Item.Reasoning(part[2].toString());
                    default -> new Item.ToolCall((String) part[0], (String) part[1], part[2].toString());
                }));
        return items;
    }

    private static StringBuilder part(Map<String, Object[]> open, String key, String callId, String name) {
        return (StringBuilder) open.computeIfAbsent(key, k -> new Object[] {callId, name, new StringBuilder()})[2];
    }

    static LlmSettings settings(URI baseUrl) {
        return new LlmSettings(
                baseUrl,
                "sk-secret",
                "default-model",
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                3,
                Duration.ofSeconds(20),
                300_000,
                ChatRequests.MaxTokensField.MAX_TOKENS,
                true);
    }

    static LlmSettings impatient(URI baseUrl, Duration firstToken, Duration idle, int maxTries) {
        LlmSettings base = settings(baseUrl);
        return new LlmSettings(
                baseUrl,
                base.apiKey(),
                base.defaultModel(),
                base.connectTimeout(),
                firstToken,
                idle,
                maxTries,
                base.retryTime(),
                base.maxOutputChars(),
                base.maxTokensField(),
                base.clientFields());
    }

    static ModelRequest request(String text, ModelRequest.Tool... tools) {
        return request(List.of(new Item.Message(Item.Role.USER, text)), tools);
    }

    static ModelRequest request(List<Item> messages, ModelRequest.Tool... tools) {
        return new ModelRequest(
                "test-model", messages, List.of(tools), ToolChoice.AUTO, true, null, null, null, null, null);
    }

    static CallOutput.Model completed(ModelOutcome outcome) {
        if (outcome instanceof ModelOutcome.Completed(CallOutput.Model output)) {
            return output;
        }
        throw new AssertionError("expected a completed call, got " + outcome);
    }

    static Failure failed(ModelOutcome outcome) {
        if (outcome instanceof ModelOutcome.Failed(Failure failure)) {
            return failure;
        }
        throw new AssertionError("expected a failed call, got " + outcome);
    }
}
