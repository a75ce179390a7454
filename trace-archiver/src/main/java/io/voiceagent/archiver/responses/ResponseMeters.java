package io.voiceagent.archiver.responses;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.voiceagent.archiver.ingest.ArchiveMeters;
import io.voiceagent.archiver.ingest.Lag;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The meters of the archiving of responses: those of every log ({@code voice_agent_archive_*}, tagged with the topic) for both
 * logs, and {@code voice_agent_archive_responses_*}.
 */
final class ResponseMeters {

    private static final String PREFIX = "voice.agent.archive.responses.";

    /** Of the steps; batches and rows are counted there. */
    final ArchiveMeters steps;

    final ArchiveMeters stream;
    final Lag stepsLag = new Lag(Clock.systemUTC());
    final Lag streamLag = new Lag(Clock.systemUTC());
    private final Clock clock = Clock.systemUTC();
    private final Timer delay;
    private final Counter orphans;
    private final Counter givenUp;
    private final Counter readAgain;
    private volatile int open;
    private volatile long openBytes;

    ResponseMeters(MeterRegistry registry, String stepsTopic, String streamTopic) {
        this.steps = new ArchiveMeters(registry, stepsTopic);
        this.stream = new ArchiveMeters(registry, streamTopic);
        steps.lag(stepsLag::records, stepsLag::seconds);
        stream.lag(streamLag::records, streamLag::seconds);
        this.delay = Timer.builder(PREFIX + "delay")
                .description("From the end of a turn to its row")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(10))
                .maximumExpectedValue(Duration.ofMinutes(10))
                .register(registry);
        this.orphans = Counter.builder(PREFIX + "orphans")
                .description("Turns of which only frames were there; their frames were dropped")
                .register(registry);
        this.givenUp = Counter.builder(PREFIX + "given.up")
                .description("Accepted turns that are not archived, for their frames or their end did not come")
                .register(registry);
        this.readAgain = Counter.builder(PREFIX + "read.again")
                .description("Turns that were let go to save memory, and read again when they had ended")
                .register(registry);
        Gauge.builder(PREFIX + "open", this, meters -> meters.open)
                .description("Turns in memory that have not ended")
                .register(registry);
        Gauge.builder(PREFIX + "open.bytes", this, meters -> meters.openBytes)
                .description("Memory that they take, about")
                .baseUnit("bytes")
                .register(registry);
    }

    void stored(List<FinishedResponse> rows, ResponseWriter.Stored stored, Duration took) {
        steps.stored(stored.rows(), stored.refused(), took);
        if (stored.rows() < rows.size()) {
            return; // turns that were read again
        }
        Instant now = clock.instant();
        for (FinishedResponse row : rows) {
            Duration since = Duration.between(row.completedAt(), now);
            delay.record(since.isNegative() ? Duration.ZERO : since);
        }
    }

    void expired(OpenTurns.Expired expired) {
        orphans.increment(expired.orphans());
        givenUp.increment(expired.turns());
    }

    void readAgain() {
        readAgain.increment();
    }

    void open(int turns, long bytes) {
        open = turns;
        openBytes = bytes;
    }
}
