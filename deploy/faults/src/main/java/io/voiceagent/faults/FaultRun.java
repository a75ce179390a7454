package io.voiceagent.faults;

import io.voiceagent.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries faults one after the other against one running pipeline, and writes the table. */
public final class FaultRun {
    private static final Logger LOG = LoggerFactory.getLogger(FaultRun.class);
    /** Of an effect: whoever dies in between does not know. */
    private static final Duration EFFECT_TAKES = Duration.ofMillis(400);

    private FaultRun() {}

    /**
     * Arguments: directory for data and logs, file for the table, seed, minutes after which no further fault begins, customers, and words
     * that name the faults to be tried (none: all). Ends with 1 when a rule was broken.
     */
    public static void main(String[] args) throws IOException {
        long seed = Long.parseLong(args[2]);
        List<Fault> plan = FaultPlan.only(FaultPlan.of(seed), Arrays.copyOfRange(args, 5, args.length));
        Duration most = Duration.ofMinutes(Long.parseLong(args[3]));
        LOG.info("Seed {}: {} faults", seed, plan.size());
        long began = System.nanoTime();
        FaultTable table = new FaultTable(plan);
        List<String> breaches = run(
                Path.of(args[0]),
                plan,
                Integer.parseInt(args[4]),
                most,
                table,
                () -> write(table, args[1], seed, began));
        breaches.forEach(breach -> LOG.error("{}", breach));
        System.exit(breaches.isEmpty() ? 0 : 1);
    }

    private static void write(FaultTable table, String file, long seed, long began) {
        try {
            table.write(Path.of(file), seed, Duration.ofNanos(System.nanoTime() - began));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
