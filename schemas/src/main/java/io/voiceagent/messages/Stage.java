package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;

/** A kind of worker: each has its own calls topic and results topic. */
public enum Stage {
    /** Calls a language model. */
    @JsonProperty("llm")
    LLM,
    /** Runs tools. */
    @JsonProperty("tool")
    TOOL
}
