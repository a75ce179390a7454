package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A record of {@link Topics#REQUESTS}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Request.Submit.class, name = "submit"),
    @JsonSubTypes.Type(value = Request.Cancel.class, name = "cancel"),
    @JsonSubTypes.Type(value = Request.CreateConversation.class, name = "create_conversation"),
    @JsonSubTypes.Type(value = Request.UpdateConversation.class, name = "update_conversation"),
    @JsonSubTypes.Type(value = Request.DeleteConversation.class, name = "delete_conversation"),
    @JsonSubTypes.Type(value = Request.AddItems.class, name = "add_items"),
    @JsonSubTypes.Type(value = Request.RemoveItem.class, name = "remove_item"),
    @JsonSubTypes.Type(value = Request.ReadConversation.class, name = "read_conversation"),
    @JsonSubTypes.Type(value = Request.Delete.class, name = "delete")
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
        public Submit {
            Objects.requireNonNull(responseId, "responseId");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(spec, "spec");
        }

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
    record Cancel(String responseId, String conversation, String tenant) implements Request {
        public Cancel {
            Objects.requireNonNull(responseId, "responseId");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(tenant, "tenant");
        }
    }

    /** The client wants the response to be gone. Has no effect on a turn that has not ended. */
    record Delete(String responseId, String conversation, String tenant) implements Request {
        public Delete {
            Objects.requireNonNull(responseId, "responseId");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(tenant, "tenant");
        }
    }

    /**
     * Of a conversation object. Its {@link #responseId} names the request itself, in the form of a response id of that conversation: the
     * decision about it is found under it. Items that it adds are a node of the conversation's line under that id.
     */
    sealed interface OfConversation extends Request {
        /** Public id of the conversation object, see {@link ConversationId}. */
        String conversationId();
    }

    /**
     * A new conversation.
     *
     * @param items with which it begins, may be empty
     */
    record CreateConversation(
            String responseId,
            String conversation,
            String tenant,
            String conversationId,
            Map<String, String> metadata,
            List<Item> items)
            implements OfConversation, Request {
        public CreateConversation {
            Objects.requireNonNull(responseId, "responseId");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(conversationId, "conversationId");
            metadata = ordered(metadata);
            items = items == null ? List.of() : List.copyOf(items);
        }
    }

    /** Other metadata, in place of all that was there. */
    record UpdateConversation(
            String responseId, String conversation, String tenant, String conversationId, Map<String, String> metadata)
            implements OfConversation, Request {
        public UpdateConversation {
            Objects.requireNonNull(responseId, "responseId");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(conversationId, "conversationId");
            metadata = ordered(metadata);
        }
    }

    /** The conversation is over: its turns are stopped, and nobody finds it any more. Its responses stay. */
    record DeleteConversation(String responseId, String conversation, String tenant, String conversationId)
            implements OfConversation, Request {
        public DeleteConversation {
            Objects.requireNonNull(responseId, "responseId");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(conversationId, "conversationId");
        }
    }

    /** Items that come after all that is in the conversation. */
    record AddItems(String responseId, String conversation, String tenant, String conversationId, List<Item> items)
            implements OfConversation, Request {
        public AddItems {
            Objects.requireNonNull(responseId, "responseId");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(conversationId, "conversationId");
            items = List.copyOf(items);
        }
    }

    /** An item that is not told to the model any more. */
    record RemoveItem(String responseId, String conversation, String tenant, String conversationId, ItemPlace place)
            implements OfConversation, Request {
        public RemoveItem {
            Objects.requireNonNull(responseId, "responseId");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(conversationId, "conversationId");
            Objects.requireNonNull(place, "place");
        }
    }

    /**
     * Asks what the conversation is at this place of the log.
     *
     * @param after node after which (in the order asked for) the answer begins, null: at the first
     * @param ascending whether the oldest node comes first
     * @param nodes how many nodes are told at most, 0 to 100
     */
    record ReadConversation(
            String responseId,
            String conversation,
            String tenant,
            String conversationId,
            @Nullable String after,
            boolean ascending,
            int nodes)
            implements OfConversation, Request {
        public ReadConversation {
            Objects.requireNonNull(responseId, "responseId");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(tenant, "tenant");
            Objects.requireNonNull(conversationId, "conversationId");
        }
    }

    private static Map<String, String> ordered(@Nullable Map<String, String> metadata) {
        // Not Map.copyOf: its order differs from process to process
        return metadata == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }
}
