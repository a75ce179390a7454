package io.voiceagent.agent.core;

/** Words that events and stops use. */
final class Reasons {
    /** The worker was too full. */
    static final String BUSY = "busy";
    /** The attempt failed. */
    static final String FAILED = "failed";
    /** The attempt's worker is dead. */
    static final String LOST = "lost";
    /** The worker never began it and never will. */
    static final String NEVER_STARTED = "never_started";
    /** Of a stop: the client cancelled. */
    static final String CANCELLED = "cancelled";
    /** Of a stop: another turn of the conversation takes its place. */
    static final String INTERRUPTED = "interrupted";
    /** Of a stop: the turn's deadline passed. */
    static final String DEADLINE = "deadline";
    /** Of a stop: the worker does not list the call. */
    static final String UNLISTED = "unlisted";
    /** Of a stop: the turn has ended without the call. */
    static final String ABORTED = "aborted";
    /** Of an incomplete turn. */
    static final String MAX_OUTPUT_TOKENS = "max_output_tokens";
    /** Of an incomplete turn. */
    static final String MAX_COST = "max_cost";
    /** Of an incomplete turn. */
    static final String MAX_TOOL_CALLS = "max_tool_calls";
    /** Of an incomplete turn. */
    static final String CONTENT_FILTER = "content_filter";

    /** Of an incomplete turn: neither the answer nor its repair is of the format that was asked for. */
    static final String INVALID_OUTPUT = "invalid_output";

    private Reasons() {}
}
