package io.voiceagent.archiver.ingest;

import org.jspecify.annotations.Nullable;

/**
 * What one archiver is doing, for health checks.
 *
 * @param subject what it archives: a topic's name, or {@code responses}
 * @param state what it does now
 * @param problem the last failure while it is not over; null when all is well
 * @param lagRecords records that it has not read or not stored, as of the last look
 * @param lagSeconds for how long the oldest of them may have waited
 */
public record ArchiveStatus(
        String subject, State state, @Nullable String problem, long lagRecords, double lagSeconds) {

    /** The states of an archiver. */
    public enum State {
        /** Not started, or connecting. */
        STARTING,
        /** Reads and stores. */
        RUNNING,
        /** Kafka does not answer; it tries again. */
        WAITING_FOR_KAFKA,
        /** Postgres does not answer; reading pauses, and it tries again. */
        WAITING_FOR_POSTGRES,
        /** Ended. */
        STOPPED
    }
}
