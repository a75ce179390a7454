package io.voiceagent.tool.core;

import io.voiceagent.messages.ToolDescription;

/**
 * A tool that the model may call. Every tool that is a Spring bean is offered.
 *
 * <p>Thread-safe: calls run side by side, each on a virtual thread of its own.
 */
public interface Tool {
    /** What the catalogue says of it; the same at every call. */
    ToolDescription description();

    /**
     * Runs once. Interrupted when the call is stopped or its time is over; has to end then.
     *
     * @return what is told to the model; cut to {@link ToolDescription#maxResultChars}
     * @throws ToolFailure when it cannot do what was asked: its message is told to the model
     * @throws Exception anything else is a defect: the model is told that the tool failed, and no more
     */
    String run(ToolCall call) throws Exception;
}
