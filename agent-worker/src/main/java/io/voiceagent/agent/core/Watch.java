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

    private record Given(String responseId, String tenant, Stage stage, String owner, long at) {}

    private record Entry(long wakeAt, List<CallRef> given, List<CallRef> waiting) {}

    private final Limits limits;
    private final Guards guards;
    private final Map<String, Entry> turns = new HashMap<>();
    private final TreeMap<Long, Set<String>> wakes = new TreeMap<>();
    private final Map<CallRef, Given> given = new LinkedHashMap<>();
    private final WaitingCalls waiting;
    /** Slots that each tenant's calls hold, as far as this partition knows. */
    private final Map<Stage, Map<String, Integer>> held = new EnumMap<>(Stage.class);
    /** When the owner was last asked of a call that it does not list: once a lease is enough. */
    private final Map<CallRef, Long> asked = new HashMap<>();

    public Watch(Limits limits, Shares shares) {
        this(limits, shares, Guards.ALL);
    }

    Watch(Limits limits, Shares shares, Guards guards) {
        this.limits = limits;
        this.guards = guards;
        this.waiting = new WaitingCalls(shares);
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
        Entry entry = turns.get(turn.responseId());
        if (entry != null) {
            entry.given().stream()
                    .filter(ref -> !before.contains(ref))
                    .map(given::get)
                    .forEach(call -> waiting.served(call.stage(), call.tenant()));
        }
    }

    /** Turns that are open. */
    public int open() {
        return turns.size();
    }

    /** Calls of a stage that wait for a worker. */
    public int waiting(Stage stage) {
        return waiting.count(stage);
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

    /**
     * Turns with a waiting call that a worker could take, and no more of them than there are free slots. {@link WaitingCalls} says
     * whose turn it is.
     */
    public List<Due> servable(long now, Workers workers) {
        Set<String> ticks = new LinkedHashSet<>();
        addServable(ticks, now, workers);
        return ticks.stream().map(id -> new Due(id, new Input.Tick())).toList();
    }

    /**
     * The workers as a turn may see them that is given {@code input}: one that was told to look may take a slot, for it is its turn;
     * any other finds none where calls wait already, and joins them.
     */
    public Workers seen(Input input, long now, Workers workers) {
        if (input instanceof Input.Tick) {
            return workers;
        }
        return new Workers() {
            @Override
            public List<Candidate> candidates(Stage stage, @Nullable ToolDescription tool) {
                return waiting.wants(stage, tool, now) ? List.of() : workers.candidates(stage, tool);
            }

            @Override
            public Life life(String incarnation) {
                return workers.life(incarnation);
            }
        };
    }

    private void addServable(Set<String> ticks, long now, Workers workers) {
        waiting.next(now, need -> free(workers, need), held).forEach(need -> ticks.add(need.responseId()));
    }

    private static int free(Workers workers, WaitingCalls.Need need) {
        return workers.candidates(need.stage(), need.tool()).stream()
                .mapToInt(Workers.Candidate::free)
                .sum();
    }

    private void remember(Turn.Active turn) {
        String id = turn.responseId();
        String tenant = turn.accepted().tenant();
        Stage stage = turn.step().kind() == StepKind.MODEL ? Stage.LLM : Stage.TOOL;
        List<CallRef> owned = new ArrayList<>();
        List<CallRef> wait = new ArrayList<>();
        long wakeAt = switch (turn) {
            case Turn.Running running -> running.accepted().deadlineAt();
            case Turn.Stopping stopping -> stopping.stop().at() + limits.stopGrace();
        };
        for (CallState state : turn.step().calls()) {
            switch (state) {
                case CallState.Assigned call -> {
                    give(call.ref(), new Given(id, tenant, stage, call.owner(), call.at()));
                    owned.add(call.ref());
                }
                case CallState.Waiting call -> {
                    waiting.add(
                            new WaitingCalls.Need(call.ref(), id, tenant, stage, tool(turn, call), call.notBefore()));
                    wait.add(call.ref());
                }
                case CallState.Done _ -> {}
            }
        }
        remember(turn, wakeAt, owned, wait);
    }

    private void remember(Turn turn, long wakeAt, List<CallRef> owned, List<CallRef> wait) {
        turns.put(turn.responseId(), new Entry(wakeAt, owned, wait));
        wakes.computeIfAbsent(wakeAt, _ -> new HashSet<>()).add(turn.responseId());
    }

    private static @Nullable ToolDescription tool(Turn.Active turn, CallState.Waiting call) {
        return turn.step().kind() == StepKind.MODEL
                ? null
                : Prompt.description(
                        turn, turn.step().planned().get(call.ref().call()).tool());
    }

    private void give(CallRef ref, Given call) {
        given.put(ref, call);
        held.computeIfAbsent(call.stage(), _ -> new HashMap<>()).merge(call.tenant(), 1, Integer::sum);
    }

    private void takeBack(CallRef ref) {
        Given call = given.remove(ref);
        if (call != null) {
            held.getOrDefault(call.stage(), Map.of())
                    .computeIfPresent(call.tenant(), (_, count) -> count == 1 ? null : count - 1);
        }
    }

    private List<CallRef> forget(String id) {
        Entry entry = turns.remove(id);
        if (entry == null) {
            return List.of();
        }
        entry.given().forEach(this::takeBack);
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
