package io.voiceagent.messages;

/** Names of all topics. This is their one home. */
public final class Topics {
    /** {@link Request}: turns and cancels, written by the ingress, read by the orchestrator. Keyed by the conversation. */
    public static final String REQUESTS = "agent.requests";
    /** {@link StepEvent}: the orchestrator's decisions, transactional, the truth. Keyed by the conversation. */
    public static final String STEPS = "agent.steps";
    /** {@link Frame}: token frames, tool progress and seals. Keyed by the conversation. */
    public static final String STREAM = "agent.stream";
    /** {@link Call}: model calls and stops, in the partition of the owning worker. */
    public static final String LLM_CALLS = "llm.calls";
    /** {@link Call}: tool calls and stops, in the partition of the owning worker. */
    public static final String TOOL_CALLS = "tool.calls";
    /** {@link CallResult} of model calls. Keyed by the conversation. */
    public static final String LLM_RESULTS = "llm.results";
    /** {@link CallResult} of tool calls. Keyed by the conversation. */
    public static final String TOOL_RESULTS = "tool.results";
    /** {@link Announcement}: who is there, every second. One partition. */
    public static final String WORKERS = "workers";
    /** {@link ToolDescription}: the catalogue of tools, compacted, keyed by the tool's name. */
    public static final String TOOLS = "tools";
    /** {@link TenantUsage}: what each tenant has used on each day, compacted, a running total in each partition of the orchestrator. */
    public static final String USAGE = "agent.usage";
    /** OTLP {@code ExportTraceServiceRequest} protobuf payloads. */
    public static final String OTLP_SPANS = "otlp_spans";
    /** The same, of traces that are not sampled: their spans wait for what becomes of the turn. All spans of a trace are in one partition. */
    public static final String OTLP_SPANS_UNDECIDED = "otlp_spans_undecided";
    /** OTLP {@code ExportMetricsServiceRequest} protobuf payloads. */
    public static final String OTLP_METRICS = "otlp_metrics";
    /** Appended to an input topic's name: the topic of the records that a reader gave up on. */
    public static final String DLT_SUFFIX = ".dlt";

    private Topics() {}

    /** The dead-letter topic of {@code topic}. */
    public static String deadLetters(String topic) {
        return topic + DLT_SUFFIX;
    }

    /** The calls topic of a stage. */
    public static String calls(Stage stage) {
        return switch (stage) {
            case LLM -> LLM_CALLS;
            case TOOL -> TOOL_CALLS;
        };
    }

    /** The results topic of a stage. */
    public static String results(Stage stage) {
        return switch (stage) {
            case LLM -> LLM_RESULTS;
            case TOOL -> TOOL_RESULTS;
        };
    }
}
