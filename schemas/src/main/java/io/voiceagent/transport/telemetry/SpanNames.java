package io.voiceagent.transport.telemetry;

/** Names of the spans of a turn. This is their one home. */
public final class SpanNames {
    /** A whole turn, from its acceptance to its last event; the orchestrator's. */
    public static final String PROCESS_MESSAGE = "agent.process_message";
    /** One attempt of one model call. */
    public static final String CALL_LLM = "agent.call_llm";
    /** One attempt of one tool call. */
    public static final String EXECUTE_TOOL = "tool.execute";

    private SpanNames() {}
}
