package io.voiceagent.agent.topology;

import io.voiceagent.agent.core.ApprovalRequest;
import io.voiceagent.agent.core.Conversation;
import io.voiceagent.agent.core.ConversationRules;
import io.voiceagent.agent.core.ConversationRules.Admission;
import io.voiceagent.agent.core.ConversationRules.Followed;
import io.voiceagent.agent.core.ConversationRules.Page;
import io.voiceagent.agent.core.Input;
import io.voiceagent.agent.core.Line;
import io.voiceagent.agent.core.Turn;
import io.voiceagent.agent.core.Watch;
import io.voiceagent.messages.ConversationId;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.TurnError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;

/**
 * The conversations of one partition, under the time that their ids carry: they are dropped by whole segments when their time to live is
 * over, which is that of a turn, so no conversation is there without its first node.
 */
final class ConversationStore {
    /** Public id, time of creation → conversation. */
    static final String NAME = "conversations";

    private static final int PAGE_BYTES = 1 << 20;

    private final WindowStore<String, byte[]> store;
    private final TurnStore turns;

    ConversationStore(ProcessingContext context, TurnStore turns) {
        this.store = context.getStateStore(NAME);
        this.turns = turns;
    }

    /** @see WindowStores#begin */
    void begin() {
        WindowStores.begin(store);
    }

    /** The conversation, null when it is not there. */
    private @Nullable Conversation load(String id) {
        byte[] bytes = store.fetch(id, timeOf(id));
        return bytes == null ? null : Json.read(bytes, Conversation.class);
    }

    /** What the conversation that a turn names makes of it; null when it names none. */
    @Nullable
    Admission admission(Request.Submit submit) {
        ResponseSpec spec = submit.spec();
        String id = spec.conversationId();
        if (id == null) {
            return null;
        }
        requireSameLine(id, submit);
        Admission admission = ConversationRules.admit(load(id), submit.tenant(), spec.concurrency());
        if (admission instanceof Admission.Run run) {
            TurnError unfit = unfit(submit.tenant(), spec, run.parent());
            return unfit == null ? run : new Admission.Refuse(unfit);
        }
        return admission;
    }

    private @Nullable TurnError unfit(String tenant, ResponseSpec spec, @Nullable String parent) {
        Set<String> answers = Line.answers(spec.input());
        if (answers.isEmpty()) {
            return null;
        }
        List<Turn.Over> nodes = turns.branch(parent, tenant, true);
        return nodes == null ? null : Line.unfit(answers, without(spec.conversationId(), nodes));
    }

    /** The events that a request comes to. */
    List<StepEvent> decide(Request.OfConversation request, long now) {
        requireSameLine(request.conversationId(), request);
        Conversation conversation = load(request.conversationId());
        Page page = request instanceof Request.ReadConversation read && conversation != null
                ? page(conversation, read)
                : Page.NONE;
        return ConversationRules.decide(conversation, request, page, now);
    }

    /** In place of events that are too large for the log. */
    static List<StepEvent> tooLarge(Request request, long now) {
        return List.of(new StepEvent.Refused(
                request.responseId(),
                request.conversation(),
                now,
                new TurnError(ErrorCodes.CONTEXT_LENGTH, "The items are larger than the log takes.")));
    }

    /** Keeps what the events of one decision made of the conversation; returns what its turns are to be given. */
    List<Watch.Due> follow(String id, List<StepEvent> events) {
        Conversation before = load(id);
        if (before == null) {
            if (!(events.getFirst() instanceof StepEvent.ConversationCreated created)) {
                return List.of(); // it is no longer kept
            }
            before = Conversation.begin(created);
        }
        for (StepEvent event : events) {
            if (event instanceof StepEvent.ItemsAdded added) {
                Turn.Over node = Line.node(added, before.tenant());
                turns.save(node, TurnCodec.write(node));
            }
        }
        Followed followed = ConversationRules.follow(before, events);
        store.put(id, Json.write(followed.after()), timeOf(id));
        return followed.dues().stream()
                .map(due -> checked(due, followed.after()))
                .toList();
    }

    /** A turn that waited can only now be held against the node that it follows. */
    private Watch.Due checked(Watch.Due due, Conversation conversation) {
        if (due.input() instanceof Input.Begin(String parent, TurnError none, List<ApprovalRequest> _)
                && none == null
                && turns.load(due.responseId()) instanceof Turn.Queued queued) {
            ResponseSpec spec = queued.accepted().spec();
            TurnError unfit = unfit(conversation.tenant(), spec, parent);
            List<ApprovalRequest> approvals = turns.approvals(spec.input(), parent, conversation.tenant());
            return new Watch.Due(due.responseId(), new Input.Begin(parent, unfit, approvals));
        }
        return due;
    }

    /** The nodes without what was removed from the conversation. */
    List<Turn.Over> without(@Nullable String id, List<Turn.Over> nodes) {
        Conversation conversation = id == null ? null : load(id);
        return conversation == null ? nodes : Line.without(nodes, conversation.removed());
    }

    private Page page(Conversation conversation, Request.ReadConversation read) {
        if (read.nodes() == 0 || conversation.head() == null) {
            return Page.NONE;
        }
        List<Turn.Over> line = turns.branch(conversation.head(), conversation.tenant(), true);
        if (line == null) {
            throw new IllegalStateException("a node of conversation " + conversation.id() + " is no longer there");
        }
        List<Turn.Over> ordered = new ArrayList<>(line);
        if (!read.ascending()) {
            Collections.reverse(ordered);
        }
        int from = from(ordered, read);
        List<StepEvent.Node> nodes = new ArrayList<>();
        int bytes = 0;
        for (Turn.Over over : ordered.subList(from, Math.min(ordered.size(), from + read.nodes()))) {
            StepEvent.Node node = new StepEvent.Node(over.responseId(), !over.byHand(), over.input());
            bytes += Json.write(node).length;
            if (bytes > PAGE_BYTES && !nodes.isEmpty()) {
                break;
            }
            nodes.add(node);
        }
        return new Page(nodes, from + nodes.size() < ordered.size());
    }

    /** Where the page begins. After a node that is not in the line, such as the turn that runs, there is nothing. */
    private int from(List<Turn.Over> ordered, Request.ReadConversation read) {
        String after = read.after();
        // Of a turn of which nothing is kept the place is still known
        while (after != null && turns.find(after) instanceof Turn.Gone gone) {
            after = gone.previous();
        }
        if (after == null) {
            return read.ascending() || read.after() == null ? 0 : ordered.size();
        }
        for (int i = 0; i < ordered.size(); i++) {
            if (ordered.get(i).responseId().equals(after)) {
                // Before it, when what is gone came after it
                return read.ascending() || after.equals(read.after()) ? i + 1 : i;
            }
        }
        return ordered.size();
    }

    /** All that concerns a conversation is in its partition, and under its key. */
    private static void requireSameLine(String id, Request request) {
        if (!ConversationId.parse(id).conversation().equals(request.conversation())) {
            throw new MalformedMessageException(
                    "request %s names a conversation of another key".formatted(request.responseId()), null);
        }
    }

    private static long timeOf(String id) {
        return ConversationId.parse(id).createdAt().toEpochMilli();
    }
}
