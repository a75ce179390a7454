package io.voiceagent.tool.core;

import io.voiceagent.messages.ErrorCodes;

/** A tool could not do what was asked; the message is for the model, so that it can do better or say why not. */
public final class ToolFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final String code;

    private ToolFailure(String code, String message) {
        super(message);
        this.code = code;
    }

    /** The arguments fit the schema, but mean nothing; {@code message} names the field. */
    public static ToolFailure arguments(String message) {
        return new ToolFailure(ErrorCodes.TOOL_ARGUMENTS, message);
    }

    /** Something that the tool needs failed. {@code message} is logged, too: nothing of the user, no secret. */
    public static ToolFailure failed(String message) {
        return new ToolFailure(ErrorCodes.TOOL_FAILED, message);
    }

    /** Something that the tool needs did not answer in time; {@code message} as with {@link #failed}. */
    public static ToolFailure timeout(String message) {
        return new ToolFailure(ErrorCodes.TOOL_TIMEOUT, message);
    }

    /** One of {@link ErrorCodes}. */
    public String code() {
        return code;
    }

    /** What the model is told. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
