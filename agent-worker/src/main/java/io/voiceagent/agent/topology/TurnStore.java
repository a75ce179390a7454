package io.voiceagent.agent.topology;

import io.voiceagent.agent.core.ApprovalRequest;
import io.voiceagent.agent.core.ApprovalRules;
import io.voiceagent.agent.core.Input.Parent;
import io.voiceagent.agent.core.Turn;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.ResponseId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/**
 * The turns of one partition. The open ones are few and in one store, so that all of them can be gone through at a start; those
 * that are over are in a window store under the time that their id carries, which drops them by whole segments when their time to live is
 * over.
 */
final class TurnStore {
    private static final Logger LOG = LoggerFactory.getLogger(TurnStore.class);

    /** Response id → open turn. */
    static final String OPEN = "open-turns";
    /** Response id, time of submission → turn that is over. */
    static final String ENDED = "ended-turns";
    /** Turns that one turn may have before it; a longer branch is not found. */
    static final int MAX_ANCESTORS = 1_000;

    private final KeyValueStore<String, byte[]> open;
    private final WindowStore<String, byte[]> ended;
    private final int partition;

    TurnStore(ProcessingContext context, int partition) {
        this.open = context.getStateStore(OPEN);
        this.ended = context.getStateStore(ENDED);
        this.partition = partition;
    }

    /** The turn's state; unknown when nothing is kept of it. */
    Turn load(String id) {
        byte[] running = open.get(id);
        if (running != null) {
            return TurnCodec.read(running);
        }
        byte[] over = ended.fetch(id, timeOf(id));
        return over == null ? Turn.unknown(id) : TurnCodec.read(over);
    }

    /** The same, of any text; unknown when it names nothing of this partition. */
    Turn find(String id) {
        return isHere(id) ? load(id) : Turn.unknown(id);
    }

    /** Puts the state, whose bytes were measured before. */
    void save(Turn turn, byte[] bytes) {
        switch (turn) {
            case Turn.Active _, Turn.Queued _ -> open.put(turn.responseId(), bytes);
            case Turn.Over _, Turn.Gone _ -> {
                open.delete(turn.responseId());
                ended.put(turn.responseId(), bytes, timeOf(turn.responseId()));
            }
            case Turn.Idle _, Turn.Unknown _ ->
                throw new IllegalStateException("a decision must not leave turn %s as %s"
                        .formatted(turn.responseId(), turn.getClass().getSimpleName()));
        }
    }

    void forEachOpen(Consumer<Turn> action) {
        try (KeyValueIterator<String, byte[]> all = open.all()) {
            while (all.hasNext()) {
                KeyValue<String, byte[]> entry = all.next();
                try {
                    action.accept(TurnCodec.read(entry.value));
                } catch (JacksonException e) {
                    LOG.error("Turn {} can't be read and is passed over", entry.key, e);
                }
            }
        }
    }

    /** What a turn's previous response is. */
    Parent parent(@Nullable String previous, String tenant) {
        if (previous == null) {
            return Parent.NONE;
        }
        if (!isHere(previous)) {
            return Parent.MISSING;
        }
        return switch (load(previous)) {
            case Turn.Open open
            when open.accepted().tenant().equals(tenant)
                    && open.accepted().spec().store() -> Parent.RUNNING;
            case Turn.Over over
            when over.tenant().equals(tenant) && branch(previous, tenant, false) != null -> Parent.ENDED;
            case Turn.Open _, Turn.Over _, Turn.Gone _, Turn.Unknown _ -> Parent.MISSING;
        };
    }

    /**
     * The requests for approval that a turn's input answers, as the turns before it know them.
     *
     * @param parent the turn that it follows, null when it is the first
     */
    List<ApprovalRequest> approvals(List<Item> input, @Nullable String parent, String tenant) {
        if (input.stream().noneMatch(Item.ApprovalAnswer.class::isInstance)) {
            return List.of();
        }
        List<Turn.Over> branch = branch(parent, tenant, true);
        return branch == null ? List.of() : ApprovalRules.answered(input, branch);
    }

    /** Keeps with the turn that asked who has answered it. */
    void approvalAnswered(String requestId, String by) {
        String asked = Approvals.responseOf(requestId).orElseThrow();
        if (load(asked) instanceof Turn.Over over) {
            ended.put(asked, TurnCodec.write(over.approvalAnswered(requestId, by)), timeOf(asked));
        }
    }

    /**
     * The ended turn and all before it, the oldest first; null when one of them is not there or another tenant's.
     *
     * @param line whether they are of a conversation object, which goes on without those of which nothing is kept
     */
    @Nullable
    List<Turn.Over> branch(@Nullable String last, String tenant, boolean line) {
        List<Turn.Over> branch = new ArrayList<>();
        int turns = 0;
        for (String id = last; id != null; turns++) {
            if (turns == MAX_ANCESTORS || !isHere(id)) {
                return null;
            }
            switch (load(id)) {
                case Turn.Over over
                when over.tenant().equals(tenant) -> {
                    branch.add(over);
                    id = over.previous();
                }
                case Turn.Gone gone when line && gone.tenant().equals(tenant) -> id = gone.previous();
                case Turn.Over _, Turn.Gone _, Turn.Open _, Turn.Unknown _ -> {
                    return null;
                }
            }
        }
        Collections.reverse(branch);
        return branch;
    }

    private boolean isHere(String id) {
        try {
            return ResponseId.parse(id).partition() == partition;
        } catch (MalformedMessageException e) {
            return false; // a client's text that names nothing
        }
    }

    private static long timeOf(String id) {
        return ResponseId.parse(id).submittedAt().toEpochMilli();
    }
}
