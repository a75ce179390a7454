package io.voiceagent.agent.core;

import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.ToolDescription;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which open turns need a look, and when: an index over their states, so that nobody has to go through all of them. It holds nothing
 * that does not follow from the states, and is built again from them after a restart; so timers need no store of their own.
 *
 * <p>Confined to one thread.
 */
public final class Watch {
    /** A turn and what it should be given. */
    public record Due(String responseId, Input input) {}

    private record Given(String responseId, String owner, long at) {}

    private record Need(
            String responseId, Stage stage, @Nullable ToolDescription tool, long notBefore) {}

    private record Entry(long wakeAt, List<CallRef> given, List<CallRef> waiting) {}

    private final Limits limits;
    private final Guards guards;
    private final Map<String, Entry> turns = new HashMap<>();
    private final TreeMap<Long, Set<String>> wakes = new TreeMap<>();
    private final Map<CallRef, Given> given = new LinkedHashMap<>();
    /** In the order in which they began to wait. */
    private final Map<CallRef, Need> waiting = new LinkedHashMap<>();
    /** When the owner was last asked of a call that it does not list: once a lease is enough. */
    private final Map<CallRef, Long> asked = new HashMap<>();

    public Watch(Limits limits) {
        this(limits, Guards.ALL);
    }

    Watch(Limits limits, Guards guards) {
        this.limits = limits;
        this.guards = guards;
    }

    /** The turn is now in this state. */
    public void see(Turn turn) {
        List<CallRef> before = forget(turn.responseId());
        switch (turn) {
            case Turn.Active active -> remember(active);
            case Turn.Queued queued -> remember(queued, queued.accepted().deadlineAt(), List.of(), List.of());
            case Turn.Unknown _, Turn.Idle _, Turn.Over _, Turn.Gone _ -> {}
        }
        before.stream().filter(ref -> !given.containsKey(ref)).forEach(asked::remove);
    }

    /** Turns that are open. */
    public int open() {
        return turns.size();
    }

    /** Calls of a stage that wait for a worker. */
    public int waiting(Stage stage) {
        return (int)
                waiting.values().stream().filter(need -> need.stage() == stage).count();
    }

    /** Turns to look at now; each comes once, and its look may change what is due of others, so ask again after. */
    public List<Due> due(long now, Census census) {
        Workers workers = census.at(now);
        Set<String> ticks = new LinkedHashSet<>();
        wakes.headMap(now, true).values().forEach(ticks::addAll);
        List<Due> due = new ArrayList<>();
        Map<String, Workers.Life> lives = new HashMap<>();
        given.forEach((ref, call) -> {
            Workers.Life life = lives.computeIfAbsent(call.owner(), workers::life);
            if (life == Workers.Life.DEAD) {
                ticks.add(call.responseId());
            } else if (life == Workers.Life.ALIVE
                    && guards.hold(Guard.UNLISTED)
                    && census.unlisted(ref, call.owner(), Math.max(call.at(), asked.getOrDefault(ref, 0L)))) {
                asked.put(ref, now);
                due.add(new Due(call.responseId(), new Input.Unlisted(ref)));
            }
        });
        addServable(ticks, now, workers);
        ticks.forEach(id -> due.add(new Due(id, new Input.Tick())));
        return due;
    }

    /** Turns with a waiting call that a worker could take, the oldest first, and no more of them than there are free slots. */
    public List<Due> servable(long now, Workers workers) {
        Set<String> ticks = new LinkedHashSet<>();
        addServable(ticks, now, workers);
        return ticks.stream().map(id -> new Due(id, new Input.Tick())).toList();
    }

    private void addServable(Set<String> ticks, long now, Workers workers) {
        if (waiting.isEmpty()) {
            return;
        }
        Map<Stage, Map<String, Integer>> slots = new EnumMap<>(Stage.class);
        for (Need need : waiting.values()) {
            if (need.notBefore() > now) {
                continue;
            }
            String kind = need.tool() == null
                    ? ""
                    : need.tool().name() + '/' + need.tool().hash();
            int left = slots.computeIfAbsent(need.stage(), _ -> new HashMap<>())
                    .computeIfAbsent(kind, _ -> free(workers, need));
            if (left > 0) {
                slots.get(need.stage()).put(kind, left - 1);
                ticks.add(need.responseId());
            }
        }
    }

    private static int free(Workers workers, Need need) {
        return workers.candidates(need.stage(), need.tool()).stream()
                .mapToInt(Workers.Candidate::free)
                .sum();
    }

    private void remember(Turn.Active turn) {
        String id = turn.responseId();
        List<CallRef> held = new ArrayList<>();
        List<CallRef> wait = new ArrayList<>();
        long wakeAt = switch (turn) {
            case Turn.Running running -> running.accepted().deadlineAt();
            case Turn.Stopping stopping -> stopping.stop().at() + limits.stopGrace();
        };
        for (CallState state : turn.step().calls()) {
            switch (state) {
                case CallState.Assigned call -> {
                    given.put(call.ref(), new Given(id, call.owner(), call.at()));
                    held.add(call.ref());
                }
                case CallState.Waiting call -> {
                    waiting.put(call.ref(), need(turn, call));
                    wait.add(call.ref());
                }
                case CallState.Done _ -> {}
            }
        }
        remember(turn, wakeAt, held, wait);
    }

    private void remember(Turn turn, long wakeAt, List<CallRef> held, List<CallRef> wait) {
        turns.put(turn.responseId(), new Entry(wakeAt, held, wait));
        wakes.computeIfAbsent(wakeAt, _ -> new HashSet<>()).add(turn.responseId());
    }

    private static Need need(Turn.Active turn, CallState.Waiting call) {
        boolean model = turn.step().kind() == StepKind.MODEL;
        ToolDescription tool = model
                ? null
                : Prompt.description(
                        turn, turn.step().planned().get(call.ref().call()).tool());
        return new Need(turn.responseId(), model ? Stage.LLM : Stage.TOOL, tool, call.notBefore());
    }

    private List<CallRef> forget(String id) {
        Entry entry = turns.remove(id);
        if (entry == null) {
            return List.of();
        }
        entry.given().forEach(given::remove);
        entry.waiting().forEach(waiting::remove);
        Set<String> ids = wakes.get(entry.wakeAt());
        if (ids != null) {
            ids.remove(id);
            if (ids.isEmpty()) {
                wakes.remove(entry.wakeAt());
            }
        }
        return entry.given();
    }
}
