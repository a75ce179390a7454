package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.ToolDescription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One run: some turns, the real rules of orchestrator, worker and reader, and a world in which nearly everything goes wrong that the
 * transport permits. The same seed gives the same run.
 */
final class Simulation {
    /** No run takes longer than this, virtual milliseconds. */
    private static final long LONGEST = 400_000;
    /** After the last turn's end, late records may still come, milliseconds. */
    private static final long AFTERMATH = 8_000;

    /**
     * What is taken out.
     *
     * @param guards rules of the orchestrator
     * @param breach rule of another part
     * @param without trouble that there is none of
     * @param turns that a client begins of itself, at the most
     */
    record Setup(Guards guards, Breach breach, Set<Trouble> without, int turns) {
        static final Setup WHOLE = of(Guards.ALL, Breach.NONE);
        /** More than any client begins. */
        static final int ALL_TURNS = 20;

        static Setup of(Guards guards, Breach breach) {
            return new Setup(guards, breach, Set.of(), ALL_TURNS);
        }

        Setup with(Set<Trouble> none, int most) {
            return new Setup(guards, breach, none, most);
        }
    }

    final World world;
    final Setup setup;
    final Weather weather;
    final Limits limits;
    final Logs logs;
    final Truth truth;
    final Scripts scripts;
    final Invariants invariants;
    final Map<String, ToolDescription> catalogue = new LinkedHashMap<>();
    private final Partition partition = new Partition();
    private SimulatedOrchestrator orchestrator;
    private int orchestrators;
    private final SimulatedClient client;
    private final List<SimulatedWorker> workers = new ArrayList<>();
    private final Map<String, SimulatedWorker> byIncarnation = new LinkedHashMap<>();
    private int born;
    private int toolVersion = 1;

    private Simulation(long seed, Setup setup, boolean tracing) {
        this.world = new World(seed, tracing);
        this.setup = setup;
        this.weather = Weather.of(world).without(setup.without());
        this.limits = new Limits(3, 4, 250, 5_000, 100, world.chance(0.5) ? 10_000 : 30_000, 3_000, 128_000, 20_000);
        this.logs = new Logs(world);
        this.truth = new Truth(world);
        this.scripts = new Scripts(world, weather);
        this.invariants = new Invariants(this);
        describeTools();
        this.orchestrator = new SimulatedOrchestrator(this, partition, 0);
        boolean many = weather.silences() > 0;
        spawn(Stage.LLM, world.between(many ? 2 : 1, many ? 4 : 3));
        spawn(Stage.TOOL, world.between(many ? 2 : 1, 3));
        this.client = new SimulatedClient(this);
        brewTrouble();
    }

    /**
     * Runs to the end.
     *
     * @return what happened
     * @throws BrokenInvariantException at the first thing that must not be
     */
    static Tally run(long seed, Setup setup) {
        return new Simulation(seed, setup, false).run();
    }

    /** The same run, told line by line. */
    static List<String> trace(long seed, Setup setup) {
        Simulation simulation = new Simulation(seed, setup, true);
        try {
            simulation.run();
            simulation.world.trace(() -> "all is well: " + simulation.world.tally);
        } catch (RuntimeException e) {
            simulation.world.trace(e::toString);
        }
        return simulation.world.trace;
    }

    private Tally run() {
        long quietSince = -1;
        while (world.step()) {
            if (!client.done()) {
                quietSince = -1;
                if (world.elapsed() > LONGEST) {
                    throw new BrokenInvariantException(
                            Invariant.ENDS_IN_TIME, "after " + LONGEST + " ms still open: " + client.open());
                }
            } else if (quietSince < 0) {
                quietSince = world.now();
            } else if (world.now() - quietSince > AFTERMATH) {
                break;
            }
        }
        invariants.atTheEnd(orchestrator.states());
        return world.tally;
    }

    // ---- what happens

    void committed(StepEvent event) {
        invariants.committed(event, orchestrator.absent());
        client.committed(event);
    }

    /** The one that has the partition; null before the first. */
    SimulatedOrchestrator orchestrator() {
        return orchestrator;
    }

    String nextOrchestrator() {
        return "orchestrator-" + ++orchestrators;
    }

    /** Another orchestrator takes the partition. */
    void replace(long absent) {
        // The one before it knows from here on that it is not the one any more
        orchestrator = null;
        orchestrator = new SimulatedOrchestrator(this, partition, absent);
    }

