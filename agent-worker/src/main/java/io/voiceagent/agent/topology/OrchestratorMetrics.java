package io.voiceagent.agent.topology;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.voiceagent.agent.core.Decision;
import io.voiceagent.agent.core.Watch;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.transport.telemetry.TenantMeters;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.streams.processor.TaskId;

/** The orchestrator's meters; as Prometheus shows them, {@code voice_agent_…}. A decision that is rolled back is counted all the same. */
public final class OrchestratorMetrics {
    /** What one partition of the orchestrator has to do. */
    private record Load(int open, int waitingModel, int waitingTool) {}

    private final MeterRegistry registry;
    private final Map<TaskId, Load> loads = new ConcurrentHashMap<>();
    private final Map<Status, Timer> turns = new EnumMap<>(Status.class);
    private final Map<Stage, Timer> waits = new EnumMap<>(Stage.class);
    private final Stalls stalls = new Stalls();
    private final Timer accepted;
    private final Timer decisions;
    private final Counter refused;
    private final Counter deadLetters;
    private final Counter aborted;

    public OrchestratorMetrics(MeterRegistry registry) {
        this.registry = registry;
        for (Status status : Status.values()) {
            turns.put(
                    status,
                    Timer.builder("voice.agent.turns")
                            .description("Turns that ended, and how long they took from their submission")
                            .tag("status", name(status))
                            .publishPercentileHistogram()
                            .minimumExpectedValue(Duration.ofMillis(50))
                            .maximumExpectedValue(Duration.ofMinutes(10))
                            .register(registry));
        }
        for (Stage stage : Stage.values()) {
            waits.put(
                    stage,
                    histogram(
                                    "voice.agent.calls.wait",
                                    "From when an attempt could begin to when a worker was given it")
                            .tag("stage", name(stage))
                            .register(registry));
        }
        accepted = histogram("voice.agent.accept", "From the submission of a turn to its acceptance")
                .register(registry);
        decisions = Timer.builder("voice.agent.decision")
                .description("Time to decide, and to hand the records on")
                .publishPercentiles(0.5, 0.99)
                .register(registry);
        refused = Counter.builder("voice.agent.results.refused")
                .description("Results of attempts that were no longer awaited")
                .register(registry);
        deadLetters = Counter.builder("voice.agent.orchestrator.dead.letters")
                .description("Records that the orchestrator could not read")
                .register(registry);
        aborted = Counter.builder("voice.agent.turns.aborted")
                .description("Turns that ended because a record was too large or a decision failed")
                .register(registry);
        Gauge.builder("voice.agent.turns.open", () -> sum(Load::open))
                .description("Turns that are accepted and have not ended")
                .register(registry);
        waiting(Stage.LLM, Load::waitingModel);
        waiting(Stage.TOOL, Load::waitingTool);
    }

    /** A status as tags and attributes have it. */
    static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    void decided(Decision decision, long nanos) {
        decisions.record(Duration.ofNanos(nanos));
        if (decision.refused()) {
            refused.increment();
        }
        for (StepEvent event : decision.events()) {
            switch (event) {
                case StepEvent.CallAssigned assigned ->
                    registry.counter("voice.agent.attempts", "stage", name(assigned.stage()))
                            .increment();
                case StepEvent.AttemptEnded ended ->
                    registry.counter("voice.agent.attempts.ended", "reason", ended.reason())
                            .increment();
                case StepEvent.Repeated repeated ->
                    registry.counter(
                                    "voice.agent.submissions.repeated",
                                    "outcome",
                                    repeated.same() ? "same" : "conflict")
                            .increment();
                case StepEvent.Refused refused ->
                    registry.counter(
                                    "voice.agent.submissions.refused",
                                    "code",
                                    refused.error().code())
                            .increment();
                case StepEvent.Deleted _ ->
                    registry.counter("voice.agent.responses.deleted").increment();
                case StepEvent.Accepted _,
                        StepEvent.Moved _,
                        StepEvent.Started _,
                        StepEvent.OfConversation _,
                        StepEvent.StepStarted _,
                        StepEvent.CallEnded _,
                        StepEvent.StopRequested _,
                        StepEvent.StepEnded _,
                        StepEvent.Ended _ -> {}
            }
        }
    }

    /** Who is told of each record that is taken. */
    Stalls stalls() {
        return stalls;
    }

    void ended(StepEvent.Ended ended, long submittedAt) {
        Timer timer = turns.get(ended.status());
        if (timer != null) {
            timer.record(Duration.ofMillis(Math.max(0, ended.at() - submittedAt)));
        }
    }

    /** @param waited since the attempt could begin, milliseconds */
    void assigned(Stage stage, long waited) {
        Timer timer = waits.get(stage);
        if (timer != null) {
            timer.record(Duration.ofMillis(Math.max(0, waited)));
        }
    }

    void accepted(StepEvent.Accepted event) {
        accepted.record(Duration.ofMillis(Math.max(0, event.at() - event.submittedAt())));
    }

    /** @param appendedAt when the record was written, milliseconds since the epoch by the broker's clock */
    void read(String topic, int partition, long appendedAt, long now) {
        stalls.taken(topic, partition, now);
        histogram("voice.agent.orchestrator.record.age", "Age of a record when the orchestrator takes it")
                .tag("topic", topic)
                .register(registry)
                .record(Duration.ofMillis(Math.max(0, now - appendedAt)));
    }

    /** @param dollars of all model calls of a turn that has ended; the model has a price, so there are not many */
    void cost(String model, double dollars) {
        Counter.builder("voice.agent.cost")
                .description("What model calls cost, US dollars")
                .tag("model", model)
                .register(registry)
                .increment(dollars);
    }

    /** @param dollars of all model calls of a turn of that tenant */
    void costOf(String tenant, double dollars) {
        Counter.builder(TenantMeters.PREFIX + "cost")
                .description("What model calls cost by tenant, US dollars")
                .tag(TenantMeters.TENANT, tenant)
                .register(registry)
                .increment(dollars);
    }

    /** A turn of that tenant has ended. */
    void endedOf(String tenant, Status status) {
        Counter.builder(TenantMeters.PREFIX + "turns")
                .description("Turns that ended, by tenant")
                .tags(TenantMeters.TENANT, tenant, "status", name(status))
                .register(registry)
                .increment();
    }

    void leaseExpired() {
        registry.counter("voice.agent.lease.expiries").increment();
    }

    void deadLetter() {
        deadLetters.increment();
    }

    void aborted() {
        aborted.increment();
    }

    void load(TaskId task, Watch watch) {
        loads.put(task, new Load(watch.open(), watch.waiting(Stage.LLM), watch.waiting(Stage.TOOL)));
    }

    void closed(TaskId task) {
        loads.remove(task);
    }

    private static Timer.Builder histogram(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(2));
    }

    private void waiting(Stage stage, java.util.function.ToIntFunction<Load> count) {
        Gauge.builder("voice.agent.calls.waiting", () -> sum(count))
                .description("Calls that wait for a worker with a free slot")
                .tag("stage", name(stage))
                .register(registry);
    }

    private int sum(java.util.function.ToIntFunction<Load> count) {
        return loads.values().stream().mapToInt(count).sum();
    }
}
