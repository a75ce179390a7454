package io.voiceagent.faults;

import io.voiceagent.faults.ApiClient.Event;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A turn whose id a client was told, and all that the client saw of it.
 *
 * @param asked the user's text
 * @param submittedNanos when it was submitted, {@link System#nanoTime}
 * @param events as they came, over all connections, each once
 * @param missing how often an ingress said that there is no such turn
 */
record Accepted(Kind kind, String id, String asked, long submittedNanos, List<Event> events, int missing) {

    /** What a turn is about. */
    enum Kind {
        PLAIN,
        TOOLS,
        CANCELLED,
        CONVERSATION,
        ASKS_APPROVAL,
        APPROVED,
        /** One that is to fail. */
        FAILS,
        /** One that is to end before its answer does. */
        CUT_SHORT
    }

    private static final Set<String> LAST = Set.of("response.completed", "response.failed", "response.incomplete");

    static boolean isLast(Event event) {
        return LAST.contains(event.name());
    }

    /** The response in the last event; null: it did not end while the client waited. */
    @Nullable
    JsonNode ended() {
        return !events.isEmpty() && isLast(events.getLast())
                ? events.getLast().json().path("response")
                : null;
    }

    String status() {
        JsonNode ended = ended();
        return ended == null ? "" : ended.path("status").asString("");
    }
}
