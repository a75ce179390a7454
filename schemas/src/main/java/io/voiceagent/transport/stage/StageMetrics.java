package io.voiceagent.transport.stage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Stage;
import io.voiceagent.transport.Records;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The meters of a stage, each with the tag {@code stage} ({@code llm} or {@code tool}). */
final class StageMetrics {
    private final MeterRegistry registry;
    private final Tags tags;
    private final Counter frames;
    private final Counter resends;
    private final Counter deadLetters;

    StageMetrics(MeterRegistry registry, Stage stage) {
        this.registry = registry;
        this.tags = Tags.of("stage", stage.name().toLowerCase(Locale.ROOT));
        this.frames = counter("voice.agent.stage.frames", "Frames sent to agent.stream");
        this.resends = counter("voice.agent.stage.resends", "Frames and results that had to be sent again");
        this.deadLetters =
                counter("voice.agent.stage.dead.letters", "Records of the calls topic that could not be read");
    }

    /** Registers the gauges, which ask the stage. */
    void gauges(int slots, Supplier<Number> held, Supplier<Duration> announcementAge) {
        Gauge.builder("voice.agent.stage.slots", () -> slots)
                .description("Calls at once at the most")
                .tags(tags)
                .register(registry);
        Gauge.builder("voice.agent.stage.calls.held", held)
                .description("Calls that run or whose result is not acknowledged")
                .tags(tags)
                .register(registry);
        TimeGauge.builder(
                        "voice.agent.stage.announcement.age",
                        () -> announcementAge.get().toMillis(),
                        TimeUnit.MILLISECONDS)
                .description("Since the last acknowledged announcement was sent")
                .tags(tags)
                .register(registry);
    }

    void frameSent() {
        frames.increment();
    }

    void sentAgain() {
        resends.increment();
    }

    void deadLetter() {
        deadLetters.increment();
    }

    /** An answer to a call: {@code completed}, {@code failed}, {@code stopped}, {@code busy} or {@code never_started}. */
    void answered(CallResult result) {
        Counter.builder("voice.agent.stage.results")
                .description("Answers to calls and stops")
                .tags(tags.and("type", Records.type(result)))
                .register(registry)
                .increment();
    }

    /** An attempt has ended after that time. */
    void ended(CallResult result, Duration time) {
        Timer.builder("voice.agent.stage.call.duration")
                .description("From start to end of an attempt")
                .tags(tags.and("type", Records.type(result)))
                .register(registry)
                .record(time);
    }

    void incarnationEnded(String reason) {
        Counter.builder("voice.agent.stage.incarnations.ended")
                .description("Incarnations that ended although the stage was not closed")
                .tags(tags.and("reason", reason))
                .register(registry)
                .increment();
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }
}
