package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** A record of {@link Topics#REQUESTS}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Request.Submit.class, name = "submit"),
    @JsonSubTypes.Type(value = Request.Cancel.class, name = "cancel")
})
public sealed interface Request {
    /** Public id of the response that is asked for. */
    String responseId();

    /** The record's key, see {@link ResponseId}. */
    String conversation();

    /** Owner of the response. */
    String tenant();

    /**
     * A turn, validated by the ingress.
     *
     * @param submittedAt milliseconds since the epoch, the response's {@code created_at}
     * @param deadlineAt milliseconds since the epoch: the turn has ended by then, also if it never ran
     */
    record Submit(
            String responseId, String conversation, String tenant, long submittedAt, long deadlineAt, ResponseSpec spec)
            implements Request {}

    /** The client wants the turn to stop. Has no effect on a turn that has ended. */
    record Cancel(String responseId, String conversation, String tenant) implements Request {}
}
