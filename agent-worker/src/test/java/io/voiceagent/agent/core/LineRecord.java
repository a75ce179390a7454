package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.messages.Concurrency;
import io.voiceagent.messages.StepEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What the committed events say of conversations, kept apart from how the orchestrator keeps it. */
final class LineRecord {
    private static final class Line {
        private String head;
        private String running;
        private final List<String> enqueued = new ArrayList<>();
        private final List<String> interrupting = new ArrayList<>();
    }

    private final Tally tally;
    private final Map<String, Line> lines = new LinkedHashMap<>();
    private final Map<String, String> lineOf = new HashMap<>();

    LineRecord(Tally tally) {
        this.tally = tally;
    }

    void committed(StepEvent event) {
        if (event instanceof StepEvent.Accepted accepted && accepted.spec().conversationId() != null) {
            lineOf.put(accepted.responseId(), accepted.spec().conversationId());
            accepted(line(accepted), accepted);
            return;
        }
        Line line =
                event instanceof StepEvent.OfConversation || event instanceof StepEvent.Refused ? null : line(event);
        if (line == null) {
            if (event instanceof StepEvent.Refused) {
                tally.count(Happening.LOCKED);
            }
            return;
        }
        switch (event) {
            case StepEvent.Started started -> {
                tally.count(Happening.STARTED_FROM_QUEUE);
                List<String> waiting = line.interrupting.isEmpty() ? line.enqueued : line.interrupting;
                require(
                        !waiting.isEmpty() && waiting.getFirst().equals(started.responseId()),
                        started + " is not the first of " + line.interrupting + line.enqueued);
                waiting.removeFirst();
                begin(line, started.responseId(), started.parent(), started);
            }
            case StepEvent.Ended ended -> {
                if (ended.responseId().equals(line.running)) {
                    line.head = line.running;
                    line.running = null;
                } else {
                    tally.count(Happening.ENDED_IN_QUEUE);
                    require(
                            line.enqueued.remove(ended.responseId()) || line.interrupting.remove(ended.responseId()),
                            ended + " neither ran nor waited");
                }
            }
            case StepEvent.StepStarted started ->
                require(started.responseId().equals(line.running), started + " beside " + line.running);
            default -> {}
        }
    }

    private void accepted(Line line, StepEvent.Accepted accepted) {
        boolean interrupts = accepted.spec().concurrency() == Concurrency.INTERRUPT;
        if (accepted.position() == null) {
            require(line.enqueued.isEmpty() && line.interrupting.isEmpty(), accepted + " overtakes");
            begin(line, accepted.responseId(), accepted.parent(), accepted);
            return;
        }
        tally.count(interrupts ? Happening.INTERRUPTED : Happening.QUEUED);
        require(accepted.spec().concurrency() != Concurrency.REJECT, accepted + " waits");
        (interrupts ? line.interrupting : line.enqueued).add(accepted.responseId());
    }

    private static void begin(Line line, String id, String parent, StepEvent event) {
        require(line.running == null, event + " beside " + line.running);
        require(Objects.equals(parent, line.head), event + " does not follow " + line.head);
        line.running = id;
    }

    /** After a transaction. */
    void nobodyWaitsForNobody() {
        lines.values()
                .forEach(line -> require(
                        line.running != null || (line.enqueued.isEmpty() && line.interrupting.isEmpty()),
                        line.enqueued + " and " + line.interrupting + " wait for nobody"));
    }

    private Line line(StepEvent event) {
        String id = lineOf.get(event.responseId());
        return id == null ? null : lines.computeIfAbsent(id, _ -> new Line());
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new BrokenInvariantException(Invariant.ONE_LINE, what);
        }
    }
}
