package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.fold.ResponseEvent;
import io.voiceagent.messages.fold.ResponseFold;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Those who fold the two logs into public events: one while they grow, one in any order, one long after. */
final class Readers {
    private final Simulation simulation;
    private final World world;
    private final Map<String, List<Integer>> steps = new HashMap<>();
    private final Map<String, List<Integer>> frames = new HashMap<>();

    Readers(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world;
        index(simulation.logs.steps, StepEvent::responseId, steps);
        index(simulation.logs.stream, frame -> frame.ref().responseId(), frames);
    }

    private static <T> void index(
            Log<T> log, java.util.function.Function<T, String> turn, Map<String, List<Integer>> index) {
        for (int i = 0; i < log.end(); i++) {
            index.computeIfAbsent(turn.apply(log.get(i)), _ -> new ArrayList<>())
                    .add(i);
        }
    }

    /** All readers of that turn must have come to the same. */
    void check(String id, TurnRecord record) {
        List<Integer> ofSteps = steps.getOrDefault(id, List.of());
        List<Integer> ofFrames = frames.getOrDefault(id, List.of());
        ResponseFold live = new ResponseFold(id);
        LaxReader lax = LaxReader.of(simulation.setup.breach());
        if (lax != null) {
            checkEvents(id, lax.read(live, all(simulation.logs.steps, ofSteps), all(simulation.logs.stream, ofFrames)));
            return;
        }
        List<ResponseEvent> events = live(live, ofSteps, ofFrames);
        compare(id, live, events, "in any order", anyOrder(new ResponseFold(id), ofSteps, ofFrames));
        compare(id, live, events, "long after", longAfter(new ResponseFold(id), ofSteps, ofFrames));
        if (!live.ended()) {
            throw new BrokenInvariantException(Invariant.READERS_END, "no reader comes to the end of " + id);
        }
        Map<String, Streamed> streamed = checkEvents(id, events);
        JsonNode response = Json.tree(live.response());
        checkOutput(id, record, response);
        for (JsonNode item : response.path("output")) {
            if (item.path("type").stringValue().equals("message")) {
                String text = item.path("content").path(0).path("text").stringValue();
                Streamed seen = streamed.get(item.path("id").stringValue());
                require(
                        seen != null && text.contentEquals(seen.text),
                        Invariant.STREAMED_IS_SAID,
                        id,
                        "\"" + text + "\" was not streamed as such: " + (seen == null ? null : seen.text));
            }
        }
    }

    private static <T> List<T> all(Log<T> log, List<Integer> places) {
        return places.stream().map(log::get).toList();
    }

    private void compare(
            String id, ResponseFold live, List<ResponseEvent> expected, String who, List<ResponseEvent> events) {
        for (int i = 0; i < Math.min(events.size(), expected.size()); i++) {
            if (!events.get(i).equals(expected.get(i))) {
                throw new BrokenInvariantException(
                        Invariant.SAME_EVENTS, "%s: live %s, %s %s".formatted(id, expected.get(i), who, events.get(i)));
            }
        }
        if (events.size() != expected.size()) {
            throw new BrokenInvariantException(
                    Invariant.SAME_EVENTS,
                    "%s: live %d events (ended: %s), %s %d"
                            .formatted(id, expected.size(), live.ended(), who, events.size()));
        }
    }

    private List<ResponseEvent> live(ResponseFold fold, List<Integer> ofSteps, List<Integer> ofFrames) {
        List<ResponseEvent> events = new ArrayList<>();
        int frame = 0;
        for (int step : ofSteps) {
            long at = simulation.logs.steps.timeOf(step);
            while (frame < ofFrames.size() && simulation.logs.stream.timeOf(ofFrames.get(frame)) < at) {
                events.addAll(fold.apply(simulation.logs.stream.get(ofFrames.get(frame++))));
            }
            events.addAll(fold.apply(seen(simulation.logs.steps.get(step))));
        }
        while (frame < ofFrames.size()) {
            events.addAll(fold.apply(simulation.logs.stream.get(ofFrames.get(frame++))));
        }
        return events;
    }

