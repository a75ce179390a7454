package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What becomes of a turn whose conversation is busy: one turn runs in a conversation at a time. */
public enum Concurrency {
    /** It waits until those before it have ended. */
    @JsonProperty("enqueue")
    ENQUEUE,
    /** It is refused. */
    @JsonProperty("reject")
    REJECT,
    /** The turn that runs is cancelled, then this one runs, before those that wait. */
    @JsonProperty("interrupt")
    INTERRUPT
}
