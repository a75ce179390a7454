package io.voiceagent.agent.core;

import io.voiceagent.messages.Concurrency;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.TurnError;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a conversation object, pure: one turn runs at a time, those that wait run in their order, and each goes on from what the one
 * before it came to.
 */
public final class ConversationRules {
    /** Turns that may wait at one time. */
    public static final int MAX_QUEUE = 16;
    /** Nodes of a line. */
    public static final int MAX_LENGTH = 1_000;
    /** Items that may be removed. */
    public static final int MAX_REMOVED = 1_000;

    private ConversationRules() {}

    /** What a conversation makes of a turn that comes. */
    public sealed interface Admission {
        /** It runs at once, after {@code parent}. */
        record Run(@Nullable String parent) implements Admission {}

        /** It waits, at this position from 1. */
        record Wait(int position) implements Admission {}

        /** It is no turn. */
        record Refuse(TurnError error) implements Admission {}
    }

    /**
     * What becomes of a turn.
     *
     * @param conversation as it is, null when it is not there
     * @param concurrency the client's wish, null: to wait
     */
    public static Admission admit(
            @Nullable Conversation conversation, String tenant, @Nullable Concurrency concurrency) {
        return admit(conversation, tenant, concurrency, Guards.ALL);
    }

    static Admission admit(
            @Nullable Conversation conversation, String tenant, @Nullable Concurrency concurrency, Guards guards) {
        if (conversation == null || !isThere(conversation, tenant)) {
            return new Admission.Refuse(notFound());
        }
        if (conversation.length() + conversation.queue().size() >= MAX_LENGTH) {
            return new Admission.Refuse(full());
        }
        if (!conversation.busy() || !guards.hold(Guard.ONE_TURN)) {
            return new Admission.Run(conversation.head());
        }
        if (concurrency == Concurrency.REJECT) {
            return new Admission.Refuse(locked());
        }
        if (conversation.queue().size() >= MAX_QUEUE) {
            return new Admission.Refuse(new TurnError(
                    ErrorCodes.CONVERSATION_QUEUE_FULL,
                    "%d turns of the conversation wait already.".formatted(MAX_QUEUE)));
        }
        return new Admission.Wait(conversation.place(concurrency == Concurrency.INTERRUPT));
    }

    /**
     * What a change of a conversation comes to; nothing when it was made before.
     *
     * @param conversation as it is, null when it is not there
     * @param page the answer to a read
     * @param now milliseconds since the epoch
     */
    public static List<StepEvent> decide(
            @Nullable Conversation conversation, Request.OfConversation request, Page page, long now) {
        if (request instanceof Request.CreateConversation create) {
            return conversation == null ? create(create, now) : List.of();
        }
        if (conversation == null || !isThere(conversation, request.tenant())) {
            return List.of(refused(request, notFound(), now));
        }
        String id = conversation.id();
        return switch (request) {
            case Request.CreateConversation _ -> List.of();
            case Request.UpdateConversation update ->
                List.of(new StepEvent.ConversationUpdated(
                        update.responseId(), update.conversation(), now, id, update.metadata()));
            case Request.DeleteConversation delete ->
                List.of(new StepEvent.ConversationDeleted(delete.responseId(), delete.conversation(), now, id));
            case Request.AddItems add -> List.of(add(conversation, add, now));
            case Request.RemoveItem remove -> List.of(remove(conversation, remove, now));
            case Request.ReadConversation read ->
                List.of(new StepEvent.ConversationRead(
                        read.responseId(),
                        read.conversation(),
                        now,
                        id,
                        conversation.metadata(),
                        conversation.running(),
                        conversation.queue().stream()
                                .map(Conversation.Waiting::responseId)
                                .toList(),
                        conversation.removed().stream()
                                .map(place -> place.itemId())
                                .toList(),
                        page.nodes(),
                        page.more()));
        };
    }

    /** A part of a line, as {@link StepEvent.ConversationRead} tells it. */
    public record Page(List<StepEvent.Node> nodes, boolean more) {
        /** None of it. */
        public static final Page NONE = new Page(List.of(), false);
    }

