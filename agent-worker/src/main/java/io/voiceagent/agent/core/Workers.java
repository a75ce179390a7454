package io.voiceagent.agent.core;

import io.voiceagent.messages.Stage;
import io.voiceagent.messages.ToolDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of the workers at one moment. */
public interface Workers {
    /** What is known of one incarnation. */
    enum Life {
        /** It announced itself within its lease. */
        ALIVE,
        /** Its lease is over, and whoever says so has heard all that was to be heard. */
        DEAD,
        /** Nobody can say. */
        UNKNOWN
    }

    /**
     * A worker that takes calls.
     *
     * @param free slots, at least 1
     */
    record Candidate(String incarnation, int partition, int free) {}

    /**
     * Workers with a free slot that announced themselves freshly, are not leaving, and offer the tool in that very version;
     * ordered by incarnation.
     *
     * @param tool null for the model stage
     */
    List<Candidate> candidates(Stage stage, @Nullable ToolDescription tool);

    /** Whether the incarnation lives. */
    Life life(String incarnation);
}