    /** What the client has submitted under that id; null: nothing. */
    Request.Submit submitted(String id) {
        return client.submitted(id);
    }

    long orchestratorBegan() {
        return orchestrator.began();
    }

    SimulatedWorker worker(String incarnation) {
        return byIncarnation.get(incarnation);
    }

    private void describeTools() {
        Stream.of(Fixtures.PURE, Fixtures.ONCE, Fixtures.SEARCH)
                .forEach(tool -> catalogue.put(tool.name(), Scripts.version(tool, toolVersion)));
    }

    private void spawn(Stage stage, int number) {
        for (int i = 0; i < number; i++) {
            String incarnation = stage.name().toLowerCase(java.util.Locale.ROOT) + "-" + ++born;
            Map<String, String> tools = stage == Stage.LLM
                    ? Map.of()
                    : catalogue.values().stream()
                            .collect(Collectors.toMap(ToolDescription::name, ToolDescription::hash));
            SimulatedWorker worker = new SimulatedWorker(this, incarnation, stage, tools);
            workers.add(worker);
            byIncarnation.put(incarnation, worker);
        }
    }

    private void brewTrouble() {
        repeat(weather.crashes(), this::crashOne);
        repeat(weather.pauses(), this::pauseOne);
        repeat(weather.drains(), this::drainOne);
        repeat(weather.pauses(), this::silenceOne);
        repeat(weather.silences(), this::silenceMany);
        repeat(weather.orchestratorCrashes(), () -> orchestrator.crash(world.between(100, 8_000)));
        repeat(weather.orchestratorPauses(), () -> orchestrator.pause(world.between(300, 12_000)));
        if (world.chance(0.3)) {
            repeat(1, this::redeployTools);
        }
    }

    private void repeat(int times, Runnable trouble) {
        for (int i = 0; i < times; i++) {
            world.after(world.between(2_000, 45_000), trouble);
        }
    }

    private List<SimulatedWorker> living() {
        return workers.stream().filter(SimulatedWorker::alive).toList();
    }

    /** Prefers one that has work. */
    private SimulatedWorker victim() {
        List<SimulatedWorker> living = living();
        List<SimulatedWorker> busy =
                living.stream().filter(worker -> !worker.running.isEmpty()).toList();
        return living.isEmpty() ? null : world.oneOf(busy.isEmpty() ? living : busy);
    }

    private void crashOne() {
        SimulatedWorker victim = victim();
        if (victim != null) {
            world.tally.count(Happening.WORKER_CRASH);
            world.trace(() -> victim.incarnation + " crashes");
            victim.crash();
            replace(victim);
        }
    }

    private void replace(SimulatedWorker gone) {
        world.after(world.between(300, 7_000), () -> spawn(gone.stage, 1));
    }

    private void pauseOne() {
        SimulatedWorker victim = victim();
        if (victim != null) {
            int millis = world.chance(0.3) ? world.between(200, 5_000) : world.between(5_000, 14_000);
            world.tally.count(Happening.WORKER_PAUSE);
            world.trace(() -> victim.incarnation + " sleeps for " + millis);
            victim.pause(millis);
        }
    }

    private void drainOne() {
        SimulatedWorker victim = victim();
        if (victim != null) {
            world.tally.count(Happening.WORKER_DRAINED);
            world.trace(() -> victim.incarnation + " drains");
            victim.drain();
            replace(victim);
        }
    }

    private void silenceOne() {
        SimulatedWorker victim = victim();
        if (victim != null) {
            int millis = world.between(1_000, 9_000);
            world.trace(() -> victim.incarnation + " falls silent for " + millis);
            victim.silence(millis);
        }
    }

    private void silenceMany() {
        // Whoever leaves is not missed
        List<SimulatedWorker> living =
                living().stream().filter(worker -> !worker.leaves()).toList();
        int number = Math.min(living.size(), world.between(3, 6));
        if (number < 3) {
            return;
        }
        int millis = world.between(5_500, 9_000);
        Set<String> silent = new LinkedHashSet<>();
        for (int i = 0; i < number; i++) {
            SimulatedWorker worker = living.get(i);
            worker.silence(millis);
            silent.add(worker.incarnation);
        }
        world.tally.count(Happening.MANY_SILENT);
        world.trace(() -> silent + " fall silent for " + millis);
        invariants.manySilent(silent);
    }

    private void redeployTools() {
        toolVersion++;
        describeTools();
        world.trace(() -> "tools of version " + toolVersion);
        spawn(Stage.TOOL, 1);
    }
}
