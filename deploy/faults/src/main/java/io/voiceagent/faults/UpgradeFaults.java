package io.voiceagent.faults;

import io.voiceagent.simulator.SimulatorOptions;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An older version and this one side by side on the same topics and state: forward and back, process by process, while turns run. What
 * clients see of a turn must not depend on which of the two they ask.
 */
final class UpgradeFaults implements Suite {
    /** System property: the file that has the older version's class path. */
    static final String OLD = "voiceagent.faults.old";
    /** System property: what the older version is called. */
    static final String OLD_NAME = "voiceagent.faults.old.name";

    private static final Logger LOG = LoggerFactory.getLogger(UpgradeFaults.class);
    private static final Duration EFFECT_TAKES = Duration.ofMillis(400);
    private static final Duration SIDE_BY_SIDE = Duration.ofSeconds(10);

    /** Readers come first: what a writer of the new version writes can be read by then. */
    private static final List<Role> FORWARD = List.of(Role.INGRESS, Role.ORCHESTRATOR, Role.TOOL, Role.LLM);

    /**
     * One part of the way.
     *
     * @param number which process of each role is exchanged; 0: none
     * @param forward to this version, or back to the older one
     */
    record Stage(String name, int number, boolean forward) {}

    static final List<Stage> STAGES = List.of(
            new Stage("older version alone", 0, false),
            new Stage("forward, the first of each role", 1, true),
            new Stage("side by side", 0, true),
            new Stage("forward, the second of each role", 2, true),
            new Stage("back, the second of each role", 2, false),
            new Stage("back, the first of each role", 1, false));

    /** What one part did. */
    record Outcome(Stage stage, Verdict verdict, Waits waits) {}

    @Override
    public String name() {
        return "upgrade";
    }

    @Override
    public List<String> run(Settings settings, Consumer<String> section) throws IOException {
        String file = System.getProperty(OLD, "");
        String version = System.getProperty(OLD_NAME, "older version");
        List<Outcome> outcomes = new ArrayList<>();
        if (file.isEmpty()) {
            LOG.warn("No older version is given: nothing is tried");
            section.accept(UpgradeTable.section("none given", outcomes, 0, ""));
            return List.of();
        }
        String old = otherClassPath(Path.of(file));
        long began = System.nanoTime();
        List<String> breaches = new ArrayList<>();
        try (EffectServer effects = EffectServer.start(EFFECT_TAKES);
                Cluster cluster = Cluster.start(settings.directory(), SimulatorOptions.defaults());
                WebhookReceiver webhooks = WebhookReceiver.start(cluster, settings.directory())) {
            cluster.set("TRACE_SAMPLE_RATE", "0");
            version(cluster, 1, old);
            version(cluster, 2, old);
            Fleet fleet = Fleet.start(cluster, effects);
            Cluster.awaitTools(fleet.apis().toArray(ApiClient[]::new));
            Checker checker = new Checker(cluster, effects);
            AtomicInteger numbers = new AtomicInteger();
            List<Accepted> turns = new ArrayList<>();
            for (Stage stage : STAGES) {
                long[] over = new long[1];
                Batch.Result batch = Batch.run(
                        fleet,
                        () -> {
                            long from = System.nanoTime();
                            exchange(cluster, fleet, stage, stage.forward() ? null : old);
                            over[0] = System.nanoTime();
                            return from;
                        },
                        settings.customers(),
                        numbers);
                Verdict verdict = checker.check(batch, fleet.wellApis());
                Waits waits = Waits.of(batch.turns(), batch.harmedNanos(), over[0]);
                outcomes.add(new Outcome(stage, verdict, waits));
                turns.addAll(batch.turns());
                LOG.info(
                        "{}: {} accepted, {} ended, {} extra model calls, {} breaches; waits for tokens {}, events {}",
                        stage.name(),
                        verdict.accepted(),
                        verdict.ended(),
                        verdict.extraModelCalls(),
                        verdict.breaches().size(),
                        Waits.text(waits.tokens()),
                        Waits.text(waits.events()));
                verdict.breaches().forEach(breach -> LOG.error("{}", breach));
                verdict.breaches().forEach(breach -> breaches.add(stage.name() + ": " + breach));
                section.accept(UpgradeTable.section(version, outcomes, System.nanoTime() - began, ""));
            }
            List<String> archive = ArchiveCheck.run(cluster, turns);
            List<String> untold = webhooks.check(turns);
            breaches.addAll(archive);
            breaches.addAll(untold);
            section.accept(UpgradeTable.section(
                    version,
                    outcomes,
                    System.nanoTime() - began,
                    "Of %d turns this version's archive, which read the logs afterwards, has %d otherwise; webhooks did not tell of %d, and told of %d again.%n%n"
                            .formatted(turns.size(), archive.size(), untold.size(), webhooks.doubled())));
        }
        return breaches;
    }

    private static void exchange(Cluster cluster, Fleet fleet, Stage stage, @Nullable String classPath) {
        if (stage.number() == 0) {
            Batch.sleep(SIDE_BY_SIDE);
            return;
        }
        version(cluster, stage.number(), classPath);
        for (Role role : stage.forward() ? FORWARD : FORWARD.reversed()) {
            fleet.drain(role, stage.number());
            fleet.restart(role, stage.number());
        }
    }

    private static void version(Cluster cluster, int number, @Nullable String classPath) {
        for (Role role : Role.values()) {
            cluster.version(Fleet.name(role, number), classPath);
        }
    }

    /** The older services, and after them the harness's own classes: its tool, and the main class that ends with the harness. */
    private static String otherClassPath(Path file) throws IOException {
        String own = UpgradeFaults.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        return Files.readString(file).strip() + File.pathSeparator + own;
    }
}
