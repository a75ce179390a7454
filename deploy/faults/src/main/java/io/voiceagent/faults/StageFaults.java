package io.voiceagent.faults;

import io.voiceagent.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Faults of the model, of tools, of records, of clocks and of clients, one after the other, against one running pipeline. */
final class StageFaults implements Suite {
    private static final Logger LOG = LoggerFactory.getLogger(StageFaults.class);
    private static final Duration EFFECT_TAKES = Duration.ofMillis(100);
    /** A model that hangs is to be noticed within the time of a test. */
    private static final Map<String, String> IMPATIENT = Map.of(
            "LLM_FIRST_TOKEN_TIMEOUT_SECONDS", "3",
            "LLM_IDLE_TIMEOUT_SECONDS", "3",
            "LLM_RETRY_SECONDS", "10",
            "LLM_MAX_OUTPUT_CHARS", "100000",
            "TRACE_SAMPLE_RATE", "0");

    @Override
    public String name() {
        return "stages";
    }

    @Override
    public List<String> run(Settings settings, Consumer<String> section) throws IOException {
        List<StageRow> plan = StagePlan.only(StagePlan.all(), settings.words());
        LOG.info("{} faults", plan.size());
        long began = System.nanoTime();
        StageTable table = new StageTable(plan);
        return run(
                settings.directory(),
                plan,
                settings,
                table,
                () -> section.accept(table.page(settings.seed(), Duration.ofNanos(System.nanoTime() - began))));
    }

    /**
     * Tries the faults.
     *
     * @param after run after each fault
     * @return the rules that were broken, in words
     */
    static List<String> run(Path directory, List<StageRow> plan, Settings settings, StageTable table, Runnable after)
            throws IOException {
        List<String> breaches = new ArrayList<>();
        long end = System.nanoTime() + settings.most().toNanos();
        AtomicInteger numbers = new AtomicInteger();
        try (EffectServer effects = EffectServer.start(EFFECT_TAKES);
                Cluster cluster = Cluster.start(directory, SimulatorOptions.defaults())) {
            IMPATIENT.forEach(cluster::set);
            Fleet fleet = Fleet.start(cluster, effects);
            Cluster.awaitTools(fleet.apis().toArray(ApiClient[]::new));
            Checker checker = new Checker(cluster, effects);
            for (StageRow row : plan) {
                if (row.untried() != null) {
                    continue;
                }
                if (System.nanoTime() > end) {
                    LOG.warn("No time is left for \"{}\" and those after it", row.name());
                    break;
                }
                StageRow.Ground ground = new StageRow.Ground(
                        cluster,
                        fleet,
                        settings.customers(),
                        settings.seed(),
                        numbers,
                        new Refusals(),
                        Collections.synchronizedList(new ArrayList<>()),
                        new ConcurrentHashMap<>());
                Verdict verdict = tried(row, ground, checker, table);
                verdict.breaches().forEach(breach -> breaches.add(row.name() + ": " + breach));
                verdict.breaches().forEach(breach -> LOG.error("{}", breach));
                after.run();
            }
            fleet.awaitAll();
        }
        return breaches;
    }

    private static Verdict tried(StageRow row, StageRow.Ground ground, Checker checker, StageTable table)
            throws IOException {
        List<Accepted> turns;
        try {
            turns = row.body().run(ground);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(row.name(), e);
        }
        Verdict verdict = checker.check(
                new Batch.Result(0, turns, ground.refusals(), ground.refused()),
                ground.fleet().wellApis());
        table.add(row, verdict, turns, ground.notes());
        LOG.info(
                "{}: {} accepted, {} ended, {} extra model calls, {}, {} breaches",
                row.name(),
                verdict.accepted(),
                verdict.ended(),
                verdict.extraModelCalls(),
                ground.notes(),
                verdict.breaches().size());
        return verdict;
    }
}
