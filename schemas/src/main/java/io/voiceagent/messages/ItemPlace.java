package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/**
 * Where in a conversation an item is.
 *
 * @param itemId the item's public id
 * @param node the turn, or the request that added items
 * @param number 0-based place within {@code part}
 */
public record ItemPlace(String itemId, String node, Part part, int number) {
    /** What is counted. */
    public enum Part {
        /** Items that the node was sent with. */
        @JsonProperty("input")
        INPUT,
        /** Messages of the turn's output. */
        @JsonProperty("message")
        MESSAGE,
        /** Calls of tools of the turn's output, each with its result. */
        @JsonProperty("call")
        CALL,
        /** Something of the turn's output that no later turn is told anyway. */
        @JsonProperty("other")
        OTHER
    }

    /** What the public id of an item that a node was sent with has after its prefix: the place tells the item, so that none needs a name of its own. */
    public static String inputIdEnd(String node, int number) {
        return String.format(Locale.ROOT, "%si%04x", node.substring(ResponseId.PREFIX.length()), number);
    }
}
