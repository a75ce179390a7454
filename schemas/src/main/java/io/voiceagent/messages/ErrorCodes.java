package io.voiceagent.messages;

/** Codes of {@link TurnError}; public, so never changed. */
public final class ErrorCodes {
    /** The model endpoint failed, refused, or broke off, and no attempt is left. */
    public static final String MODEL_ERROR = "server_error";
    /** The model endpoint refused for its rate limit, and no attempt is left. */
    public static final String RATE_LIMIT = "rate_limit_exceeded";
    /** The model endpoint refused the request itself (a 4xx). */
    public static final String INVALID_REQUEST = "invalid_prompt";
    /** The turn's records would be larger than the log takes. */
    public static final String CONTEXT_LENGTH = "context_length_exceeded";
    /** The turn's deadline passed. */
    public static final String DEADLINE = "deadline_exceeded";
    /** The previous response is not, or no longer, there. */
    public static final String PREVIOUS_NOT_FOUND = "previous_response_not_found";
    /** The previous response has not ended. */
    public static final String PREVIOUS_RUNNING = "previous_response_in_progress";
    /** The approval request that the turn answers is not, or no longer, there. */
    public static final String APPROVAL_NOT_FOUND = "approval_not_found";
    /** Another turn has answered the approval request before. */
    public static final String APPROVAL_ANSWERED = "approval_already_answered";
    /** The approval request was not answered in time. */
    public static final String APPROVAL_EXPIRED = "approval_expired";
    /** The turn may not use the tool that it approves a call of. */
    public static final String TOOL_NOT_AVAILABLE = "tool_not_available";
    /** Every worker that took the call died, and no attempt is left. */
    public static final String WORKER_LOST = "worker_lost";
    /** A tool that is not idempotent may have run, or may yet: nobody knows. */
    public static final String OUTCOME_UNKNOWN = "outcome_unknown";
    /** A tool was stopped, or failed in a way that it did not explain. */
    public static final String TOOL_FAILED = "tool_failed";
    /** A tool did not answer within its time. */
    public static final String TOOL_TIMEOUT = "tool_timeout";
    /** The arguments do not fit the tool's schema. */
    public static final String TOOL_ARGUMENTS = "invalid_tool_arguments";
    /** A record of the turn could not be read, and was put aside. */
    public static final String UNREADABLE = "unreadable_record";
    /** A decision failed inside the orchestrator: a defect of ours. */
    public static final String INTERNAL = "internal_error";

    /** There is no such conversation, or no longer. */
    public static final String CONVERSATION_NOT_FOUND = "conversation_not_found";
    /** A turn of the conversation runs or waits, and the request does not want to wait. */
    public static final String CONVERSATION_LOCKED = "conversation_locked";
    /** As many turns of the conversation wait as may. */
    public static final String CONVERSATION_QUEUE_FULL = "conversation_queue_full";
    /** The conversation holds as much as one may. */
    public static final String CONVERSATION_FULL = "conversation_full";

    private ErrorCodes() {}
}
