package io.voiceagent.faults;

import io.voiceagent.simulator.SimulatorOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Processes that are told to end while turns run, as each deployment tells them, and started again. */
final class DrainFaults implements Suite {
    private static final Logger LOG = LoggerFactory.getLogger(DrainFaults.class);
    private static final Duration EFFECT_TAKES = Duration.ofMillis(400);

    /**
     * What one drill did.
     *
     * @param ended how long the process took to end, the longest of several
     */
    record Outcome(Drill drill, Verdict verdict, Waits waits, Duration ended) {}

    private record Span(long began, long over, Duration ended) {}

    @Override
    public String name() {
        return "drain";
    }

    @Override
    public List<String> run(Settings settings, Consumer<String> section) throws IOException {
        List<Drill> plan = Drill.all().stream()
                .filter(drill ->
                        settings.words().isEmpty() || settings.words().stream().anyMatch(drill.name()::contains))
                .toList();
        long began = System.nanoTime();
        List<String> breaches = new ArrayList<>();
        List<Outcome> outcomes = new ArrayList<>();
        try (EffectServer effects = EffectServer.start(EFFECT_TAKES);
                Cluster cluster = Cluster.start(settings.directory(), SimulatorOptions.defaults());
                WebhookReceiver webhooks = WebhookReceiver.start(cluster, settings.directory())) {
            cluster.set("TRACE_SAMPLE_RATE", "0");
            Fleet fleet = Fleet.startWithArchiver(cluster, effects);
            Cluster.awaitTools(fleet.apis().toArray(ApiClient[]::new));
            Checker checker = new Checker(cluster, effects);
            AtomicInteger numbers = new AtomicInteger();
            List<Accepted> turns = new ArrayList<>();
            long last = System.nanoTime() + settings.most().toNanos();
            for (Drill drill : plan) {
                if (System.nanoTime() > last) {
                    LOG.warn("No time is left for {} and those after it", drill.name());
                    break;
                }
                prepare(cluster, fleet, drill);
                AtomicReference<Span> span = new AtomicReference<>(new Span(0, 0, Duration.ZERO));
                Batch.Result batch =
                        Batch.run(fleet, () -> measured(fleet, drill, span), settings.customers(), numbers);
                Verdict verdict = checker.check(batch, fleet.wellApis());
                Span when = Objects.requireNonNull(span.get());
                Outcome outcome =
                        new Outcome(drill, verdict, Waits.of(batch.turns(), when.began(), when.over()), when.ended());
                outcomes.add(outcome);
                turns.addAll(batch.turns());
                tell(outcome, batch.refusals());
                breaches.addAll(broken(outcome));
                section.accept(DrainTable.section(outcomes, System.nanoTime() - began, ""));
            }
            List<String> archive = ArchiveCheck.compare(cluster, turns);
            List<String> untold = webhooks.check(turns);
            breaches.addAll(archive);
            breaches.addAll(untold);
            section.accept(DrainTable.section(
                    outcomes,
                    System.nanoTime() - began,
                    "Of %d turns the archive has %d otherwise; webhooks did not tell of %d, and told of %d again.%n%n"
                            .formatted(turns.size(), archive.size(), untold.size(), webhooks.doubled())));
        }
        return breaches;
    }

    /** A grace time is read at the start of a process. */
    private static void prepare(Cluster cluster, Fleet fleet, Drill drill) {
        Role role = drill.role();
        if (role != null && drill.grace() != null) {
            cluster.set(Fleet.name(role, 1), "DRAIN_SECONDS", String.valueOf(drill.grace()));
            fleet.drain(role, 1);
            fleet.restart(role, 1);
            cluster.set(Fleet.name(role, 1), "DRAIN_SECONDS", "25");
        }
    }

    private static long measured(Fleet fleet, Drill drill, AtomicReference<Span> span) {
        long began = System.nanoTime();
        Duration ended = drill.doing().apply(fleet);
        span.set(new Span(began, System.nanoTime(), ended));
        return began;
    }

    private static List<String> broken(Outcome outcome) {
        List<String> broken = new ArrayList<>();
        Verdict verdict = outcome.verdict();
        verdict.breaches().forEach(broken::add);
        if (!outcome.drill().handsBack()) {
            if (verdict.extraModelCalls() > 0) {
                broken.add(verdict.extraModelCalls() + " calls of the model were run twice");
            }
            if (verdict.repeatedEffects() > 0 || verdict.unknownOutcomes() > 0) {
                broken.add("%d effects were repeated, %d calls have an unknown outcome"
                        .formatted(verdict.repeatedEffects(), verdict.unknownOutcomes()));
            }
        }
        broken.forEach(breach -> LOG.error("{}", breach));
        return broken.stream()
                .map(breach -> outcome.drill().name() + ": " + breach)
                .toList();
    }

    private static void tell(Outcome outcome, Refusals refusals) {
        Verdict verdict = outcome.verdict();
        LOG.info(
                "{}: ended in {} s; {} accepted, {} ended, {} extra model calls, {} unknown; waits for tokens {}, events {}; refusals: {}",
                outcome.drill().name(),
                String.format(Locale.ROOT, "%.1f", outcome.ended().toMillis() / 1000.0),
                verdict.accepted(),
                verdict.ended(),
                verdict.extraModelCalls(),
                verdict.unknownOutcomes(),
                Waits.text(outcome.waits().tokens()),
                Waits.text(outcome.waits().events()),
                refusals.text());
    }
}
