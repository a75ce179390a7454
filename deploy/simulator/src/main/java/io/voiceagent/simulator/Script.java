package io.voiceagent.simulator;

import io.voiceagent.simulator.ChatRequest.Message;
import io.voiceagent.simulator.ChatRequest.Tool;
import io.voiceagent.simulator.ChatRequest.ToolChoice;
import io.voiceagent.simulator.Plan.Ending;
import io.voiceagent.simulator.Plan.Reject;
import io.voiceagent.simulator.Plan.Reply;
import io.voiceagent.simulator.Plan.Silence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Decides what the simulated model does with a request. Pure: the same request, count and options give the same plan.
 *
 * <p>First a fault, when a marker asks for one that is not used up. Then tool calls ({@link ToolScript}), then text.
 */
final class Script {

    private static final int MAX_QUESTION = 120;
    private static final int MAX_RESULT = 500;

    private Script() {}

    /**
     * @param earlier how many requests with the same last user text came before this one
     * @throws InvalidRequest when a marker has a value out of bounds
     */
    static Plan plan(ChatRequest request, int earlier, SimulatorOptions options) {
        Markers markers = Markers.of(request.lastUserText());
        Optional<Fault> fault = markers.faultFor(earlier);
        if (fault.isEmpty()) {
            return reply(request, markers, options);
        }
        return switch (fault.get().kind()) {
            case RATE_LIMITED ->
                new Reject(
                        429,
                        "requests",
                        "rate_limit_exceeded",
                        "Simulated: rate limit reached. Please try again in 1s.",
                        OptionalInt.of(1));
            case SERVER_ERROR ->
                new Reject(500, "server_error", "internal_error", "Simulated: an error.", OptionalInt.empty());
            case UNAVAILABLE ->
                new Reject(503, "server_error", "overloaded", "Simulated: overloaded.", OptionalInt.of(1));
            case HANG -> new Silence(true);
            case SILENT -> new Silence(false);
            case CUT -> broken(reply(request, markers, options), fault.get().afterTokens(), Ending.CUT);
            case STALL -> broken(reply(request, markers, options), fault.get().afterTokens(), Ending.STALL);
            case MALFORMED -> reply(request, markers, options, malformed(ToolScript.calls(request, markers), request));
            case BADTYPE -> {
                Reply reply = reply(request, markers, options);
                yield new Reply(reply.timing(), reply.steps(), reply.ending(), reply.usage(), true);
            }
            case ENDLESS -> endless(request, reply(request, markers, options));
        };
    }

    private static Reply reply(ChatRequest request, Markers markers, SimulatorOptions options) {
        return reply(request, markers, options, ToolScript.calls(request, markers));
    }

