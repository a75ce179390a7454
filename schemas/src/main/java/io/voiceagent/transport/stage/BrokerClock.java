package io.voiceagent.transport.stage;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;

/**
 * The broker's clock, as far as acknowledgements tell: every topic has the time of append, so each acknowledged record
 * says what the broker's clock showed between sending and acknowledgement. Of the last few, the one with the shortest
 * round trip is believed, as in NTP.
 *
 * <p>Times are milliseconds since the epoch. Thread-safe.
 */
final class BrokerClock {
    private static final int SAMPLES = 16;
    private final Deque<Sample> samples = new ArrayDeque<>();

    /** A record sent and acknowledged at these local times was appended at that time of the broker. */
    synchronized void observe(long sentAt, long acknowledgedAt, long appendedAt) {
        if (samples.size() == SAMPLES) {
            samples.removeFirst();
        }
        long roundTrip = Math.max(0, acknowledgedAt - sentAt);
        samples.addLast(new Sample(roundTrip, appendedAt - (sentAt + roundTrip / 2)));
    }

    /** What the broker's clock shows at this local time; the local time itself before anything was observed. */
    synchronized long at(long localTime) {
        return localTime
                + samples.stream()
                        .min(Comparator.comparingLong(Sample::roundTrip))
                        .map(Sample::ahead)
                        .orElse(0L);
    }

    /**
     * @param roundTrip an upper bound of the error, twice
     * @param ahead how far the broker's clock is before the local one
     */
    private record Sample(long roundTrip, long ahead) {}
}
