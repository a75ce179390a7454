package io.voiceagent.agent.core;

import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.TurnError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the model is told. */
public final class Prompt {
    private Prompt() {}

    /**
     * The request of the turn's open model step.
     *
     * @param ancestors the branch that the turn continues, the oldest first; their instructions are not inherited
     * @param contextTokens of the model's window, for a turn that asks for its context to be made to fit
     */
    public static ModelRequest request(Turn.Open turn, List<Turn.Over> ancestors, int contextTokens) {
        ResponseSpec spec = turn.accepted().spec();
        List<Item> past = new ArrayList<>();
        for (int i = 0; i < ancestors.size(); i++) {
            past.addAll(ApprovalRules.told(ancestors.get(i).input(), ancestors.subList(0, i)));
            past.addAll(ancestors.get(i).output());
        }
        past.addAll(ApprovalRules.told(spec.input(), ancestors));
        List<Item> own = new ArrayList<>(outputs(turn));
        own.addAll(Repair.prompt(turn));
        List<Item> messages = new ArrayList<>();
        if (spec.instructions() != null) {
            messages.add(new Item.Message(Item.Role.SYSTEM, spec.instructions()));
        }
        messages.addAll(spec.truncation() == null ? past : Window.fit(past, room(turn, messages, own, contextTokens)));
        messages.addAll(own);
        return new ModelRequest(
                spec.model(),
                answeredOnly(messages),
                tools(turn),
                choice(turn),
                spec.parallelToolCalls(),
                outputBound(turn),
                spec.temperature(),
                spec.topP(),
                spec.text(),
                spec.reasoning(),
                spec.serviceTier(),
                spec.promptCacheKey(),
                spec.safetyIdentifier(),
                spec.topLogprobs());
    }

    /**
     * What the turn's steps brought, as the context of what follows: what the model said, then what the tools answered, step by step. A
     * tool that is neither ours nor the client's is answered with an error at once. Thinking is left out. A call that the client approved is said
     * again where it is answered: the turn that asked for it stays without an answer, on this branch and on all others.
     */
    public static List<Item> outputs(Turn.Open turn) {
        List<Item> items = new ArrayList<>();
        for (Turn.ClosedStep step : turn.steps()) {
            step.planned().stream()
                    .filter(planned -> planned.approvalRequestId() != null)
                    .forEach(planned ->
                            items.add(new Item.ToolCall(planned.callId(), planned.tool(), planned.arguments())));
            for (int i = 0; i < step.outcomes().size(); i++) {
                CallOutcome outcome = step.outcomes().get(i);
                if (!outcome.accepted()) {
                    continue;
                }
                switch (outcome.output()) {
                    case null -> {}
                    case CallOutput.Model model -> addAnswer(items, model, turn);
                    case CallOutput.Tool tool -> items.add(result(step.planned().get(i), tool));
                }
            }
        }
        return items;
    }

    /** What is left for the past: the rest of the context stays, and the answer needs room. */
    private static long room(Turn.Open turn, List<Item> instructions, List<Item> own, int contextTokens) {
        Integer bound = tokensLeft(turn);
        long answer = Math.min(bound == null ? Integer.MAX_VALUE : bound, contextTokens / 8);
        long stays = Stream.concat(instructions.stream(), own.stream())
                .mapToLong(Window::tokens)
                .sum();
        long tools = tools(turn).stream()
                .mapToLong(tool -> Window.tokens(tool.name() + tool.description() + tool.parameters()))
                .sum();
        return contextTokens - answer - stays - tools;
    }

    /** Calls of the model's last answer that tools of ours run, and that wait for nobody. */
    static List<PlannedTool> hosted(CallOutput.Model answer, Turn.Open turn) {
        return calls(answer)
                .filter(call -> description(turn, call.name()) != null && !waits(turn, call))
                .map(call -> new PlannedTool(call.callId(), call.name(), call.arguments()))
                .toList();
    }

    /** Calls of the answer that wait for the client's approval. */
    static List<Item.ToolCall> toApprove(CallOutput.Model answer, Turn.Open turn) {
        return calls(answer).filter(call -> waits(turn, call)).toList();
    }

    private static boolean waits(Turn.Open turn, Item.ToolCall call) {
        ToolDescription tool = description(turn, call.name());
        return tool != null && Approvals.needed(turn.accepted().spec(), tool);
    }

    /** Whether the answer asks for something that only the client can bring: a tool of its own, or its approval. */
    static boolean asksClient(CallOutput.Model answer, Turn.Open turn) {
        return calls(answer)
                .anyMatch(call ->
                        waits(turn, call) || description(turn, call.name()) == null && isFunction(turn, call.name()));
    }

