package io.voiceagent.agent.core;

import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.ToolDescription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Calls that wait for a worker, and whose turn it is: of the tenants with one, that which holds the least slots for its weight (weighted
 * max-min fairness); among those alike, that which was given the least for its weight while it wanted something (stride scheduling, Waldspurger
 * and Weihl 1995), so that one slot goes round, too; of one tenant's, the oldest. So a tenant with ten thousand waiting calls delays another
 * by no more than what runs already.
 *
 * <p>Confined to one thread.
 */
final class WaitingCalls {
    private static final int REMEMBERED = 1_000;

    /**
     * A call that waits.
     *
     * @param tool what a worker must offer; null for the model stage
     * @param notBefore when it may be given away, milliseconds
     */
    record Need(
            CallRef ref,
            String responseId,
            String tenant,
            Stage stage,
            @Nullable ToolDescription tool,
            long notBefore) {
        private Kind kind() {
            return kindOf(stage, tool);
        }
    }

    /** Calls that the same workers could take. */
    private record Kind(Stage stage, String tool) {}

    /** By the time from which a call could have been given away, so that it keeps its place when its turn is seen again. */
    private record Place(long notBefore, long arrival) implements Comparable<Place> {
        private static final Comparator<Place> ORDER =
                Comparator.comparingLong(Place::notBefore).thenComparingLong(Place::arrival);

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }
    }

    private record Holder(Stage stage, String tenant) {}

    private record Waiting(Need need, Place place) {}

    private final Shares shares;
    private final Map<CallRef, Waiting> calls = new HashMap<>();
    private final Map<Kind, Map<String, NavigableMap<Place, Need>>> lanes = new LinkedHashMap<>();
    /** What each tenant was given for its weight; who is not in it has had {@link #pass}, and so has who comes back after a while. */
    private final Map<Holder, Double> passes = new HashMap<>();

    private double pass;
    private long arrivals;

    WaitingCalls(Shares shares) {
        this.shares = shares;
    }

    void add(Need need) {
        remove(need.ref());
        Place place = new Place(need.notBefore(), arrivals++);
        calls.put(need.ref(), new Waiting(need, place));
        lanes.computeIfAbsent(need.kind(), _ -> new HashMap<>())
                .computeIfAbsent(need.tenant(), _ -> new TreeMap<>())
                .put(place, need);
    }

    void remove(CallRef ref) {
        Waiting call = calls.remove(ref);
        if (call != null) {
            lanes.computeIfPresent(call.need().kind(), (_, tenants) -> {
                tenants.computeIfPresent(call.need().tenant(), (_, lane) -> {
                    lane.remove(call.place());
                    return lane.isEmpty() ? null : lane;
                });
                return tenants.isEmpty() ? null : tenants;
            });
        }
    }

    /** The tenant was given a slot. */
    void served(Stage stage, String tenant) {
        Holder holder = new Holder(stage, tenant);
        double before = pass(holder);
        pass = before;
        passes.put(holder, before + 1.0 / shares.weight(tenant));
        if (passes.size() > REMEMBERED) {
            passes.values().removeIf(had -> had <= pass);
        }
    }

    private double pass(Holder holder) {
        return Math.max(pass, passes.getOrDefault(holder, pass));
    }

    int count(Stage stage) {
        return lanes.entrySet().stream()
                .filter(lane -> lane.getKey().stage() == stage)
                .flatMap(lane -> lane.getValue().values().stream())
                .mapToInt(Map::size)
                .sum();
    }

    /** Whether a call of that kind waits for a slot, and not for its time. */
    boolean wants(Stage stage, @Nullable ToolDescription tool, long now) {
        return lanes.getOrDefault(kindOf(stage, tool), Map.of()).values().stream()
                .anyMatch(lane -> lane.firstKey().notBefore() <= now);
    }

    /**
     * Those that come next, in order; of each kind no more than there are slots for.
     *
     * @param free slots that a call could be given to
     * @param held slots that each tenant holds now
     */
    List<Need> next(long now, ToIntFunction<Need> free, Map<Stage, Map<String, Integer>> held) {
        List<Need> next = new ArrayList<>();
        Map<Stage, Map<String, Integer>> holds = new EnumMap<>(Stage.class);
        lanes.forEach((kind, tenants) -> {
            Map<String, Integer> counts =
                    holds.computeIfAbsent(kind.stage(), stage -> new HashMap<>(held.getOrDefault(stage, Map.of())));
            PriorityQueue<Lane> queue = new PriorityQueue<>(Lane.ORDER);
            tenants.forEach((tenant, places) -> {
                Lane lane = new Lane(
                        places.headMap(new Place(now, Long.MAX_VALUE), true),
                        shares.weight(tenant),
                        counts.getOrDefault(tenant, 0),
                        pass(new Holder(kind.stage(), tenant)));
                if (lane.advance()) {
                    queue.add(lane);
                }
            });
            int left = queue.isEmpty() ? 0 : free.applyAsInt(queue.element().head());
            while (left > 0 && !queue.isEmpty()) {
                Lane lane = queue.remove();
                Need need = lane.take();
                counts.merge(need.tenant(), 1, Integer::sum);
                next.add(need);
                left--;
                if (lane.advance()) {
                    queue.add(lane);
                }
            }
        });
        return next;
    }

    private static Kind kindOf(Stage stage, @Nullable ToolDescription tool) {
        return new Kind(stage, tool == null ? "" : tool.name() + '/' + tool.hash());
    }

    /** One tenant's calls of a kind whose time has come, while it is told who is next. */
    private static final class Lane {
        private static final Comparator<Lane> ORDER = Comparator.<Lane>comparingDouble(
                        lane -> (double) lane.holds / lane.weight)
                .thenComparingDouble(lane -> lane.pass)
                .thenComparing(lane -> lane.current().getKey());

        private final Iterator<Map.Entry<Place, Need>> places;
        private final int weight;
        private int holds;
        private double pass;
        private Map.@Nullable Entry<Place, Need> current;

        private Lane(Map<Place, Need> places, int weight, int holds, double pass) {
            this.places = places.entrySet().iterator();
            this.weight = weight;
            this.holds = holds;
            this.pass = pass;
        }

        private boolean advance() {
            current = places.hasNext() ? places.next() : null;
            return current != null;
        }

        private Need head() {
            return current().getValue();
        }

        private Need take() {
            holds++;
            pass += 1.0 / weight;
            return head();
        }

        private Map.Entry<Place, Need> current() {
            return Objects.requireNonNull(current, "a lane at its end is not queued");
        }
    }
}