    private StepEvent seen(StepEvent event) {
        boolean any = simulation.setup.breach() == Breach.READER_WAITS_FOR_NO_CUT;
        boolean sealed = simulation.setup.breach() == Breach.READER_WAITS_FOR_NO_SEAL;
        if (!(any || sealed) || !(event instanceof StepEvent.StepEnded ended)) {
            return event;
        }
        List<CallOutcome> outcomes = ended.outcomes().stream()
                .map(outcome -> any || outcome.sealed()
                        ? new CallOutcome(
                                outcome.ref(), 0, false, outcome.accepted(), outcome.output(), outcome.error())
                        : outcome)
                .toList();
        return new StepEvent.StepEnded(ended.responseId(), ended.conversation(), ended.at(), ended.step(), outcomes);
    }

    private List<ResponseEvent> anyOrder(ResponseFold fold, List<Integer> ofSteps, List<Integer> ofFrames) {
        List<ResponseEvent> events = new ArrayList<>();
        double bias = world.between(1, 9) / 10.0;
        int step = 0;
        int frame = 0;
        while (step < ofSteps.size() || frame < ofFrames.size()) {
            if (frame == ofFrames.size() || (step < ofSteps.size() && world.chance(bias))) {
                events.addAll(fold.apply(seen(simulation.logs.steps.get(ofSteps.get(step++)))));
            } else {
                events.addAll(fold.apply(simulation.logs.stream.get(ofFrames.get(frame++))));
            }
        }
        return events;
    }

    /** One log as a whole, then the other, both as bytes. */
    private List<ResponseEvent> longAfter(ResponseFold fold, List<Integer> ofSteps, List<Integer> ofFrames) {
        List<ResponseEvent> events = new ArrayList<>();
        boolean framesFirst = world.chance(0.5);
        if (framesFirst) {
            ofFrames.forEach(at -> events.addAll(fold.apply(again(simulation.logs.stream.get(at), Frame.class))));
        }
        ofSteps.forEach(at -> events.addAll(fold.apply(seen(again(simulation.logs.steps.get(at), StepEvent.class)))));
        if (!framesFirst) {
            ofFrames.forEach(at -> events.addAll(fold.apply(again(simulation.logs.stream.get(at), Frame.class))));
        }
        return events;
    }

    private static <T> T again(T record, Class<T> type) {
        return Json.read(Json.write(record), type);
    }

    private static final class Streamed {
        final StringBuilder text = new StringBuilder();
        boolean ended;
    }

    private Map<String, Streamed> checkEvents(String id, List<ResponseEvent> events) {
        Map<String, Streamed> items = new LinkedHashMap<>();
        for (int i = 0; i < events.size(); i++) {
            ResponseEvent event = events.get(i);
            require(event.sequence() == i, Invariant.SAME_EVENTS, id, "a gap before " + event);
            if (!event.type().startsWith("response.output_") && !event.type().startsWith("response.reasoning")) {
                continue;
            }
            JsonNode json = Json.tree(event.json());
            require(json.path("sequence_number").asLong() == i, Invariant.SAME_EVENTS, id, event.json());
            switch (event.type()) {
                case "response.output_text.delta", "response.reasoning_text.delta" -> {
                    Streamed item = items.computeIfAbsent(json.path("item_id").stringValue(), _ -> new Streamed());
                    require(!item.ended, Invariant.OUTPUT, id, "more of an item that has ended: " + event);
                    item.text.append(json.path("delta").stringValue());
                }
                case "response.output_text.done", "response.reasoning_text.done" -> {
                    Streamed item = items.get(json.path("item_id").stringValue());
                    require(item != null && !item.ended, Invariant.OUTPUT, id, "ended twice: " + event);
                    item.ended = true;
                    String whole = json.path("text").stringValue();
                    require(whole.contentEquals(item.text), Invariant.OUTPUT, id, whole + " is not " + item.text);
                    require(oneVoice(whole), Invariant.OUTPUT, id, "mixed or doubled: " + whole);
                }
                case "response.output_item.done" -> {
                    if (json.path("item").path("type").stringValue().equals("message")
                            && json.path("item").path("status").stringValue().equals("incomplete")) {
                        world.tally.count(Happening.SUPERSEDED_IN_THE_STREAM);
                    }
                }
                default -> {}
            }
        }
        items.forEach((item, streamed) ->
                require(streamed.ended, Invariant.OUTPUT, id, item + " never ended: " + streamed.text));
        return items;
    }