    static boolean asksTools(CallOutput.Model answer) {
        return calls(answer).findAny().isPresent();
    }

    /** The pinned description of a hosted tool; null when the turn has none of that name. */
    static @Nullable ToolDescription description(Turn.Open turn, String name) {
        return turn.accepted().catalogue().stream()
                .filter(tool -> tool.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** What the next model call may bring: the client's bound of tokens, or what its money is enough for; null when there is none. */
    private static @Nullable Integer outputBound(Turn.Open turn) {
        Integer tokens = tokensLeft(turn);
        Integer money = Spending.tokensLeft(turn);
        if (tokens == null || money == null) {
            return tokens == null ? money : tokens;
        }
        return Math.min(tokens, money);
    }

    /** What is left of the turn's bound of output tokens, null when there is none. */
    static @Nullable Integer tokensLeft(Turn.Open turn) {
        Integer bound = turn.accepted().spec().maxOutputTokens();
        return bound == null ? null : (int) Math.max(0, bound - turn.usage().outputTokens());
    }

    private static void addAnswer(List<Item> items, CallOutput.Model model, Turn.Open turn) {
        List<Item> unknown = new ArrayList<>();
        for (Item item : model.items()) {
            switch (item) {
                case Item.Reasoning _ -> {}
                case Item.Message message -> items.add(message);
                case Item.ToolResult result -> items.add(result);
                case Item.ApprovalAnswer _ -> {} // never a model's
                case Item.ToolCall call -> {
                    items.add(call);
                    if (description(turn, call.name()) == null && !isFunction(turn, call.name())) {
                        unknown.add(new Item.ToolResult(
                                call.callId(), "There is no tool of this name.", true, call.name()));
                    }
                }
            }
        }
        items.addAll(unknown);
    }

    private static Item.ToolResult result(PlannedTool planned, CallOutput.Tool tool) {
        return new Item.ToolResult(planned.callId(), tool.output(), tool.error() != null, planned.tool());
    }

    /**
     * Leaves out calls that nobody answered, and answers to calls that are not told any more: a model endpoint refuses them. Ids are unique
     * within a turn only, so the nearest answer counts.
     */
    private static List<Item> answeredOnly(List<Item> items) {
        Set<String> answered = new HashSet<>();
        List<Item> kept = new ArrayList<>();
        for (Item item : items.reversed()) {
            if (item instanceof Item.ToolResult result) {
                answered.add(result.callId());
            }
            if (!(item instanceof Item.ToolCall call) || answered.remove(call.callId())) {
                kept.add(item);
            }
        }
        Collections.reverse(kept);
        Set<String> open = new HashSet<>();
        List<Item> paired = new ArrayList<>();
        for (Item item : kept) {
            if (item instanceof Item.ToolCall call) {
                open.add(call.callId());
            }
            if (!(item instanceof Item.ToolResult result) || open.remove(result.callId())) {
                paired.add(item);
            }
        }
        return paired;
    }

    private static List<ModelRequest.Tool> tools(Turn.Open turn) {
        Stream<ModelRequest.Tool> own = turn.accepted().spec().tools().stream()
                .filter(ToolSpec.Function.class::isInstance)
                .map(ToolSpec.Function.class::cast)
                .filter(function -> description(turn, function.name()) == null)
                .map(function -> new ModelRequest.Tool(
                        function.name(), function.description(), function.parameters(), function.strict()));
        Stream<ModelRequest.Tool> hosted = turn.accepted().catalogue().stream()
                .map(tool -> new ModelRequest.Tool(tool.name(), tool.description(), tool.parameters(), null));
        return Stream.concat(hosted, own).toList();
    }

    /** A tool that must be called must be called once, not again with its answer at hand. */
    private static ToolChoice choice(Turn.Open turn) {
        ToolChoice wanted = turn.accepted().spec().toolChoice();
        return turn.steps().isEmpty() || wanted.mode() == ToolChoice.Mode.NONE ? wanted : ToolChoice.AUTO;
    }

    private static boolean isFunction(Turn.Open turn, String name) {
        return turn.accepted().spec().tools().stream()
                .anyMatch(tool -> tool instanceof ToolSpec.Function function
                        && function.name().equals(name));
    }

    private static Stream<Item.ToolCall> calls(CallOutput.Model answer) {
        return answer.items().stream().filter(Item.ToolCall.class::isInstance).map(Item.ToolCall.class::cast);
    }

    /** What a model is told of a tool that failed in a way that it did not tell of itself. */
    static CallOutput.Tool failure(TurnError error) {
        return new CallOutput.Tool("The tool failed: " + error.message(), error);
    }
}
