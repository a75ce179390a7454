package io.voiceagent.agent.core;

import io.voiceagent.messages.Concurrency;
import io.voiceagent.messages.ItemPlace;
import io.voiceagent.messages.StepEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of a conversation object: the fold of the events of its turns and of its own, and nothing else. It is a line of nodes, each a
 * turn or items added by hand, of which the last is kept here and each names the one before it.
 *
 * @param id public id
 * @param head the last node, null when there is none
 * @param length number of nodes, the turn that runs counted in
 * @param running the turn that runs; its parent is {@link #head}
 * @param queue turns that wait, in the order in which they will run
 * @param removed items that are told to no later turn
 */
public record Conversation(
        String id,
        String tenant,
        Map<String, String> metadata,
        @Nullable String head,
        int length,
        @Nullable String running,
        List<Waiting> queue,
        List<ItemPlace> removed,
        boolean deleted) {
    /**
     * A turn that waits.
     *
     * @param interrupts whether it goes before those that only wait
     */
    public record Waiting(String responseId, boolean interrupts) {}

    public Conversation {
        metadata = metadata == null ? Map.of() : metadata;
        queue = queue == null ? List.of() : List.copyOf(queue);
        removed = removed == null ? List.of() : List.copyOf(removed);
    }

    /** A conversation that has just been created. */
    public static Conversation begin(StepEvent.ConversationCreated event) {
        return new Conversation(
                event.conversationId(), event.tenant(), event.metadata(), null, 0, null, List.of(), List.of(), false);
    }

    /** Whether a turn runs or waits. */
    boolean busy() {
        return running != null || !queue.isEmpty();
    }

    /** Place in the queue, from 1; 0 when it does not wait. */
    int position(String responseId) {
        for (int i = 0; i < queue.size(); i++) {
            if (queue.get(i).responseId().equals(responseId)) {
                return i + 1;
            }
        }
        return 0;
    }

    /** Where a turn that comes now would wait, from 1: those that interrupt go before those that only wait, in their own order. */
    int place(boolean interrupts) {
        if (!interrupts) {
            return queue.size() + 1;
        }
        return (int) queue.stream().filter(Waiting::interrupts).count() + 1;
    }

    /** The state after the event. */
    Conversation apply(StepEvent event) {
        return switch (event) {
            case StepEvent.Accepted accepted -> accept(accepted);
            case StepEvent.Started started -> start(started.responseId(), without(started.responseId()));
            case StepEvent.Ended ended -> end(ended.responseId());
            case StepEvent.ConversationUpdated updated ->
                new Conversation(id, tenant, updated.metadata(), head, length, running, queue, removed, deleted);
            case StepEvent.ConversationDeleted _ ->
                new Conversation(id, tenant, Map.of(), head, length, running, queue, List.of(), true);
            case StepEvent.ItemsAdded added ->
                new Conversation(
                        id, tenant, metadata, added.responseId(), length + 1, running, queue, removed, deleted);
            case StepEvent.ItemRemoved gone -> {
                List<ItemPlace> more = new ArrayList<>(removed);
                more.add(gone.place());
                yield new Conversation(id, tenant, metadata, head, length, running, queue, more, deleted);
            }
            default -> this;
        };
    }

    private Conversation accept(StepEvent.Accepted accepted) {
        Integer position = accepted.position();
        if (position == null) {
            return start(accepted.responseId(), queue);
        }
        List<Waiting> longer = new ArrayList<>(queue);
        longer.add(
                Math.min(position - 1, queue.size()),
                new Waiting(accepted.responseId(), accepted.spec().concurrency() == Concurrency.INTERRUPT));
        return new Conversation(id, tenant, metadata, head, length, running, longer, removed, deleted);
    }

    private Conversation start(String responseId, List<Waiting> left) {
        if (running != null) {
            throw new IllegalStateException(
                    "two turns of conversation %s at once: %s and %s".formatted(id, running, responseId));
        }
        return new Conversation(id, tenant, metadata, head, length + 1, responseId, left, removed, deleted);
    }

    private Conversation end(String responseId) {
        return responseId.equals(running)
                ? new Conversation(id, tenant, metadata, responseId, length, null, queue, removed, deleted)
                : new Conversation(id, tenant, metadata, head, length, running, without(responseId), removed, deleted);
    }

    private List<Waiting> without(String responseId) {
        return queue.stream()
                .filter(waiting -> !waiting.responseId().equals(responseId))
                .toList();
    }
}