    /** Whether all words are of one attempt, each once and in order. */
    private static boolean oneVoice(String text) {
        String voice = null;
        int last = -1;
        for (String word : text.strip().split(" ", -1)) {
            int colon = word.indexOf(':');
            int number = Integer.parseInt(word.substring(colon + 1));
            if ((voice != null && !voice.equals(word.substring(0, colon))) || number <= last) {
                return false;
            }
            voice = word.substring(0, colon);
            last = number;
        }
        return true;
    }

    /** The response has what the accepted attempts said, and nothing else. */
    private void checkOutput(String id, TurnRecord record, JsonNode response) {
        for (CallOutcome answer : record.answers()) {
            require(
                    answer.output().equals(simulation.truth.output(answer.ref())),
                    Invariant.OUTPUT,
                    id,
                    "said: " + simulation.truth.output(answer.ref()) + ", recorded: " + answer);
        }
        List<String> expected = expected(record);
        List<String> shown = new ArrayList<>();
        response.path("output").forEach(item -> shown.add(shown(item)));
        require(shown.equals(expected), Invariant.OUTPUT, id, "expected " + expected + ", shown " + shown);
        String status = response.path("status").stringValue();
        require(
                status.equals(record.ended().status().name().toLowerCase(java.util.Locale.ROOT)),
                Invariant.OUTPUT,
                id,
                "status " + status);
    }

    /** Calls that the client approved come first; an answer's calls that wait for it come last, and only when the answer is whole. */
    private static List<String> expected(TurnRecord record) {
        List<String> expected = new ArrayList<>();
        record.steps().stream()
                .flatMap(step -> step.calls().stream())
                .filter(planned -> planned.approvalRequestId() != null)
                .forEach(planned -> expected.add(hosted(record.hosted(planned.tool()), planned.arguments())));
        for (CallOutcome answer : record.answers()) {
            CallOutput.Model said = (CallOutput.Model) answer.output();
            said.items().stream()
                    .filter(item -> !(item instanceof Item.ToolCall call && record.waits(call)))
                    .forEach(item -> expected.add(expected(item, record)));
            if (answer.error() == null
                    && said.finish() != CallOutput.Finish.LENGTH
                    && said.finish() != CallOutput.Finish.CONTENT_FILTER) {
                said.items().stream()
                        .filter(item -> item instanceof Item.ToolCall call && record.waits(call))
                        .map(Item.ToolCall.class::cast)
                        .forEach(call -> expected.add("mcp_approval_request " + call.name() + call.arguments()));
            }
        }
        return expected;
    }

    private static String hosted(ToolDescription tool, String arguments) {
        return tool.kind() == ToolDescription.Kind.WEB_SEARCH
                ? "web_search_call"
                : "mcp_call " + tool.name() + arguments;
    }

    private static String expected(Item item, TurnRecord record) {
        return switch (item) {
            case Item.Message message -> "message " + message.text();
            case Item.Reasoning reasoning -> "reasoning " + reasoning.text();
            case Item.ToolCall call -> {
                ToolDescription tool = record.hosted(call.name());
                if (tool == null) {
                    yield "function_call " + call.callId() + call.name() + call.arguments();
                }
                yield hosted(tool, call.arguments());
            }
            case Item.ToolResult result -> "unexpected " + result;
            case Item.ApprovalAnswer answer -> "unexpected " + answer;
        };
    }

    private static String shown(JsonNode item) {
        String type = item.path("type").stringValue();
        return switch (type) {
            case "message", "reasoning" ->
                type + " " + item.path("content").path(0).path("text").stringValue();
            case "function_call" ->
                type + " " + item.path("call_id").stringValue()
                        + item.path("name").stringValue()
                        + item.path("arguments").stringValue();
            case "mcp_call", "mcp_approval_request" ->
                type + " " + item.path("name").stringValue()
                        + item.path("arguments").stringValue();
            default -> type;
        };
    }

    private static void require(boolean holds, Invariant invariant, String id, String what) {
        if (!holds) {
            throw new BrokenInvariantException(invariant, id + ": " + what);
        }
    }
}
