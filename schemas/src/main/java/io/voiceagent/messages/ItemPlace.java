package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;

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
}
