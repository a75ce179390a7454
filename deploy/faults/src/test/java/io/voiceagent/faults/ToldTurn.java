package io.voiceagent.faults;

import io.voiceagent.faults.Accepted.Kind;
import io.voiceagent.faults.ApiClient.Event;
import io.voiceagent.messages.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A turn as a client and an ingress may tell it, to be told wrongly.
 *
 * @param said text of the answer
 * @param toolOutputs of the calls of the tool that must not run twice; null where the outcome is not known
 */
record ToldTurn(Kind kind, String id, String asked, String status, String said, List<String> toolOutputs) {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final long SECOND = 1_000_000_000;

    /** When it was submitted, {@link System#nanoTime}. */
    static final long BEGAN = System.nanoTime();

    static ToldTurn plain(int number, String asked, String said) {
        return new ToldTurn(Kind.PLAIN, "resp_" + number, asked, "completed", said, List.of());
    }

    ToldTurn ended(Kind kind, String status) {
        return new ToldTurn(kind, id, asked, status, said, toolOutputs);
    }

    ToldTurn saying(String text) {
        return new ToldTurn(kind, id, asked, status, text, toolOutputs);
    }

    ToldTurn withEffects(String... outputs) {
        return new ToldTurn(Kind.TOOLS, id, asked, status, said, List.of(outputs));
    }

    /** What a client got of it. */
    Accepted accepted() {
        return accepted(events());
    }

    Accepted accepted(List<Event> events) {
        return new Accepted(kind, id, asked, BEGAN, events, 0);
    }

    /** All events, word by word, 20 ms apart. */
    List<Event> events() {
        List<Event> events = new ArrayList<>();
        add(events, "response.created", "response", NODES.objectNode().put("id", id));
        for (String word : said.splitWithDelimiters(" ", 0)) {
            ObjectNode delta = NODES.objectNode().put("item_id", "msg_" + id).put("delta", word);
            add(events, "response.output_text.delta", delta);
        }
        String last = status.equals("completed") || status.equals("failed") ? status : "incomplete";
        add(events, "response." + last, "response", response());
        return events;
    }

    ObjectNode response() {
        ObjectNode response = NODES.objectNode().put("id", id).put("status", status);
        var output = response.putArray("output");
        for (int i = 0; i < toolOutputs.size(); i++) {
            output.addObject()
                    .put("type", "mcp_call")
                    .put("id", "mcp_" + i)
                    .put("name", EffectTool.ONCE)
                    .put("arguments", "{}")
                    .put("output", toolOutputs.get(i))
                    .putNull("error");
        }
        ObjectNode message = output.addObject().put("type", "message").put("id", "msg_" + id);
        message.putArray("content").addObject().put("type", "output_text").put("text", said);
        return response;
    }

    /** One event with other data. */
    static List<Event> with(List<Event> events, int at, String data) {
        List<Event> changed = new ArrayList<>(events);
        Event event = events.get(at);
        changed.set(at, new Event(event.name(), data, event.nanos()));
        return changed;
    }

    /** Those from there on come later. */
    static List<Event> delayed(List<Event> events, int from, long seconds) {
        List<Event> changed = new ArrayList<>(events.subList(0, from));
        events.subList(from, events.size())
                .forEach(event -> changed.add(new Event(event.name(), event.data(), event.nanos() + seconds * SECOND)));
        return changed;
    }

    /** As a server sends them. */
    static String sse(List<Event> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(event ->
                text.append(String.format(Locale.ROOT, "event: %s\ndata: %s\n\n", event.name(), event.data())));
        return text.append("data: [DONE]\n\n").toString();
    }

    private static void add(List<Event> events, String name, String field, ObjectNode value) {
        ObjectNode data = NODES.objectNode();
        data.set(field, value);
        add(events, name, data);
    }

    private static void add(List<Event> events, String name, ObjectNode data) {
        data.put("type", name).put("sequence_number", events.size());
        events.add(new Event(
                name,
                new String(Json.write(data), java.nio.charset.StandardCharsets.UTF_8),
                BEGAN + events.size() * SECOND / 50));
    }
}
