package io.voiceagent.tool.core;

import tools.jackson.databind.JsonNode;

/** One run of a tool, as the tool sees it. */
public interface ToolCall {
    /** The arguments, a JSON object that fits the tool's schema. */
    JsonNode arguments();

    /** The same for every attempt of this call, and for no other call: for services that take an idempotency key. */
    String idempotencyKey();

    /**
     * Tells those who follow the turn where the run is.
     *
     * @param status one word, for example {@code searching}
     */
    void progress(String status);
}
