package io.voiceagent.archiver.query;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A stretch of time.
 *
 * @param from its first moment
 * @param to the first moment after it, later than {@code from}
 */
record TimeRange(Instant from, Instant to) {

    TimeRange {
        if (!from.isBefore(to)) {
            throw new IllegalArgumentException("a range from %s to %s is empty".formatted(from, to));
        }
    }

    /** From the beginning of the first day (UTC) to the end of the last, so that it is bounded as the partitions are. */
    TimeRange wholeDays() {
        Instant last = to.minusNanos(1).truncatedTo(ChronoUnit.DAYS);
        return new TimeRange(from.truncatedTo(ChronoUnit.DAYS), last.plus(1, ChronoUnit.DAYS));
    }

    /** A longer one, by so much at each end. */
    TimeRange plus(Duration slack) {
        return new TimeRange(from.minus(slack), to.plus(slack));
    }
}
