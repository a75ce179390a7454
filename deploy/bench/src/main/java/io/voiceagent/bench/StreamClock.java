package io.voiceagent.bench;

import io.voiceagent.bench.Figures.Latency;
import io.voiceagent.bench.Target.Signal;
import java.util.ArrayList;
import java.util.List;

/**
 * The times of one stream, taken as its events arrive and recorded when it has ended properly, so that a failed stream
 * counts as an error and not as a fast answer. Used by one thread at a time.
 */
final class StreamClock {

    private final long due;
    private final long started;
    private long headers;
    private long accepted;
    private long firstToken;
    private long lastToken;
    private long ended;
    private final List<Long> gaps = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private String failure = "";

    /** @param due when the stream was to begin, and {@code started} when it did, both in {@link System#nanoTime()} */
    StreamClock(long due, long started) {
        this.due = due;
        this.started = started;
    }

    void headers(long now) {
        headers = now;
    }

    void signal(Signal signal, long now) {
        switch (signal) {
            case Signal.Accepted taken -> accepted = now;
            case Signal.Delta(String piece) -> {
                if (firstToken == 0) {
                    firstToken = now;
                } else {
                    gaps.add(now - lastToken);
                }
                lastToken = now;
                text.append(piece);
            }
            case Signal.Completed completed -> ended = ended == 0 ? now : ended;
            case Signal.Failed(String reason) -> failure = reason;
            case Signal.Other other -> {}
        }
    }

    /** The text received. */
    String text() {
        return text.toString();
    }

    /** Why the stream is no proper answer; empty when it is one. */
    String failure() {
        if (!failure.isEmpty()) {
            return failure;
        }
        return ended == 0 ? "closed before its end" : firstToken == 0 ? "no text" : "";
    }

    /** Records the latencies of a proper answer. */
    void recordTo(Figures figures) {
        figures.record(Latency.START, started - due);
        figures.record(Latency.HEADERS, headers - due);
        figures.record(Latency.ACCEPTED, (accepted == 0 ? headers : accepted) - due);
        figures.record(Latency.FIRST_TOKEN, firstToken - due);
        figures.record(Latency.TOTAL, ended - due);
        gaps.forEach(gap -> figures.record(Latency.GAP, gap));
        figures.complete();
    }
}
