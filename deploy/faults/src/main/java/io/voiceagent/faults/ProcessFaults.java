package io.voiceagent.faults;

import io.voiceagent.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Processes of the pipeline that are killed or stopped at named points, one after the other, against one running pipeline. */
final class ProcessFaults implements Suite {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessFaults.class);
    /** Of an effect: whoever dies in between does not know. */
    private static final Duration EFFECT_TAKES = Duration.ofMillis(400);

    @Override
    public String name() {
        return "processes";
    }

    @Override
    public List<String> run(Settings settings, Consumer<String> section) throws IOException {
        List<Fault> all = FaultPlan.of(settings.seed());
        FaultTable table = new FaultTable(all, settings.earlier());
        List<Fault> plan = settings.onlyUntried()
                ? all.stream().filter(fault -> !table.has(fault)).toList()
                : FaultPlan.only(all, settings.words().toArray(String[]::new));
        LOG.info("{} faults", plan.size());
        long began = System.nanoTime();
        return run(
                settings.directory(),
                plan,
                settings.customers(),
                settings.most(),
                table,
                () -> section.accept(table.page(settings.seed(), Duration.ofNanos(System.nanoTime() - began))));
    }

    /**
     * Tries the faults.
     *
     * @param after run after each fault
     * @return the rules that were broken, in words
     */
    static List<String> run(
            Path directory, List<Fault> plan, int customers, Duration most, FaultTable table, Runnable after)
            throws IOException {
        List<String> breaches = new ArrayList<>();
        long end = System.nanoTime() + most.toNanos();
        AtomicInteger numbers = new AtomicInteger();
        try (EffectServer effects = EffectServer.start(EFFECT_TAKES);
                Cluster cluster = Cluster.start(directory, SimulatorOptions.defaults());
                WebhookReceiver webhooks = WebhookReceiver.start(cluster, directory)) {
            cluster.set("TRACE_SAMPLE_RATE", "0");
            Fleet fleet = Fleet.start(cluster, effects);
            Cluster.awaitTools(fleet.apis().toArray(ApiClient[]::new));
            Checker checker = new Checker(cluster, effects);
            List<Accepted> turns = new ArrayList<>();
            for (Fault fault : plan) {
                if (System.nanoTime() > end) {
                    LOG.warn("No time is left for {} and those after it", fault);
                    break;
                }
                Batch.Result batch = Batch.run(fleet, fault, customers, numbers);
                Verdict verdict = checker.check(batch, fleet.wellApis());
                table.add(fault, batch.reached(), verdict);
                turns.addAll(batch.turns());
                LOG.info(
                        "{}{}: {} accepted, {} ended, {} held {}, {} extra model calls, {} breaches",
                        fault,
                        batch.reached() ? "" : " (not reached)",
                        verdict.accepted(),
                        verdict.ended(),
                        verdict.held().size(),
                        verdict.held().isEmpty() ? "" : verdict.held().getLast() + " ms",
                        verdict.extraModelCalls(),
                        verdict.breaches().size());
                verdict.breaches().forEach(breach -> breaches.add(fault + ": " + breach));
                verdict.breaches().forEach(breach -> LOG.error("{}", breach));
                after.run();
            }
            List<String> archive = ArchiveCheck.run(cluster, turns);
            LOG.info("{} turns compared with the archive, {} breaches", turns.size(), archive.size());
            breaches.addAll(archive);
            List<String> untold = webhooks.check(turns);
            LOG.info("{} breaches about webhooks, {} doubled", untold.size(), webhooks.doubled());
            breaches.addAll(untold);
            table.ledgers(turns.size(), archive.size(), untold.size(), webhooks.doubled());
            after.run();
        }
        return breaches;
    }
}