    private static Reply reply(
            ChatRequest request, Markers markers, SimulatorOptions options, List<ToolScript.Call> calls) {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < markers.reasoningTokens(); i++) {
            steps.add(new Step.Reasoning(i == 0 ? "Simulated reasoning:" : Filler.token(i)));
        }
        if (markers.refuse()) {
            Filler.tokens("Simulated refusal: I can't help with that.")
                    .forEach(token -> steps.add(new Step.Refusal(token)));
            return limited(request, timing(request, markers, options), steps, Ending.STOP);
        }
        if (calls.isEmpty()) {
            answer(request, markers, options).forEach(token -> steps.add(new Step.Text(token)));
        } else {
            addCalls(request, calls, steps);
        }
        Ending ending = calls.isEmpty() ? Ending.STOP : Ending.TOOL_CALLS;
        return limited(request, timing(request, markers, options), steps, ending);
    }

    private static Reply limited(ChatRequest request, Timing timing, List<Step> steps, Ending ending) {
        int most = request.maxTokens().orElse(Integer.MAX_VALUE);
        List<Step> kept = List.copyOf(steps.size() > most ? steps.subList(0, most) : steps);
        return new Reply(
                timing, kept, kept.size() < steps.size() ? Ending.LENGTH : ending, usage(request, kept), false);
    }

    private static Reply broken(Reply whole, int afterTokens, Ending ending) {
        List<Step> kept =
                whole.steps().subList(0, Math.min(afterTokens, whole.steps().size()));
        return new Reply(whole.timing(), kept, ending, whole.usage(), false);
    }

    private static Reply endless(ChatRequest request, Reply whole) {
        if (request.maxTokens().isEmpty()) {
            return new Reply(whole.timing(), whole.steps(), Ending.ENDLESS, whole.usage(), false);
        }
        List<Step> steps = new ArrayList<>(whole.steps());
        int most = Math.min(request.maxTokens().getAsInt(), SimulatorOptions.MAX_TOKENS);
        while (steps.size() < most) {
            steps.add(new Step.Text(Filler.token(steps.size())));
        }
        return new Reply(whole.timing(), List.copyOf(steps), Ending.LENGTH, usage(request, steps), false);
    }

    /** Breaks the JSON of the calls, and makes up a call of the first tool when the text asks for none. */
    private static List<ToolScript.Call> malformed(List<ToolScript.Call> calls, ChatRequest request) {
        boolean mayCall = request.sinceLastUser().isEmpty() && !(request.toolChoice() instanceof ToolChoice.None);
        List<ToolScript.Call> some = !calls.isEmpty() || !mayCall
                ? calls
                : request.tools().stream()
                        .limit(1)
                        .map(tool -> new ToolScript.Call(tool.name(), "{\"simulated\":true}"))
                        .toList();
        return some.stream()
                .map(call -> new ToolScript.Call(
                        call.name(),
                        call.arguments().substring(0, call.arguments().length() - 1) + ",\"broken"))
                .toList();
    }

    private static void addCalls(ChatRequest request, List<ToolScript.Call> calls, List<Step> steps) {
        for (int i = 0; i < calls.size(); i++) {
            steps.add(new Step.ToolCall(i, callId(request, i), calls.get(i).name()));
            for (String fragment : Filler.tokens(calls.get(i).arguments())) {
                steps.add(new Step.Arguments(i, fragment));
            }
        }
    }

    /** Unique within a conversation, since every round adds messages; the same for the same request. */
    private static String callId(ChatRequest request, int index) {
        return "call_%08x%04x%02x"
                .formatted(request.messages().hashCode(), request.messages().size() & 0xffff, index & 0xff);
    }

    /** JSON of the format that is asked for; as often as a marker asks for it JSON that is cut off. */
    private static String structured(ChatRequest request, Markers markers) {
        String json = switch (request.format()) {
            case ChatRequest.Format.Schema(JsonNode schema) ->
                SchemaSample.of(schema, markers.plainText()).toString();
            case ChatRequest.Format.Json _, ChatRequest.Format.Text _ ->
                JsonNodeFactory.instance
                        .objectNode()
                        .put("answer", markers.plainText())
                        .toString();
        };
        return mistakesLeft(request) > 0 ? json.substring(0, json.length() - 1) : json;
    }

    private static int mistakesLeft(ChatRequest request) {
        int left = 0;
        for (Message message : request.messages()) {
            if (message.role().equals("user")) {
                left = Math.max(left, Markers.of(message.text()).invalid());
            } else if (message.role().equals("assistant")
                    && message.toolCallIds().isEmpty()) {
                left--;
            }
        }
        return left;
    }

    private static List<String> answer(ChatRequest request, Markers markers, SimulatorOptions options) {
        if (!(request.format() instanceof ChatRequest.Format.Text)) {
            return Filler.tokens(structured(request, markers));
        }
        List<Message> results = request.sinceLastUser().stream()
                .filter(message -> message.role().equals("tool"))
                .toList();
        String question = " You asked: \"" + shortened(markers.plainText(), MAX_QUESTION) + "\"." + images(request);
        if (results.isEmpty()) {
            List<String> tokens = new ArrayList<>(Filler.tokens("Simulated answer, no model ran." + question));
            boolean told = question.endsWith("\".");
            return Filler.fitted(tokens, markers.tokens().orElse(told ? options.tokens() : tokens.size()));
        }
        StringBuilder text = new StringBuilder("Simulated answer, no model ran. Tool results:");
        for (Message result : results) {
            text.append(' ').append(nameOf(result, request)).append(" returned ");
            text.append(shortened(result.text(), MAX_RESULT)).append(';');
        }
        List<String> tokens =
                new ArrayList<>(Filler.tokens(text.append(question).toString()));
        return Filler.fitted(tokens, Math.max(tokens.size(), markers.tokens().orElse(0)));
    }

    private static String images(ChatRequest request) {
        List<String> images = request.messages().stream()
                .flatMap(message -> message.images().stream())
                .toList();
        return images.isEmpty()
                ? ""
                : " You sent %d image(s): %s."
                        .formatted(images.size(), shortened(String.join("; ", images), MAX_RESULT));
    }

    private static String nameOf(Message result, ChatRequest request) {
        for (Message message : request.sinceLastUser()) {
            int index = message.toolCallIds().indexOf(result.toolCallId());
            if (index >= 0) {
                return message.toolCallNames().get(index);
            }
        }
        return "a tool";
    }

    private static String shortened(String text, int most) {
        String flat = text.replaceAll("\\s+", " ").strip();
        return flat.codePointCount(0, flat.length()) <= most
                ? flat
                : flat.substring(0, flat.offsetByCodePoints(0, most)) + "…";
    }

    private static Timing timing(ChatRequest request, Markers markers, SimulatorOptions options) {
        return new Timing(
                markers.timeToFirstToken().orElse(options.timeToFirstToken()),
                markers.tokensPerSecond().orElse(options.tokensPerSecond()),
                options.jitter(),
                request.messages().hashCode());
    }

    private static Usage usage(ChatRequest request, List<Step> steps) {
        long characters = 0;
        for (Message message : request.messages()) {
            characters += message.text().length() + 16L;
        }
        for (Tool tool : request.tools()) {
            characters += tool.name().length() + tool.parameters().toString().length();
        }
        int reasoning = (int)
                steps.stream().filter(step -> step instanceof Step.Reasoning).count();
        return new Usage((int) Math.min(Integer.MAX_VALUE / 2, (characters + 3) / 4), steps.size(), reasoning);
    }
}
