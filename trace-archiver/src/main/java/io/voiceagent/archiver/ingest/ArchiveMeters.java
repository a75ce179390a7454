package io.voiceagent.archiver.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.Supplier;

/** The meters of one topic's archiving, all named {@code voice_agent_archive_*} and tagged with the topic. */
public final class ArchiveMeters {

    private static final String PREFIX = "voice.agent.archive.";
    private static final String TOPIC = "topic";

    private final MeterRegistry registry;
    private final String topic;
    private final Counter rows;
    private final Counter deadLetters;
    private final Counter lost;
    private final DistributionSummary batchRows;

    public ArchiveMeters(MeterRegistry registry, String topic) {
        this.registry = registry;
        this.topic = topic;
        this.rows = counter("rows", "Rows committed to the table");
        this.deadLetters = counter("dead.letters", "Records, or parts of one, put aside on the dead-letter topic");
        this.lost = counter("lost.records", "Records that left the topic before they were read");
        this.batchRows = DistributionSummary.builder(PREFIX + "batch.rows")
                .description("Rows of a committed batch")
                .tag(TOPIC, topic)
                .register(registry);
    }

    /** Publishes what is still unread; called once. */
    public void lag(Supplier<Number> records, Supplier<Number> seconds) {
        Gauge.builder(PREFIX + "lag.records", records)
                .description("Records on the topic that are not stored yet, as of the last look")
                .tag(TOPIC, topic)
                .register(registry);
        Gauge.builder(PREFIX + "lag.seconds", seconds)
                .description("For how long the oldest record that is not stored yet may have waited")
                .tag(TOPIC, topic)
                .baseUnit("seconds")
                .register(registry);
    }

    /** A committed batch. */
    public void stored(long batch, long refused, Duration took) {
        rows.increment(batch);
        deadLetters.increment(refused);
        batchRows.record(batch);
        batch("committed", took);
    }

    /** A batch whose records another archiver has stored. */
    public void overtaken(Duration took) {
        batch("overtaken", took);
    }

    /** A batch that is tried again. */
    public void failed(Duration took) {
        batch("failed", took);
    }

    /** An error that is retried. */
    public void error(Component component) {
        Counter.builder(PREFIX + "errors")
                .description("Failures that the archiver retries")
                .tag(TOPIC, topic)
                .tag("component", component.label)
                .register(registry)
                .increment();
    }

    /** Records that the log no longer had. */
    public void lost(long records) {
        lost.increment(records);
    }

    private void batch(String outcome, Duration took) {
        Timer.builder(PREFIX + "batch.duration")
                .description("Time to store a batch, by what became of it")
                .tag(TOPIC, topic)
                .tag("outcome", outcome)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofSeconds(30))
                .register(registry)
                .record(took);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(PREFIX + name)
                .description(description)
                .tag(TOPIC, topic)
                .register(registry);
    }

    /** Whose failure an error is. */
    public enum Component {
        POSTGRES("postgres"),
        KAFKA("kafka"),
        ARCHIVER("archiver");

        private final String label;

        Component(String label) {
            this.label = label;
        }
    }
}
