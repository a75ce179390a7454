package io.voiceagent.bench;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What one load measured; latencies in microseconds from the time a stream was due, of streams that ended properly. */
final class Figures {

    private static final long MAX_MICROS = 3_600_000_000L;
    private static final int DIGITS = 3;

    private final Map<Latency, Histogram> latencies = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger mostOpen = new AtomicInteger();
    private final LongAdder completed = new LongAdder();
    private final AtomicReference<@Nullable String> text;
    private volatile Duration elapsed = Duration.ZERO;

    /** The latencies measured. */
    enum Latency {
        /** How late the generator itself was: large values say that the figures measure the generator. */
        START("own lateness"),
        HEADERS("headers"),
        /** To {@code response.created} from the API; to the headers from the model. */
        ACCEPTED("accepted"),
        FIRST_TOKEN("first token"),
        TOTAL("total"),
        /** Between two pieces of text of one stream. */
        GAP("gap");

        private final String title;

        Latency(String title) {
            this.title = title;
        }

        /** The name in the report. */
        String title() {
            return title;
        }
    }

    /** @param expectedText what every answer must say; null for whatever the first one says */
    Figures(@Nullable String expectedText) {
        text = new AtomicReference<>(expectedText);
        for (Latency latency : Latency.values()) {
            latencies.put(latency, new ConcurrentHistogram(MAX_MICROS, DIGITS));
        }
    }

    void record(Latency latency, long nanos) {
        of(latency).recordValue(Math.clamp(nanos / 1_000, 0, MAX_MICROS));
    }

    void begin() {
        mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
    }

    void end() {
        open.decrementAndGet();
    }

    void complete() {
        completed.increment();
    }

    /** Whether this text is the expected one; the first one seen sets it where none was given. */
    boolean isExpected(String seen) {
        return text.compareAndSet(null, seen) || seen.equals(text.get());
    }

    /** Sets the time from the first stream that was due to the end of the last. */
    void elapsed(Duration whole) {
        elapsed = whole;
    }

    /** From the first stream that was due to the end of the last. */
    Duration elapsed() {
        return elapsed;
    }

    /** What the answers say; null before the first. */
    @Nullable
    String text() {
        return text.get();
    }

    void error(String kind) {
        errors.computeIfAbsent(kind, k -> new LongAdder()).increment();
    }

    Histogram of(Latency latency) {
        return Objects.requireNonNull(latencies.get(latency));
    }

    /** Streams that ended properly. */
    long completed() {
        return completed.sum();
    }

    /** The most streams that were open at one time. */
    int mostOpen() {
        return mostOpen.get();
    }

    /** Errors by kind. */
    Map<String, Long> errors() {
        Map<String, Long> counts = new TreeMap<>();
        errors.forEach((kind, count) -> counts.put(kind, count.sum()));
        return counts;
    }

    /** Errors of all kinds. */
    long errorCount() {
        return errors.values().stream().mapToLong(LongAdder::sum).sum();
    }
}
