package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Simulation.Setup;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A run that breaks the same invariant as a longer one, with as little trouble and as few turns as were found to do.
 *
 * @param broken what it breaks
 */
record Shrunk(long seed, Setup setup, BrokenInvariantException broken) {
    /** Less of anything is another run, which may have to be looked for. */
    private static final int SEEDS = 40;

    /** Takes out what is not needed, one after the other. */
    static Shrunk of(long seed, Setup setup, BrokenInvariantException broken) {
        Shrunk smallest = new Shrunk(seed, setup, broken);
        for (Trouble trouble : Trouble.values()) {
            Set<Trouble> less = EnumSet.noneOf(Trouble.class);
            less.addAll(smallest.setup.without());
            less.add(trouble);
            smallest = smallest.tried(setup.with(less, setup.turns()));
        }
        for (int turns = 1; turns < Setup.ALL_TURNS && smallest.setup.turns() == setup.turns(); turns++) {
            smallest = smallest.tried(setup.with(smallest.setup.without(), turns));
        }
        return smallest;
    }

    private Shrunk tried(Setup less) {
        for (int i = 0; i < SEEDS; i++) {
            try {
                Simulation.run(seed + i, less);
            } catch (BrokenInvariantException e) {
                if (e.invariant == broken.invariant) {
                    return new Shrunk(seed + i, less, e);
                }
            }
        }
        return this;
    }

    /** The properties that replay it. */
    String properties() {
        String none = setup.without().stream().map(Trouble::name).collect(Collectors.joining(","));
        return "-Dsimulation.seed=%d".formatted(seed)
                + (none.isEmpty() ? "" : " -Dsimulation.without=" + none)
                + (setup.turns() == Setup.ALL_TURNS ? "" : " -Dsimulation.turns=" + setup.turns());
    }
}
