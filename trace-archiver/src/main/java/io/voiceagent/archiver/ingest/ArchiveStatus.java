package io.voiceagent.archiver.ingest;

import org.jspecify.annotations.Nullable;

/**
 * What one topic's archiver is doing, for health checks.
 *
 * @param state what it does now
 * @param problem the last failure while it is not over; null when all is well
 * @param lagRecords records on the topic that are not stored, as of the last look
 * @param lagSeconds for how long the oldest of them may have waited
 */
public record ArchiveStatus(
        String topic, State state, @Nullable String problem, long lagRecords, double lagSeconds) {

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
