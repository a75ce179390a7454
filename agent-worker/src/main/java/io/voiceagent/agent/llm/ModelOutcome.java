package io.voiceagent.agent.llm;

import io.voiceagent.messages.CallOutput;
import org.jspecify.annotations.Nullable;

/** How a model call ended. */
sealed interface ModelOutcome {
    /** The model answered to its end. */
    record Completed(CallOutput.Model output) implements ModelOutcome {}

    /** It did not; what was given on until then is void. */
    record Failed(Failure failure) implements ModelOutcome {}

    /**
     * It was stopped as ordered.
     *
     * @param output what had come by then, null when nothing had
     */
    record Stopped(CallOutput.@Nullable Model output) implements ModelOutcome {}
}
