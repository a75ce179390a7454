package io.voiceagent.simulator;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Counts what happens, and how often each text has been asked. Bounded: the least used texts and tags are forgotten. */
final class Counters {

    private static final int MAX_TEXTS = 10_000;
    private static final int MAX_TAGS = 1_000;

    private final Tally all = new Tally();
    private long searches;
    private final Map<String, Long> faults = new TreeMap<>();
    private final Map<String, Tally> tags = bounded(MAX_TAGS);
    private final Map<String, Integer> texts = bounded(MAX_TEXTS);

    /** How an answer ended. */
    enum Outcome {
        COMPLETED,
        /** The client closed the connection first. */
        ABORTED,
        /** The simulator ended it otherwise: an error, a cut, a hang that reached its bound. */
        FAILED
    }

    private static final class Tally {
        private long requests;
        private long open;
        private long completed;
        private long aborted;
        private long failed;

        private void end(Outcome outcome) {
            open--;
            switch (outcome) {
                case COMPLETED -> completed++;
                case ABORTED -> aborted++;
                case FAILED -> failed++;
            }
        }

        private SimulatorStats.Tally snapshot() {
            return new SimulatorStats.Tally(requests, open, completed, aborted, failed);
        }
    }

    /** Counts this asking of a text, and answers how many came before it. */
    synchronized int askedBefore(String text) {
        return texts.merge(text, 1, Integer::sum) - 1;
    }

    /** A request for the model began; its end is to be told once. */
    synchronized void begin(String tag) {
        all.requests++;
        all.open++;
        if (!tag.isEmpty()) {
            Tally tally = tags.computeIfAbsent(tag, name -> new Tally());
            tally.requests++;
            tally.open++;
        }
    }

    synchronized void end(String tag, Outcome outcome) {
        all.end(outcome);
        Tally tally = tag.isEmpty() ? null : tags.get(tag);
        if (tally != null) {
            tally.end(outcome);
        }
    }

    synchronized void fault(Fault.Kind kind) {
        faults.merge(kind.word(), 1L, Long::sum);
    }

    synchronized void search() {
        searches++;
    }

    synchronized SimulatorStats snapshot() {
        Map<String, SimulatorStats.Tally> byTag = new TreeMap<>();
        tags.forEach((tag, tally) -> byTag.put(tag, tally.snapshot()));
        return new SimulatorStats(all.snapshot(), searches, Map.copyOf(faults), Map.copyOf(byTag));
    }

    private static <V> Map<String, V> bounded(int most) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > most;
            }
        };
    }
}
