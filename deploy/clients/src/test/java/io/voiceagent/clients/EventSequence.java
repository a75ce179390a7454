package io.voiceagent.clients;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** What holds between the events of one stream: their numbers, the life of each item, and what the last event repeats. */
final class EventSequence {
    private static final int NONE = -1;

    private final boolean fromTheFirst;
    private final Map<Integer, OpenItem> open = new HashMap<>();
    private final List<JsonNode> done = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private long number = NONE;
    private int items;
    private boolean ended;

    /** @param fromTheFirst whether the stream has all events; one that was resumed begins in the middle of items */
    EventSequence(boolean fromTheFirst) {
        this.fromTheFirst = fromTheFirst;
    }

    private static final class OpenItem {
        private final String id;
        private final StringBuilder text = new StringBuilder();
        private boolean part;

        private OpenItem(String id) {
            this.id = id;
        }
    }

    /** Takes the next event; what is wrong about it. */
    List<String> next(JsonNode event) {
        violations.clear();
        String type = event.path("type").asString("");
        require(!ended, event, "follows the last event");
        long mine = event.path("sequence_number").asLong(NONE);
        require(mine == number + 1 || number == NONE && !fromTheFirst, event, "does not follow number " + number);
        number = mine;
        switch (type) {
            case "response.created" -> require(number == 0, event, "is not the first");
            case "response.queued", "response.in_progress" -> require(items == 0, event, "comes after an item");
            case "response.completed", "response.failed", "response.incomplete" -> end(event);
            case "response.output_item.added" -> added(event);
            case "response.output_item.done" -> itemDone(event);
            default -> inside(type, event);
        }
        return List.copyOf(violations);
    }

    private void added(JsonNode event) {
        int index = event.path("output_index").asInt(NONE);
        require(index == items || !fromTheFirst, event, "is not item number " + items);
        items = index + 1;
        open.put(index, new OpenItem(event.path("item").path("id").asString("")));
    }

    private void itemDone(JsonNode event) {
        OpenItem item = open.remove(event.path("output_index").asInt(NONE));
        require(item != null || !fromTheFirst, event, "ends an item that is not open");
        require(
                item == null || item.id.equals(event.path("item").path("id").asString("")),
                event,
                "has another id than its item");
        done.add(event.path("item"));
    }

    private void inside(String type, JsonNode event) {
        OpenItem item = open.get(event.path("output_index").asInt(NONE));
        if (item == null) {
            require(!fromTheFirst, event, "is of an item that is not open");
            return;
        }
        require(item.id.equals(event.path("item_id").asString("")), event, "has another id than its item");
        if (type.equals("response.content_part.added")) {
            item.part = true;
        } else if (type.equals("response.content_part.done")) {
            require(item.part, event, "ends a part that is not open");
            item.part = false;
        } else if (type.endsWith(".delta")) {
            require(item.part || type.contains("arguments"), event, "comes before its part");
            item.text.append(event.path("delta").asString(""));
        } else if (type.endsWith("_text.done") || type.endsWith("arguments.done") || type.endsWith("refusal.done")) {
            String whole = event.path("text")
                    .asString(event.path("arguments")
                            .asString(event.path("refusal").asString("")));
            require(item.text.toString().equals(whole), event, "is not its deltas together: " + item.text);
        }
    }

    private void end(JsonNode event) {
        ended = true;
        require(open.isEmpty(), event, "comes while items are open");
        if (fromTheFirst) {
            List<JsonNode> output =
                    event.path("response").path("output").valueStream().toList();
            // Superseded items are in the history alone
            require(done.containsAll(output), event, "has an item that is not as it ended");
        }
    }

    /** Whether the last event was there. */
    boolean ended() {
        return ended;
    }

    private void require(boolean holds, JsonNode event, String otherwise) {
        if (!holds) {
            violations.add("event %s %s".formatted(event, otherwise));
        }
    }
}
