package io.voiceagent.agent.llm;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.TokenLogprob;
import io.voiceagent.messages.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a model has said so far: each piece is given on as a {@link Frame.Delta} and kept, so that the items at the end
 * are exactly the concatenation of the deltas. Confined to one thread.
 */
final class Answer {
    private static final int MAX_NAME = 64;
    private static final int MAX_CALL_ID = 128;
    private static final int MAX_TOOL_CALLS = 128;
    /** Of an answer, candidates too: about a megabyte. */
    private static final int MAX_LOGPROBS = 20_000;

    private static final int MAX_DELTA = 32 * 1024;

    private sealed interface Part {
        record Text(StringBuilder text, StringBuilder refusal) implements Part {}

        record Reasoning(StringBuilder text) implements Part {}

        record Call(int number, String callId, String name, StringBuilder arguments) implements Part {}
    }

    private final CallRef ref;
    private final Set<String> takenCallIds;
    private final int maxChars;
    private final Consumer<Frame.Delta> sink;
    private final List<Part> parts = new ArrayList<>();
    private final Map<Integer, Part.Call> callsByIndex = new HashMap<>();
    private Part.@Nullable Text text;
    private Part.@Nullable Reasoning reasoning;
    private int chars;
    private int logprobs;

    /**
     * @param takenCallIds ids that the context uses already
     * @param maxChars bound of all text together
     * @param sink takes the deltas; what it throws goes up through langchain4j, which hands it to the error handler
     */
    Answer(CallRef ref, Set<String> takenCallIds, int maxChars, Consumer<Frame.Delta> sink) {
        this.ref = ref;
        this.takenCallIds = new HashSet<>(takenCallIds);
        this.maxChars = maxChars;
        this.sink = sink;
    }

    /** Whether anything was given on: from then on a failed try cannot be repeated in secret. */
    boolean isStarted() {
        return parts.stream().anyMatch(Answer::isHeard);
    }

    boolean hasCalls() {
        return !callsByIndex.isEmpty();
    }

    void text(String piece) {
        text(piece, List.of());
    }

    /** @param tokenLogprobs of the piece; what is beyond the bound of all together is left out */
    void text(String piece, List<TokenLogprob> tokenLogprobs) {
        List<TokenLogprob> taken =
                tokenLogprobs.stream().takeWhile(this::isInBound).toList();
        // A piece that is too long for one delta has them with its beginning
        Iterator<List<TokenLogprob>> once = List.of(taken).iterator();
        append(
                message().text(),
                piece,
                part -> new Frame.Text(part, taken.isEmpty() || !once.hasNext() ? null : once.next()));
    }

    private boolean isInBound(TokenLogprob logprob) {
        logprobs += 1 + logprob.top().size();
        return logprobs <= MAX_LOGPROBS;
    }

    /** The model declines; what it said before stays. */
    void refusal(String piece) {
        append(message().refusal(), piece, Frame.Refusal::new);
    }

    private Part.Text message() {
        Part.Text open = text;
        if (open == null) {
            open = new Part.Text(new StringBuilder(), new StringBuilder());
            text = open;
            parts.add(open);
        }
        return open;
    }

    void reasoning(String piece) {
        Part.Reasoning open = reasoning;
        if (open == null) {
            open = new Part.Reasoning(new StringBuilder());
            reasoning = open;
            parts.add(open);
        }
        append(open.text(), piece, Frame.ReasoningText::new);
    }

    /**
     * A piece of a tool call.
     *
     * @param index the endpoint's number of the call
     * @param id the endpoint's id; used when it is usable and not taken
     */
    void call(int index, @Nullable String id, @Nullable String name, String arguments) {
        Part.Call call = callsByIndex.get(index);
        if (call == null) {
            call = begin(index, id, name);
        }
        int number = call.number();
        append(call.arguments(), arguments, part -> new Frame.ToolCallArguments(number, part));
    }

    /** A tool call is whole; of one that had no arguments, this is the first that is heard. */
    void callComplete(int index, @Nullable String id, @Nullable String name, String arguments) {
        if (!callsByIndex.containsKey(index)) {
            call(index, id, name, arguments);
        }
    }

    private Part.Call begin(int index, @Nullable String id, @Nullable String name) {
        if (name == null || name.isBlank() || name.length() > MAX_NAME) {
            throw new FailureException(Failures.malformed("a tool call without a usable name"));
        }
        int number = callsByIndex.size();
        if (number >= MAX_TOOL_CALLS) {
            throw new FailureException(tooLarge());
        }
        Part.Call call = new Part.Call(number, callId(id, number), name, new StringBuilder());
        sink.accept(new Frame.ToolCallStart(number, call.callId(), name));
        callsByIndex.put(index, call);
        parts.add(call);
        return call;
    }

    /** Endpoints exist that number the calls of each answer anew, or give no ids at all. */
    private String callId(@Nullable String id, int number) {
        if (id != null && !id.isBlank() && id.length() <= MAX_CALL_ID && takenCallIds.add(id)) {
            return id;
        }
        String turn = ref.responseId()
                .substring(ref.responseId().length()
                        - Math.min(24, ref.responseId().length()));
        String own = "call_" + turn + "_" + ref.step() + "_" + ref.attempt() + "_" + number;
        takenCallIds.add(own);
        return own;
    }

    private void append(StringBuilder target, String piece, Function<String, Frame.Delta> delta) {
        chars += piece.length();
        if (chars > maxChars) {
            throw new FailureException(tooLarge());
        }
        for (int from = 0; from < piece.length(); ) {
            int to = end(piece, from);
            String part = piece.substring(from, to);
            sink.accept(delta.apply(part)); // first: a delta that was refused is not part of the answer
            target.append(part);
            from = to;
        }
    }

    /** Where the next delta ends: not too long, and not between the halves of a surrogate pair. */
    private static int end(String piece, int from) {
        int to = Math.min(piece.length(), from + MAX_DELTA);
        return to < piece.length() && Character.isHighSurrogate(piece.charAt(to - 1)) ? to - 1 : to;
    }

    private static Failure tooLarge() {
        return Failure.lasting(
                ErrorCodes.MODEL_ERROR, "too_large", "the model's answer is larger than this installation takes");
    }

    /** The output so far. */
    CallOutput.Model output(CallOutput.Finish finish, Usage usage, @Nullable String model) {
        return new CallOutput.Model(
                parts.stream().filter(Answer::isHeard).map(Answer::item).toList(), finish, usage, model);
    }

    /** Not so when its first delta was refused. */
    private static boolean isHeard(Part part) {
        return switch (part) {
            case Part.Text p -> !p.text().isEmpty() || !p.refusal().isEmpty();
            case Part.Reasoning p -> !p.text().isEmpty();
            case Part.Call p -> true;
        };
    }

    private static Item message(String text, String refusal) {
        if (refusal.isEmpty()) {
            return new Item.Message(Item.Role.ASSISTANT, text);
        }
        Item.Content declined = new Item.Content.Refusal(refusal);
        return new Item.Message(
                Item.Role.ASSISTANT,
                text + refusal,
                text.isEmpty() ? List.of(declined) : List.of(new Item.Content.Text(text), declined));
    }

    private static Item item(Part part) {
        return switch (part) {
            case Part.Text p -> message(p.text().toString(), p.refusal().toString());
            case Part.Reasoning p -> new Item.Reasoning(p.text().toString());
            case Part.Call p ->
                new Item.ToolCall(p.callId(), p.name(), p.arguments().toString());
        };
    }
}
