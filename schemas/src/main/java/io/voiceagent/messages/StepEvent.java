package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record of {@link Topics#STEPS}: a decision of the orchestrator, committed together with the state and the commands that follow from
 * it. Folding the events of a turn gives its state.
 *
 * <p>A turn is {@link Accepted}, then any number of steps ({@link StepStarted} … {@link StepEnded}), then one {@link Ended}. A step is one
 * model call, or the tool calls that the model asked for, side by side. A submission of which no turn comes is {@link Repeated}, and
 * nothing else. Of a turn that has ended, {@link Deleted} may come at any later time, and again.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = StepEvent.Accepted.class, name = "accepted"),
    @JsonSubTypes.Type(value = StepEvent.Repeated.class, name = "repeated"),
    @JsonSubTypes.Type(value = StepEvent.StepStarted.class, name = "step_started"),
    @JsonSubTypes.Type(value = StepEvent.CallAssigned.class, name = "call_assigned"),
    @JsonSubTypes.Type(value = StepEvent.AttemptEnded.class, name = "attempt_ended"),
    @JsonSubTypes.Type(value = StepEvent.CallEnded.class, name = "call_ended"),
    @JsonSubTypes.Type(value = StepEvent.StopRequested.class, name = "stop_requested"),
    @JsonSubTypes.Type(value = StepEvent.StepEnded.class, name = "step_ended"),
    @JsonSubTypes.Type(value = StepEvent.Ended.class, name = "ended"),
    @JsonSubTypes.Type(value = StepEvent.Refused.class, name = "refused"),
    @JsonSubTypes.Type(value = StepEvent.Moved.class, name = "moved"),
    @JsonSubTypes.Type(value = StepEvent.Started.class, name = "started"),
    @JsonSubTypes.Type(value = StepEvent.ConversationCreated.class, name = "conversation_created"),
    @JsonSubTypes.Type(value = StepEvent.ConversationUpdated.class, name = "conversation_updated"),
    @JsonSubTypes.Type(value = StepEvent.ConversationDeleted.class, name = "conversation_deleted"),
    @JsonSubTypes.Type(value = StepEvent.ItemsAdded.class, name = "items_added"),
    @JsonSubTypes.Type(value = StepEvent.ItemRemoved.class, name = "item_removed"),
    @JsonSubTypes.Type(value = StepEvent.ConversationRead.class, name = "conversation_read"),
    @JsonSubTypes.Type(value = StepEvent.Deleted.class, name = "deleted")
})
public sealed interface StepEvent {
    /** The turn. */
    String responseId();

    /** The record's key. */
    String conversation();

    /** Time of the decision, milliseconds since the epoch. */
    long at();

    /**
     * The turn exists and will end.
     *
     * @param submittedAt the response's {@code created_at}, milliseconds since the epoch
     * @param deadlineAt the turn has ended by then, milliseconds since the epoch
     * @param foldVersion version of the fold by which all readers derive the public events
     * @param catalogue the hosted tools that the turn may use, as they were at this moment
     * @param traceparent of the request (W3C): the parent of the turn's own span, null when it is not traced. The turn's span has
     *     an id that follows from the response id; the {@link Headers#TRACEPARENT} of all later records names that span
     * @param parent of a turn of a conversation: the node of its line that the turn follows, null for the first, or while it waits
     * @param position of a turn of a conversation: its place in the queue, from 1; null: it begins at once
     */
    record Accepted(
            String responseId,
            String conversation,
            String tenant,
            long at,
            long submittedAt,
            long deadlineAt,
            int foldVersion,
            ResponseSpec spec,
            List<ToolDescription> catalogue,
            @Nullable String traceparent,
            @Nullable String parent,
            @Nullable Integer position)
            implements StepEvent {
        public Accepted {
            catalogue = catalogue == null ? List.of() : List.copyOf(catalogue);
        }

        /** A turn of no conversation object. */
        public Accepted(
                String responseId,
                String conversation,
                String tenant,
                long at,
                long submittedAt,
                long deadlineAt,
                int foldVersion,
                ResponseSpec spec,
                List<ToolDescription> catalogue,
                @Nullable String traceparent) {
            this(
                    responseId,
                    conversation,
                    tenant,
                    at,
                    submittedAt,
                    deadlineAt,
                    foldVersion,
                    spec,
                    catalogue,
                    traceparent,
                    null,
                    null);
        }

        /** The turn, or the node of items, whose context comes before this one's. */
        public @Nullable String previous() {
            return parent == null ? spec.previousResponseId() : parent;
        }

        /** The same, when it waits no longer. */
        public Accepted after(@Nullable String newParent) {
            return new Accepted(
                    responseId,
                    conversation,
                    tenant,
                    at,
                    submittedAt,
                    deadlineAt,
                    foldVersion,
                    spec,
                    catalogue,
                    traceparent,
                    newParent,
                    null);
        }
    }

