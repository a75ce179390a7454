package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * Whether and which tool the model must call.
 *
 * @param name the tool, only with {@link Mode#TOOL}
 */
public record ToolChoice(Mode mode, @Nullable String name) {
    /** How free the model is. */
    public enum Mode {
        @JsonProperty("auto")
        AUTO,
        @JsonProperty("none")
        NONE,
        @JsonProperty("required")
        REQUIRED,
        /** The named tool must be called. */
        @JsonProperty("tool")
        TOOL
    }

    /** The model decides. */
    public static final ToolChoice AUTO = new ToolChoice(Mode.AUTO, null);
}
