package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.voiceagent.agent.core.Simulation.Setup;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thousands of turns in a world where everything fails that may fail. The property {@code simulation.seeds} sets how many runs there
 * are; {@code simulation.seed} runs a single one and tells it line by line.
 */
class SimulationTest {
    private static final int SEEDS = Integer.getInteger("simulation.seeds", 1_000);
    /** A rule that is taken out must show within so many runs. */
    private static final int SHOWS_WITHIN = 10_000;

    /** In so many runs everything happens at least once. */
    private static final int ENOUGH = 500;

    private static final int LINES = 80;

    @Test
    void whateverHappensTheInvariantsHold() {
        Long single = Long.getLong("simulation.seed");
        if (single != null) {
            Simulation.trace(single, Setup.WHOLE).forEach(System.out::println);
            Simulation.run(single, Setup.WHOLE);
            return;
        }
        Tally tally = new Tally();
        long began = System.nanoTime();
        for (long seed = 1; seed <= SEEDS; seed++) {
            tally.add(run(seed));
        }
        System.out.printf("%d runs in %.1f s: %s%n", SEEDS, (System.nanoTime() - began) / 1e9, tally);
        if (SEEDS >= ENOUGH) {
            assertThat(tally.missing()).as("what never happened").isEmpty();
        }
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        for (long seed = 1; seed <= 5; seed++) {
            assertThat(Simulation.trace(seed, Setup.WHOLE)).isEqualTo(Simulation.trace(seed, Setup.WHOLE));
        }
    }

    @ParameterizedTest(name = "without {0}: {1}")
    @MethodSource("guards")
    void withoutAGuardItFails(Guard guard, Invariant expected) {
        assertThat(broken(new Setup(Guards.without(guard), Breach.NONE), EnumSet.of(expected)))
                .contains(expected);
    }

    static Stream<Arguments> guards() {
        return Stream.of(Guard.values())
                .map(guard -> arguments(
                        guard,
                        switch (guard) {
                            case ATTEMPT_FENCE -> Invariant.OLD_RESULT;
                            case OWNERSHIP -> Invariant.FOREIGN_RESULT;
                            case ONCE_ONLY -> Invariant.EFFECT_ONCE;
                            case HONEST_STOP -> Invariant.EFFECT_TOLD;
                            case ECHO, MASS_SILENCE -> Invariant.ONE_LIVING_OWNER;
                            case PINNED_TOOL -> Invariant.PINNED_TOOL;
                            case SEAL_TRACES -> Invariant.SAME_EVENTS;
                            case ATTEMPT_BOUND -> Invariant.ATTEMPTS_BOUNDED;
                            case ONE_TURN -> Invariant.ONE_LINE;
                            case ONE_REPAIR -> Invariant.REPAIRED_ONCE;
                            case DEADLINE -> Invariant.ENDS_IN_TIME;
                            case UNLISTED -> Invariant.NOT_FORGOTTEN;
                            case ANSWERED_ONCE -> Invariant.APPROVED_ONCE;
                        }));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("breaches")
    void whenAnotherPartBreaksItsRuleItFails(Breach breach, Set<Invariant> expected) {
        assertThat(broken(new Setup(Guards.ALL, breach), expected)).containsAll(expected);
    }

    static Stream<Arguments> breaches() {
        return Stream.of(Breach.values())
                .filter(breach -> breach != Breach.NONE)
                .map(breach -> arguments(
                        breach,
                        switch (breach) {
                            case NONE -> EnumSet.noneOf(Invariant.class);
                            case RUNS_WHAT_IT_REFUSED -> EnumSet.of(Invariant.EFFECT_ONCE);
                            case RESULT_BEFORE_FRAMES, READER_WAITS_FOR_NO_CUT -> EnumSet.of(Invariant.SAME_EVENTS);
                            case RESULT_SAYS_MORE -> EnumSet.of(Invariant.OUTPUT);
                            case STATE_WITHOUT_EVENTS -> EnumSet.of(Invariant.STATE_IS_FOLD);
                            case EVENTS_WITHOUT_STATE ->
                                EnumSet.of(
                                        Invariant.ATTEMPTS_RISE,
                                        Invariant.ENDS_ONCE,
                                        Invariant.STEP_ENDS_FIRST,
                                        Invariant.NOTHING_AFTER_STOP);
                        }));
    }

    /** What breaks, run by run, until all of the expected has. */
    private static Set<Invariant> broken(Setup setup, Set<Invariant> expected) {
        Set<Invariant> broken = EnumSet.noneOf(Invariant.class);
        for (long seed = 1; seed <= SHOWS_WITHIN && !broken.containsAll(expected); seed++) {
            try {
                Simulation.run(seed, setup);
            } catch (BrokenInvariantException e) {
                broken.add(e.invariant);
            }
        }
        return broken;
    }

    private static Tally run(long seed) {
        try {
            return Simulation.run(seed, Setup.WHOLE);
        } catch (RuntimeException e) {
            List<String> trace = Simulation.trace(seed, Setup.WHOLE);
            throw new AssertionError(
                    "seed %d, replayed by -Dsimulation.seed=%d: %s%n%s"
                            .formatted(
                                    seed,
                                    seed,
                                    e.getMessage(),
                                    String.join("\n", trace.subList(Math.max(0, trace.size() - LINES), trace.size()))),
                    e);
        }
    }
}
