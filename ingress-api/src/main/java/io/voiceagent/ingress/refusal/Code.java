package io.voiceagent.ingress.refusal;

import java.util.Locale;

/**
 * Every {@code error.code} of the API with its HTTP status and {@code error.type}. Public: never renamed. This is also what the table of codes
 * in the documentation is made from.
 */
public enum Code {
    /** The body is not JSON: broken syntax, a repeated field, wrong encoding, or nested too deeply. */
    INVALID_JSON(400, Type.INVALID_REQUEST, "The body is not valid JSON, repeats a field, or is nested too deeply."),
    /** A field that the API does not know. */
    UNKNOWN_PARAMETER(400, Type.INVALID_REQUEST, "The request has a field that the API does not know."),
    /** A field of the dialect that this server does not support. */
    UNSUPPORTED_PARAMETER(400, Type.INVALID_REQUEST, "The field is part of the API, but not supported here."),
    /** A value of the dialect that this server does not support. */
    UNSUPPORTED_VALUE(400, Type.INVALID_REQUEST, "The value is part of the API, but not supported here."),
    /** A field has another JSON type than it must. */
    INVALID_TYPE(400, Type.INVALID_REQUEST, "The field has the wrong JSON type."),
    /** A value that is outside of its bounds or contradicts another one. */
    INVALID_VALUE(400, Type.INVALID_REQUEST, "The value is out of bounds, or contradicts another field."),
    /** A field that must be there is not. */
    MISSING_REQUIRED_PARAMETER(400, Type.INVALID_REQUEST, "A required field is missing."),
    /** A hosted tool that no tool worker has described. */
    TOOL_NOT_AVAILABLE(400, Type.INVALID_REQUEST, "The hosted tool does not exist on this server."),
    /** The parent is not there, or not this tenant's. */
    PREVIOUS_RESPONSE_NOT_FOUND(400, Type.INVALID_REQUEST, "previous_response_id names no response of this key."),
    /** The parent has not ended. */
    PREVIOUS_RESPONSE_IN_PROGRESS(400, Type.INVALID_REQUEST, "The previous response has not ended yet."),
    /** One turn of a conversation runs at a time. */
    CONVERSATION_LOCKED(
            400, Type.INVALID_REQUEST, "A turn of the conversation runs or waits, and the request does not wait."),
    /** It holds as much as one may. */
    CONVERSATION_FULL(400, Type.INVALID_REQUEST, "The conversation is as long as one may be."),
    /** The approval request is not there, or not this tenant's, or no request of the previous responses. */
    APPROVAL_NOT_FOUND(400, Type.INVALID_REQUEST, "No previous response of this key asks for that approval."),
    /** The approval request was not answered in time. */
    APPROVAL_EXPIRED(400, Type.INVALID_REQUEST, "The approval request was not answered in time."),
    /** What would be written to the log is larger than the log takes. */
    CONTEXT_LENGTH_EXCEEDED(400, Type.INVALID_REQUEST, "The request is larger than one turn may be."),
    /** The request is broken in a way that no other code names. */
    INVALID_REQUEST(400, Type.INVALID_REQUEST, "The HTTP request is malformed."),
    /** The WebSocket has had its time. */
    WEBSOCKET_CONNECTION_LIMIT_REACHED(
            400, Type.INVALID_REQUEST, "The WebSocket was open for as long as one may be; connect again."),
    /** No key, or a wrong one. */
    INVALID_API_KEY(401, Type.AUTHENTICATION, "The API key is missing or wrong."),
    /** The key may not be used for this. */
    INSUFFICIENT_SCOPE(403, Type.PERMISSION, "The API key may not be used for this."),
    /** A page of another origin asks, which is not allowed to. */
    ORIGIN_NOT_ALLOWED(403, Type.PERMISSION, "Pages of this origin may not use the API."),
    /** No such path. */
    NOT_FOUND(404, Type.INVALID_REQUEST, "The path does not exist."),
    /** No such response, or not this tenant's. */
    RESPONSE_NOT_FOUND(404, Type.INVALID_REQUEST, "No response of this key has that id."),
    /** No such conversation, or not this tenant's. */
    CONVERSATION_NOT_FOUND(404, Type.INVALID_REQUEST, "No conversation of this key has that id."),
    /** No such item in it. */
    ITEM_NOT_FOUND(404, Type.INVALID_REQUEST, "The conversation has no item of that id."),
    /** No such model. */
    MODEL_NOT_FOUND(404, Type.INVALID_REQUEST, "No model has that name."),
    /** The path exists, but not with this method. */
    METHOD_NOT_ALLOWED(405, Type.INVALID_REQUEST, "The path exists, but not with this method."),
    /** The client's {@code Accept} rules out all that could be sent. */
    NOT_ACCEPTABLE(406, Type.INVALID_REQUEST, "Accept rules out every form of the answer."),
    /** The body did not arrive in time. */
    REQUEST_TIMEOUT(408, Type.INVALID_REQUEST, "The body did not arrive within 30 s."),
    /** The body is larger than a body may be. */
    REQUEST_TOO_LARGE(413, Type.INVALID_REQUEST, "The body is larger than 10 MB."),
    /** The body is not declared to be JSON. */
    UNSUPPORTED_MEDIA_TYPE(415, Type.INVALID_REQUEST, "The body must be application/json, UTF-8, not compressed."),
    /** The path takes a WebSocket with this method. */
    UPGRADE_REQUIRED(426, Type.INVALID_REQUEST, "The path takes a WebSocket with this method."),
    /** The idempotency key stands for another request. */
    IDEMPOTENCY_KEY_REUSED(
            422, Type.INVALID_REQUEST, "The Idempotency-Key was sent with another body before; nothing was accepted."),
    /** The tenant has sent or used more than it may in a minute. */
    RATE_LIMIT_EXCEEDED(429, Type.RATE_LIMIT, "More requests or tokens than a minute allows; nothing was accepted."),
    /** The tenant has used what it may in a day. */
    INSUFFICIENT_QUOTA(
            429, Type.QUOTA, "The tenant has used as many tokens or dollars as it may in a day; nothing was accepted."),
    /** The tenant has as many turns running as it may. */
    TOO_MANY_TURNS(429, Type.RATE_LIMIT, "As many turns of the tenant run as may; nothing was accepted."),
    /** The tenant has as many WebSockets open as it may. */
    TOO_MANY_CONNECTIONS(429, Type.RATE_LIMIT, "As many WebSockets of the tenant are open as may."),
    /** As many turns of the conversation wait as may. */
    CONVERSATION_QUEUE_FULL(
            429, Type.RATE_LIMIT, "As many turns of the conversation wait as may; nothing was accepted."),
    /** A defect of ours. */
    INTERNAL_ERROR(500, Type.SERVER, "The server failed; the request id finds it in the logs."),
    /** The model did not sum the conversation up. */
    COMPACTION_FAILED(500, Type.SERVER, "The model gave no summary of the conversation; nothing has changed."),
    /** An endpoint of the dialect that this server does not have. */
    UNSUPPORTED_ENDPOINT(501, Type.INVALID_REQUEST, "The endpoint is part of the API, but not supported here."),
    /** A part that the request needs is away. */
    SERVICE_UNAVAILABLE(503, Type.SERVER, "A part that the request needs is away; nothing was accepted."),
    /** The log did not acknowledge in time. */
    SUBMISSION_UNKNOWN(
            503,
            Type.SERVER,
            "Whether the request was accepted is not known in time; with an Idempotency-Key, send it again."),
    /** An accepted turn can't be followed here any more. */
    FOLLOWING_LOST(
            503, Type.SERVER, "The turn was accepted and goes on, but can't be followed here: get it by its id."),
    /** The server has as much to do as it takes at once. */
    OVERLOADED(503, Type.SERVER, "The server has as much to do as it takes; nothing was accepted."),
    /** The turn did not end by its deadline. */
    RESPONSE_TIMEOUT(504, Type.SERVER, "The response did not end in time; it can still be polled.");

    /** The values of {@code error.type}. */
    private static final class Type {
        static final String INVALID_REQUEST = "invalid_request_error";
        static final String AUTHENTICATION = "authentication_error";
        static final String PERMISSION = "permission_error";
        static final String RATE_LIMIT = "rate_limit_error";
        static final String QUOTA = "insufficient_quota";
        static final String SERVER = "server_error";

        private Type() {}
    }

    private final int status;
    private final String type;
    private final String meaning;

    Code(int status, String type, String meaning) {
        this.status = status;
        this.type = type;
        this.meaning = meaning;
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    /** {@code error.type}. */
    public String type() {
        return type;
    }

    /** One sentence for the documentation. */
    public String meaning() {
        return meaning;
    }

    /** {@code error.code}. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }
}
