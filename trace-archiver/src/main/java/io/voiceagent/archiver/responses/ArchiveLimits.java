package io.voiceagent.archiver.responses;

import java.time.Duration;

/**
 * How much is kept of turns that have not ended, and for how long. Durations are in the time of the logs.
 *
 * @param openBytes about what all open turns of one archiver may take in memory; beyond it the largest are let go, and read
 *     again when they have ended
 * @param orphans frames whose turn has no beginning in the steps are dropped when the steps have been read to that long after
 *     them: the beginning is committed before any worker hears of the turn
 * @param frames a turn whose end was read, but not all of its frames, is given up that long after its end
 * @param end a turn without an end is given up that long after its beginning
 */
public record ArchiveLimits(long openBytes, Duration orphans, Duration frames, Duration end) {

    /** 64 MiB; a minute, for clocks of two brokers may differ; an hour; and as long as the stream is kept. */
    public static final ArchiveLimits DEFAULT =
            new ArchiveLimits(64L << 20, Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(72));
}
