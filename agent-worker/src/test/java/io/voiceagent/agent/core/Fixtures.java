package io.voiceagent.agent.core;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.Usage;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Turns, tools and workers of the tests. */
final class Fixtures {
    static final ToolDescription PURE = tool("pure", true);
    static final ToolDescription ONCE = tool("once", false);
    static final ToolDescription SEARCH = search();
    static final ToolSpec.Function CLIENT = new ToolSpec.Function("client", "runs at the client", null, null);
    static final String TENANT = "tenant";

    private Fixtures() {}

    static String responseId(int number, long at) {
        String conversation = ResponseId.conversation(0, 1000L + number);
        return ResponseId.format(
                ResponseId.signedBytes(1, conversation, Instant.ofEpochMilli(at), number),
                new byte[ResponseId.MAC_BYTES]);
    }

    static ToolDescription tool(String name, boolean idempotent) {
        return new ToolDescription(
                name,
                ToolDescription.BUILTIN_SERVER,
                ToolDescription.Kind.MCP,
                "a tool",
                Json.tree("{\"type\":\"object\"}"),
                idempotent,
                1_000,
                1_000,
                "hash-" + name);
    }

    private static ToolDescription search() {
        return new ToolDescription(
                "web_search",
                "search",
                ToolDescription.Kind.WEB_SEARCH,
                "searches",
                Json.tree("{\"type\":\"object\"}"),
                true,
                1_000,
                1_000,
                "hash-web_search");
    }

    static ResponseSpec spec(Integer maxOutputTokens, Integer maxToolCalls, ToolSpec... tools) {
        return spec(null, maxOutputTokens, maxToolCalls, tools);
    }

    static ResponseSpec spec(String previous, Integer maxOutputTokens, Integer maxToolCalls, ToolSpec... tools) {
        return ResponseSpec.builder("model", "hello")
                .instructions("be brief")
                .tools(List.of(tools))
                .background(true)
                .previousResponseId(previous)
                .maxOutputTokens(maxOutputTokens)
                .maxToolCalls(maxToolCalls)
                .build();
    }

    static ResponseSpec withChoice(ResponseSpec spec, ToolChoice choice) {
        return spec.toBuilder().toolChoice(choice).build();
    }

    static Input.Submit submit(String id, long at, long deadlineAt, ResponseSpec spec) {
        String conversation = ResponseId.parse(id).conversation();
        return new Input.Submit(
                new Request.Submit(id, conversation, TENANT, at, deadlineAt, spec),
                Input.Parent.NONE,
                Catalogue.resolve(spec, List.of(ONCE, PURE)),
                1,
                null);
    }

    static CallOutput.Model answer(String text) {
        return new CallOutput.Model(
                List.of(new Item.Message(Item.Role.ASSISTANT, text)),
                CallOutput.Finish.STOP,
                new Usage(10, 0, 5, 0),
                "model");
    }

    static CallOutput.Model asks(Item.ToolCall... calls) {
        return new CallOutput.Model(List.of(calls), CallOutput.Finish.TOOL_CALLS, new Usage(10, 0, 5, 0), "model");
    }

    static Item.ToolCall call(String id, String name) {
        return new Item.ToolCall(id, name, "{}");
    }

    /** Workers that are there, full, or dead as the test says. */
    static final class FixedWorkers implements Workers {
        final Map<Stage, Map<String, Integer>> free = new HashMap<>();
        final Set<String> dead = new HashSet<>();

        static FixedWorkers of(String... incarnations) {
            FixedWorkers workers = new FixedWorkers();
            Arrays.stream(Stage.values())
                    .forEach(stage -> Arrays.stream(incarnations)
                            .forEach(name -> workers.free
                                    .computeIfAbsent(stage, unused -> new HashMap<>())
                                    .put(name, 10)));
            return workers;
        }

        FixedWorkers kill(String incarnation) {
            dead.add(incarnation);
            free.values().forEach(map -> map.remove(incarnation));
            return this;
        }

        @Override
        public List<Candidate> candidates(Stage stage, ToolDescription tool) {
            return free.getOrDefault(stage, Map.of()).entrySet().stream()
                    .filter(entry -> entry.getValue() > 0)
                    .sorted(Map.Entry.comparingByKey())
                    .map(entry -> new Candidate(entry.getKey(), 0, entry.getValue()))
                    .toList();
        }

        @Override
        public Life life(String incarnation) {
            return dead.contains(incarnation) ? Life.DEAD : Life.ALIVE;
        }
    }
}