    /**
     * The submission repeats an earlier one of the same {@link Request.Registration#key}: no turn comes of it, and its id is nobody's.
     *
     * @param earlier the response that the earlier submission became
     * @param same whether the bodies are equal; if so {@code earlier} is the answer, if not the key was used for something else
     */
    record Repeated(String responseId, String conversation, long at, String earlier, boolean same)
            implements StepEvent {}

    /** What a step does. */
    enum StepKind {
        @JsonProperty("model")
        MODEL,
        @JsonProperty("tools")
        TOOLS
    }

    /**
     * A step begins; its calls wait for workers.
     *
     * @param step 0 and up, without gaps
     * @param calls empty for a model step (its one call is number 0); for a tools step call {@code i} runs the i-th entry
     */
    record StepStarted(
            String responseId, String conversation, long at, int step, StepKind kind, List<PlannedTool> calls)
            implements StepEvent {
        public StepStarted {
            calls = calls == null ? List.of() : List.copyOf(calls);
        }
    }

    /**
     * A hosted tool call of a tools step.
     *
     * @param callId the model's id of the call, as in its frames
     * @param approvalRequestId what the client approved, see {@link Approvals#requestId}: an earlier turn's model asked for the call; null: this
     *     turn's did
     */
    record PlannedTool(
            String callId,
            String tool,
            String arguments,
            @Nullable String approvalRequestId) {
        /** A call that this turn's model asked for. */
        public PlannedTool(String callId, String tool, String arguments) {
            this(callId, tool, arguments, null);
        }
    }

    /** An attempt was given to a worker. */
    record CallAssigned(
            String responseId,
            String conversation,
            long at,
            CallRef ref,
            Stage stage,
            String owner,
            int partition,
            long notAfter)
            implements StepEvent {}

    /**
     * An attempt ended without an outcome that counts, and the call goes on.
     *
     * @param reason {@code busy}, {@code failed}, {@code lost} (its worker is dead), {@code never_started}
     * @param error for {@code failed}
     * @param retryAt when the next attempt may be assigned, milliseconds since the epoch
     * @param nextAttempt number of the attempt that follows, always one more: a number is never given to two workers, so a late or
     *     repeated answer can be told from the one that is awaited
     */
    record AttemptEnded(
            String responseId,
            String conversation,
            long at,
            CallRef ref,
            String reason,
            @Nullable TurnError error,
            long retryAt,
            int nextAttempt)
            implements StepEvent {}

    /**
     * A call of a step has its outcome while others of the step go on. Readers of the public events need not act on it: the boundary
     * repeats the outcome.
     */
    record CallEnded(String responseId, String conversation, long at, CallOutcome outcome) implements StepEvent {}

    /** The running step is to be stopped, and the turn will then end as said. */
    record StopRequested(
            String responseId,
            String conversation,
            long at,
            Status status,
            @Nullable TurnError error,
            @Nullable String incompleteReason)
            implements StepEvent {}

    /**
     * The boundary: every call of the step has an outcome. Readers emit what the frames up to each cut give, then what the boundary gives.
     *
     * @param outcomes one for each call of the step, in the order of their numbers
     */
    record StepEnded(String responseId, String conversation, long at, int step, List<CallOutcome> outcomes)
            implements StepEvent {
        public StepEnded {
            outcomes = List.copyOf(outcomes);
        }
    }

    /**
     * How a call ended, and where its frames end.
     *
     * @param ref the attempt that counts
     * @param frames number of its frames, 0 when it was never opened; without meaning when {@code sealed}
     * @param sealed true: nobody knows the number of its frames; they end at the first {@link Frame.Seal} of this attempt
     * @param accepted whether what the frames gave belongs to the output; if not, its items stay in the event history alone
     * @param output what the call brought; null when it brought nothing
     * @param error why it failed; null when it did not
     */
    record CallOutcome(
            CallRef ref,
            int frames,
            boolean sealed,
            boolean accepted,
            @Nullable CallOutput output,
            @Nullable TurnError error) {}

    /** How a turn ended. */
    enum Status {
        @JsonProperty("completed")
        COMPLETED,
        @JsonProperty("failed")
        FAILED,
        @JsonProperty("cancelled")
        CANCELLED,
        @JsonProperty("incomplete")
        INCOMPLETE
    }

