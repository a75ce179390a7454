package io.voiceagent.clients;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * A stream as it went over the wire.
 *
 * @param events the data of each event
 * @param violations what is wrong with the frames themselves
 * @param done whether the mark of the end was there
 */
record ServerSentEvents(List<JsonNode> events, List<String> violations, boolean done) {
    private static final String DONE = "[DONE]";

    /** @param text the stream, possibly broken off inside an event */
    static ServerSentEvents parse(String text) {
        List<JsonNode> events = new ArrayList<>();
        List<String> violations = new ArrayList<>();
        boolean done = false;
        int whole = text.lastIndexOf("\n\n");
        for (String block : text.substring(0, Math.max(whole, 0)).split("\n\n", -1)) {
            String name = "";
            String id = "";
            String data = "";
            for (String line : block.split("\n", -1)) {
                if (line.startsWith("event: ")) {
                    name = line.substring("event: ".length());
                } else if (line.startsWith("id: ")) {
                    id = line.substring("id: ".length());
                } else if (line.startsWith("data: ")) {
                    data += line.substring("data: ".length());
                } else if (!line.isEmpty() && !line.startsWith(":")) {
                    violations.add("not a line of an event: " + line);
                }
            }
            if (data.equals(DONE)) {
                done = true;
            } else if (!data.isEmpty()) {
                JsonNode event = Dialect.JSON.readTree(data);
                events.add(event);
                if (!name.equals(event.path("type").asString(""))) {
                    violations.add("event line '%s' and type differ: %s".formatted(name, event));
                }
                // In a stream of many turns the turn is named before the number
                if (!id.substring(id.lastIndexOf(':') + 1)
                        .equals(event.path("sequence_number").asString(""))) {
                    violations.add("id line '%s' and sequence_number differ: %s".formatted(id, event));
                }
            }
        }
        return new ServerSentEvents(List.copyOf(events), List.copyOf(violations), done);
    }
}
