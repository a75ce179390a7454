package io.voiceagent.archiver.ingest;

import io.voiceagent.archiver.ingest.ArchiveStatus.State;
import org.jspecify.annotations.Nullable;

/**
 * Reads and stores until it fails; then it is closed and another begins. Confined to one thread but for {@link #wakeUp}. A
 * {@link org.apache.kafka.common.KafkaException} means that Kafka failed, any other exception a fault of the session.
 */
public interface Session extends AutoCloseable {

    /** Reads once and stores what came; returns within a second or so when nothing comes. */
    void step();

    /** Ends a wait of {@link #step} with a {@link org.apache.kafka.common.errors.WakeupException}. For any thread. */
    void wakeUp();

    /** Gives up what it has not stored. */
    @Override
    void close();

    /** Begins sessions. */
    @FunctionalInterface
    interface Factory {
        Session open(Report report);
    }

    /** Hears what a session is doing. */
    @FunctionalInterface
    interface Report {
        /** @param problem null when all is well */
        void accept(State state, @Nullable String problem);
    }
}