    /**
     * The last event of a turn.
     *
     * @param error only with {@link Status#FAILED}
     * @param incompleteReason only with {@link Status#INCOMPLETE}, for example {@code max_output_tokens}
     * @param cost of all of its model calls, picodollars; null when nobody knows the price
     */
    record Ended(
            String responseId,
            String conversation,
            long at,
            Status status,
            @Nullable TurnError error,
            @Nullable String incompleteReason,
            Usage usage,
            @Nullable Long cost)
            implements StepEvent {
        /** A turn of which nobody knows what it cost. */
        public Ended(
                String responseId,
                String conversation,
                long at,
                Status status,
                @Nullable TurnError error,
                @Nullable String incompleteReason,
                Usage usage) {
            this(responseId, conversation, at, status, error, incompleteReason, usage, null);
        }
    }

    /**
     * The client has deleted the response: from here on nobody shows it, and whoever keeps something of it lets it go. Comes after the end of
     * the turn, also of one that the orchestrator does not know any more.
     *
     * @param tenant who deleted it; a response of another tenant is not meant
     */
    record Deleted(String responseId, String conversation, String tenant, long at) implements StepEvent {}

    /** Nothing comes of the request of that id: no turn, and no change of a conversation. */
    record Refused(String responseId, String conversation, long at, TurnError error) implements StepEvent {}

    /**
     * The turn waits at another place of its conversation's queue.
     *
     * @param position from 1
     */
    record Moved(String responseId, String conversation, long at, int position) implements StepEvent {}

    /**
     * A turn that waited for its conversation begins.
     *
     * @param parent as of {@link Accepted}
     */
    record Started(
            String responseId,
            String conversation,
            long at,
            @Nullable String parent) implements StepEvent {}

    /** Of a conversation object; the id of the request is its {@link #responseId}. */
    sealed interface OfConversation extends StepEvent {
        /** Public id of the conversation object. */
        String conversationId();
    }

    /** There is a new conversation. */
    record ConversationCreated(
            String responseId,
            String conversation,
            long at,
            String conversationId,
            String tenant,
            Map<String, String> metadata)
            implements OfConversation, StepEvent {
        public ConversationCreated {
            metadata = ordered(metadata);
        }
    }

    /** It has other metadata. */
    record ConversationUpdated(
            String responseId, String conversation, long at, String conversationId, Map<String, String> metadata)
            implements OfConversation, StepEvent {
        public ConversationUpdated {
            metadata = ordered(metadata);
        }
    }

    /** It is gone. */
    record ConversationDeleted(String responseId, String conversation, long at, String conversationId)
            implements OfConversation, StepEvent {}

    /**
     * Items were added by hand: a node of the conversation's line, named by {@link #responseId}.
     *
     * @param parent the node before, null for the first
     */
    record ItemsAdded(
            String responseId,
            String conversation,
            long at,
            String conversationId,
            @Nullable String parent,
            List<Item> items)
            implements OfConversation, StepEvent {
        public ItemsAdded {
            items = List.copyOf(items);
        }
    }

    /** An item does not belong to the conversation any more. */
    record ItemRemoved(String responseId, String conversation, long at, String conversationId, ItemPlace place)
            implements OfConversation, StepEvent {}

    /**
     * What a conversation is at this place of the log: the answer to {@link Request.ReadConversation}.
     *
     * @param running the turn that runs, null when none does
     * @param queue turns that wait, in order
     * @param removed public ids of the items that were removed
     * @param nodes a part of the line, in the order asked for
     * @param more whether nodes follow
     */
    record ConversationRead(
            String responseId,
            String conversation,
            long at,
            String conversationId,
            Map<String, String> metadata,
            @Nullable String running,
            List<String> queue,
            List<String> removed,
            List<Node> nodes,
            boolean more)
            implements OfConversation, StepEvent {
        public ConversationRead {
            metadata = ordered(metadata);
            queue = queue == null ? List.of() : List.copyOf(queue);
            removed = removed == null ? List.of() : List.copyOf(removed);
            nodes = nodes == null ? List.of() : List.copyOf(nodes);
        }
    }

    /**
     * A node of a conversation's line.
     *
     * @param id the turn, or the request that added items
     * @param turn whether it is a turn, so that a response of that id exists
     * @param input its own items, without what the turn brought
     */
    record Node(String id, boolean turn, List<Item> input) {
        public Node {
            input = input == null ? List.of() : List.copyOf(input);
        }
    }

    private static Map<String, String> ordered(@Nullable Map<String, String> metadata) {
        // Not Map.copyOf: its order differs from process to process
        return metadata == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }
}
