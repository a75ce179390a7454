package io.voiceagent.transport.telemetry;

import io.voiceagent.messages.Topics;

/** Names of the spans of a turn. This is their one home. */
public final class SpanNames {
    /** A whole turn, from its acceptance to its last event; the orchestrator's. */
    public static final String PROCESS_MESSAGE = "agent.process_message";
    /** One attempt of one model call. */
    public static final String CALL_LLM = "agent.call_llm";
    /** One attempt of one tool call. */
    public static final String EXECUTE_TOOL = "tool.execute";
    /** An attempt of which its worker may have no span: it was lost with its worker, or never began; the orchestrator's. */
    public static final String LOST_ATTEMPT = "agent.lost_attempt";
    /** How long a turn waited for its conversation; the orchestrator's. */
    public static final String WAIT = "agent.wait_for_conversation";
    /** What the orchestrator made of a request that is no turn of its own. */
    public static final String PROCESS_REQUEST = Topics.REQUESTS + " process";

    private SpanNames() {}
}
