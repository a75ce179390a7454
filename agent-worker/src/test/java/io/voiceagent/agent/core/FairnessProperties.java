package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Stage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whoever wants slots gets a share of them, whatever the others want. */
class FairnessProperties {
    private static final long NOW = 1_000;

    private int numbers;

    /** Every slot that can be used is used, each call is served once, and one tenant's are served in their order. */
    @Property(tries = 300)
    void nothingIdlesAndNobodyOvertakesHimself(
            @ForAll Random random, @ForAll @IntRange(max = 40) int calls, @ForAll @IntRange(max = 20) int free) {
        WaitingCalls waiting = new WaitingCalls(Shares.EQUAL);
        List<WaitingCalls.Need> ready = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            boolean later = random.nextInt(4) == 0;
            WaitingCalls.Need need = need("t" + random.nextInt(3), later ? NOW + 1 : NOW);
            waiting.add(need);
            if (!later) {
                ready.add(need);
            }
        }

        List<WaitingCalls.Need> next = waiting.next(NOW, _ -> free, Map.of());

        assertThat(next).doesNotHaveDuplicates().hasSize(Math.min(free, ready.size()));
        assertThat(ready).containsAll(next);
        for (String tenant : List.of("t0", "t1", "t2")) {
            List<WaitingCalls.Need> served =
                    next.stream().filter(need -> need.tenant().equals(tenant)).toList();
            assertThat(ready.stream()
                            .filter(need -> need.tenant().equals(tenant))
                            .limit(served.size()))
                    .containsExactlyElementsOf(served);
        }
        assertThat(waiting.count(Stage.LLM)).isEqualTo(calls);
        assertThat(waiting.wants(Stage.LLM, null, NOW)).isEqualTo(!ready.isEmpty());
    }

    /** While several tenants have waiting calls at all times, each holds slots in proportion to its weight, but for one. */
    @Property(tries = 100)
    void slotsAreHeldByWeight(
            @ForAll Random random,
            @ForAll @IntRange(min = 1, max = 4) int weight,
            @ForAll @IntRange(min = 5, max = 60) int slots) {
        Bench bench = new Bench(new Shares(Map.of("heavy", weight)), slots);
        bench.want("greedy", 500);
        bench.serve();
        bench.want("heavy", 500);
        bench.want("small", 500);

        for (int i = 0; i < 400; i++) {
            bench.finish(random);
            bench.serve();
        }

        double unit = slots / (weight + 2.0);
        assertThat(bench.held("greedy")).isBetween((int) Math.floor(unit - 1), (int) Math.ceil(unit + 1));
        assertThat(bench.held("small")).isBetween((int) Math.floor(unit - 1), (int) Math.ceil(unit + 1));
        assertThat(bench.held("heavy"))
                .isBetween((int) Math.floor(weight * unit - weight), (int) Math.ceil(weight * unit + weight));
    }

    /** With fewer slots than tenants they go round, by weight, and nobody catches up on what he did not want. */
    @Example
    void oneSlotGoesRound() {
        Bench bench = new Bench(new Shares(Map.of("heavy", 3)), 1);
        bench.want("greedy", 1_000);
        List<String> order = bench.takeTurns(10);
        assertThat(order).containsOnly("greedy");
        bench.want("small", 100);
        bench.want("heavy", 100);

        order = bench.takeTurns(50);

        assertThat(order.stream().filter("greedy"::equals)).hasSizeBetween(9, 11);
        assertThat(order.stream().filter("small"::equals)).hasSizeBetween(9, 11);
        assertThat(order.stream().filter("heavy"::equals)).hasSizeBetween(29, 31);
    }

    /** The first call of one that comes late has the next slot, however many wait. */
    @Property(tries = 50)
    void oneThatComesLateHasTheNextSlot(@ForAll Random random, @ForAll @IntRange(min = 1, max = 20) int slots) {
        Bench bench = new Bench(Shares.EQUAL, slots);
        bench.want("greedy", 1_000);
        bench.serve();
        bench.want("late", 1);

        bench.finish(random);
        bench.serve();

        assertThat(bench.held("late")).isOne();
    }

    @Example
    void aCallThatIsSeenAgainKeepsItsPlace() {
        WaitingCalls waiting = new WaitingCalls(Shares.EQUAL);
        WaitingCalls.Need first = need("t", 1);
        WaitingCalls.Need second = need("t", 2);
        waiting.add(first);
        waiting.add(second);

        waiting.remove(first.ref());
        waiting.add(first);

        assertThat(waiting.next(NOW, _ -> 1, Map.of())).containsExactly(first);
    }

    @Example
    void weightsAreRead() {
        assertThat(Shares.parse(" ")).isEqualTo(Shares.EQUAL);
        assertThat(Shares.parse("a:3, b:1").weights()).isEqualTo(Map.of("a", 3, "b", 1));
    }

    @Example
    void whatIsNoWeightIsRefused() {
        for (String text : List.of("a", "a:0", "a:1001", "a:x", ":3", "a:1,", "a:1,a:2")) {
            assertThatThrownBy(() -> Shares.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private WaitingCalls.Need need(String tenant, long notBefore) {
        String id = "resp_" + numbers++;
        return new WaitingCalls.Need(new CallRef(id, 1, 0, 1), id, tenant, Stage.LLM, null, notBefore);
    }

    /** Slots of one stage, and calls that come and go. */
    private final class Bench {
        private final WaitingCalls waiting;
        private final int slots;
        private final Deque<WaitingCalls.Need> running = new ArrayDeque<>();

        Bench(Shares shares, int slots) {
            this.waiting = new WaitingCalls(shares);
            this.slots = slots;
        }

        void want(String tenant, int calls) {
            IntStream.range(0, calls).forEach(_ -> waiting.add(need(tenant, NOW)));
        }

        void serve() {
            for (WaitingCalls.Need need : waiting.next(NOW, _ -> slots - running.size(), counts())) {
                waiting.remove(need.ref());
                waiting.served(need.stage(), need.tenant());
                running.add(need);
            }
            assertThat(running).hasSizeLessThanOrEqualTo(slots);
        }

        void finish(Random random) {
            for (int skip = random.nextInt(running.size()); skip > 0; skip--) {
                running.add(running.remove());
            }
            running.remove();
        }

        List<String> takeTurns(int count) {
            List<String> order = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                serve();
                order.add(running.element().tenant());
                running.clear();
            }
            return order;
        }

        int held(String tenant) {
            return counts().get(Stage.LLM).getOrDefault(tenant, 0);
        }

        private Map<Stage, Map<String, Integer>> counts() {
            Map<String, Integer> counts = new HashMap<>();
            running.forEach(need -> counts.merge(need.tenant(), 1, Integer::sum));
            Map<Stage, Map<String, Integer>> byStage = new EnumMap<>(Stage.class);
            byStage.put(Stage.LLM, counts);
            return byStage;
        }
    }
}
