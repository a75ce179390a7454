package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.agent.core.Simulation.Setup;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Thousands of turns in a world where everything fails that may fail. The property {@code simulation.seeds} sets how many runs there
 * are; {@code simulation.seed} runs a single one and tells it line by line, {@code simulation.without} and {@code simulation.turns} make that
 * one smaller, as a failure says.
 */
class SimulationTest {
    private static final int SEEDS = Integer.getInteger("simulation.seeds", 1_000);
    /** In so many runs everything happens at least once. */
    private static final int ENOUGH = 500;
    /** The whole has at least so many steps. */
    private static final long STEPS = 1_000_000;

    private static final int LINES = 80;
    private static final String REPLAY =
            "./mvnw -pl agent-worker -am test -Dtest=SimulationTest -Dsurefire.failIfNoSpecifiedTests=false ";

    @Test
    void whateverHappensTheInvariantsHold() {
        Long single = Long.getLong("simulation.seed");
        if (single != null) {
            replay(single);
            return;
        }
        Tally tally = new Tally();
        long began = System.nanoTime();
        for (long seed = 1; seed <= SEEDS; seed++) {
            tally.add(run(seed));
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf(
                "%d runs, %,d steps in %.1f s, %,.0f steps/s: %s%n",
                SEEDS, tally.steps(), seconds, tally.steps() / seconds, tally);
        if (SEEDS >= ENOUGH) {
            assertThat(tally.missing()).as("what never happened").isEmpty();
        }
        if (SEEDS >= 2 * ENOUGH) {
            assertThat(tally.steps()).isGreaterThanOrEqualTo(STEPS);
        }
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        for (long seed = 1; seed <= 5; seed++) {
            assertThat(Simulation.trace(seed, Setup.WHOLE)).isEqualTo(Simulation.trace(seed, Setup.WHOLE));
        }
    }

    @Test
    void whatFailsIsMadeSmallerAndStillFails() {
        Setup setup = Setup.of(Guards.ALL, Breach.FORGETS_SUBMISSIONS);
        BrokenInvariantException broken = Removal.firstOf(setup, Invariant.ONE_TURN_OF_A_KEY);

        Shrunk shrunk = Shrunk.of(1, setup, broken);

        assertThat(shrunk.setup().turns()).isEqualTo(1);
        assertThat(shrunk.setup().without()).isEqualTo(EnumSet.allOf(Trouble.class));
        assertThat(Simulation.trace(shrunk.seed(), shrunk.setup()).getLast()).contains("ONE_TURN_OF_A_KEY");
        assertThat(shrunk.properties()).contains("-Dsimulation.seed=", "-Dsimulation.without=FAILURES,", "turns=1");
    }

    private static void replay(long seed) {
        Set<Trouble> without = EnumSet.noneOf(Trouble.class);
        for (String name : System.getProperty("simulation.without", "").split(",")) {
            if (!name.isEmpty()) {
                without.add(Trouble.valueOf(name));
            }
        }
        Setup setup = Setup.WHOLE.with(without, Integer.getInteger("simulation.turns", Setup.ALL_TURNS));
        Simulation.trace(seed, setup).forEach(System.out::println);
        Simulation.run(seed, setup);
    }

    private static Tally run(long seed) {
        try {
            return Simulation.run(seed, Setup.WHOLE);
        } catch (BrokenInvariantException e) {
            throw failure(seed, Shrunk.of(seed, Setup.WHOLE, e), e);
        } catch (RuntimeException e) {
            throw failure(seed, new Shrunk(seed, Setup.WHOLE, null), e);
        }
    }

    private static AssertionError failure(long seed, Shrunk shrunk, RuntimeException e) {
        List<String> trace = Simulation.trace(shrunk.seed(), shrunk.setup());
        return new AssertionError(
                "seed %d: %s%nreplayed by%n  %s-Dsimulation.seed=%d%nsmaller:%n  %s%s%n%s"
                        .formatted(
                                seed,
                                e.getMessage(),
                                REPLAY,
                                seed,
                                REPLAY,
                                shrunk.properties(),
                                String.join("\n", trace.subList(Math.max(0, trace.size() - LINES), trace.size()))),
                e);
    }
}