    private static List<StepEvent> create(Request.CreateConversation create, long now) {
        List<StepEvent> events = new ArrayList<>();
        events.add(new StepEvent.ConversationCreated(
                create.responseId(),
                create.conversation(),
                now,
                create.conversationId(),
                create.tenant(),
                create.metadata()));
        if (!create.items().isEmpty()) {
            events.add(new StepEvent.ItemsAdded(
                    create.responseId(), create.conversation(), now, create.conversationId(), null, create.items()));
        }
        return events;
    }

    private static StepEvent add(Conversation conversation, Request.AddItems add, long now) {
        // A turn that runs goes on from what was there when it began, so the line can't grow under it
        if (conversation.busy()) {
            return refused(add, locked(), now);
        }
        if (conversation.length() >= MAX_LENGTH) {
            return refused(add, full(), now);
        }
        return new StepEvent.ItemsAdded(
                add.responseId(), add.conversation(), now, conversation.id(), conversation.head(), add.items());
    }

    private static StepEvent remove(Conversation conversation, Request.RemoveItem remove, long now) {
        if (conversation.removed().size() >= MAX_REMOVED) {
            return refused(remove, full(), now);
        }
        return new StepEvent.ItemRemoved(
                remove.responseId(), remove.conversation(), now, conversation.id(), remove.place());
    }

    /**
     * What an event means to a conversation.
     *
     * @param after the conversation then
     * @param dues what its turns are to be given, in this order
     */
    public record Followed(Conversation after, List<Watch.Due> dues) {}

    /** Follows events of one decision about a turn of the conversation, or about itself. */
    public static Followed follow(Conversation before, List<StepEvent> events) {
        Conversation after = before;
        boolean interrupted = false;
        for (StepEvent event : events) {
            after = after.apply(event);
            interrupted |= event instanceof StepEvent.Accepted accepted
                    && accepted.position() != null
                    && accepted.spec().concurrency() == Concurrency.INTERRUPT;
        }
        List<Watch.Due> dues = new ArrayList<>();
        if (after.deleted()) {
            // Those that wait first, or the end of the one that runs would start the next
            after.queue().forEach(waiting -> dues.add(new Watch.Due(waiting.responseId(), new Input.Interrupt())));
            if (after.running() != null) {
                dues.add(new Watch.Due(after.running(), new Input.Interrupt()));
            }
            return new Followed(after, dues);
        }
        for (Conversation.Waiting waiting : after.queue()) {
            int was = before.position(waiting.responseId());
            int is = after.position(waiting.responseId());
            if (was != 0 && was != is) {
                dues.add(new Watch.Due(waiting.responseId(), new Input.Move(is)));
            }
        }
        if (after.running() == null && !after.queue().isEmpty()) {
            dues.add(new Watch.Due(after.queue().getFirst().responseId(), new Input.Begin(after.head())));
        } else if (interrupted && after.running() != null) {
            dues.add(new Watch.Due(after.running(), new Input.Interrupt()));
        }
        return new Followed(after, dues);
    }

    private static boolean isThere(Conversation conversation, String tenant) {
        return !conversation.deleted() && conversation.tenant().equals(tenant);
    }

    private static StepEvent refused(Request request, TurnError error, long now) {
        return new StepEvent.Refused(request.responseId(), request.conversation(), now, error);
    }

    private static TurnError notFound() {
        return new TurnError(ErrorCodes.CONVERSATION_NOT_FOUND, "The conversation is not, or no longer, there.");
    }

    private static TurnError locked() {
        return new TurnError(
                ErrorCodes.CONVERSATION_LOCKED,
                "A turn of the conversation runs or waits. Try again when it has ended, or cancel it.");
    }

    private static TurnError full() {
        return new TurnError(
                ErrorCodes.CONVERSATION_FULL,
                "The conversation is as long as one may be (%d turns). Begin another one.".formatted(MAX_LENGTH));
    }
}
