package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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
     * @param registration by what a repetition of it is known; null: it is a turn of its own, whatever came before
     */
    record Submit(
            String responseId,
            String conversation,
            String tenant,
            long submittedAt,
            long deadlineAt,
            ResponseSpec spec,
            @Nullable Registration registration)
            implements Request {
        /** A turn that nothing repeats. */
        public Submit(
                String responseId,
                String conversation,
                String tenant,
                long submittedAt,
                long deadlineAt,
                ResponseSpec spec) {
            this(responseId, conversation, tenant, submittedAt, deadlineAt, spec, null);
        }
    }

    /**
     * By what the repetitions of a submission are known. All of one key are in one partition, so one orchestrator sees them in one order:
     * the first that it accepts is the turn, see {@link StepEvent.Repeated}.
     *
     * @param kind what the client promised
     * @param key SHA-256, 64 hex digits, over the scope and what the client named the submission by; never that itself
     * @param body SHA-256, 64 hex digits, over the canonical JSON of the request's body
     */
    record Registration(Kind kind, String key, String body) {
        public Registration {
            Objects.requireNonNull(kind);
            Objects.requireNonNull(key);
            Objects.requireNonNull(body);
        }

        /** What the client promised, and so what a repetition is. */
        public enum Kind {
            /** An idempotency key: a later submission of the same key is this one, or a mistake. Kept for 24 hours. */
            @JsonProperty("key")
            KEY,
            /** The first try of a client that repeats blindly: always a turn of its own, which a {@link #RETRY} attaches to. */
            @JsonProperty("first_try")
            FIRST_TRY,
            /** A blind repetition: attaches to the latest equal submission of the last 15 minutes, if there is one. */
            @JsonProperty("retry")
            RETRY
        }
    }

    /** The client wants the turn to stop. Has no effect on a turn that has ended. */
    record Cancel(String responseId, String conversation, String tenant) implements Request {}
}
