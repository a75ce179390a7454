package io.voiceagent.faults;

import io.voiceagent.faults.ApiClient.Event;
import java.util.ArrayList;
import java.util.List;

/**
 * How long turns waited during a span of time, each turn's longest wait, in milliseconds, sorted.
 *
 * @param tokens between two tokens of one text
 * @param events between any two events, or from the submission to the first one
 */
record Waits(List<Long> tokens, List<Long> events) {
    private static final String DELTA = "response.output_text.delta";

    Waits {
        tokens = tokens.stream().sorted().toList();
        events = events.stream().sorted().toList();
    }

    /** The waits that overlap the span from {@code began} to {@code over}, both {@link System#nanoTime}. */
    static Waits of(List<Accepted> turns, long began, long over) {
        List<Long> tokens = new ArrayList<>();
        List<Long> events = new ArrayList<>();
        for (Accepted turn : turns) {
            long token = -1;
            long any = -1;
            long last = turn.submittedNanos();
            String text = "";
            for (Event event : turn.events()) {
                String now = event.name().equals(DELTA)
                        ? event.json().path("item_id").asString("")
                        : "";
                if (last < over && event.nanos() > began) {
                    long wait = event.nanos() - last;
                    any = Math.max(any, wait);
                    token = !now.isEmpty() && now.equals(text) ? Math.max(token, wait) : token;
                }
                text = now;
                last = event.nanos();
            }
            if (any >= 0) {
                events.add(any / 1_000_000);
            }
            if (token >= 0) {
                tokens.add(token / 1_000_000);
            }
        }
        return new Waits(tokens, events);
    }

    /** Those of both. */
    Waits and(Waits other) {
        List<Long> allTokens = new ArrayList<>(tokens);
        allTokens.addAll(other.tokens);
        List<Long> allEvents = new ArrayList<>(events);
        allEvents.addAll(other.events);
        return new Waits(allTokens, allEvents);
    }

    /** How many, p50 / p99 / max in milliseconds. */
    static String text(List<Long> sorted) {
        return sorted.isEmpty()
                ? "-"
                : "%d: %d / %d / %d"
                        .formatted(
                                sorted.size(),
                                sorted.get(sorted.size() / 2),
                                sorted.get(sorted.size() * 99 / 100),
                                sorted.getLast());
    }
}
