package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A record of {@link Topics#WORKERS}, written every second by each process, keyed by {@link #incarnation}. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Announcement.Worker.class, name = "worker"),
    @JsonSubTypes.Type(value = Announcement.Orchestrator.class, name = "orchestrator")
})
public sealed interface Announcement {
    /** How often each process announces itself, milliseconds. */
    long INTERVAL_MILLIS = 1_000;
    /** An incarnation not heard of for this long is dead, milliseconds. */
    long LEASE_MILLIS = 5_000;

    /** Random id of this life of the process; a restart has a new one. */
    String incarnation();

    /** Counts the announcements of this incarnation from 0, without gaps. */
    long sequence();

    /**
     * A worker.
     *
     * @param partition of its calls topic, where it reads
     * @param position next offset that it will read there
     * @param slots calls that it runs at once at the most
     * @param held {@link CallRef}s (text form) of calls that run, or whose result is not yet acknowledged
     * @param draining takes no new calls
     * @param version of the code
     * @param tools name → {@link ToolDescription#hash} of each tool that it offers; empty for the model stage
     */
    record Worker(
            String incarnation,
            long sequence,
            Stage stage,
            int partition,
            long position,
            int slots,
            List<String> held,
            boolean draining,
            String version,
            Map<String, String> tools)
            implements Announcement {
        public Worker {
            Objects.requireNonNull(incarnation, "incarnation");
            Objects.requireNonNull(stage, "stage");
            held = held == null ? List.of() : List.copyOf(held);
            tools = tools == null ? Map.of() : Map.copyOf(tools);
        }

        /** Slots that are free. */
        public int free() {
            return Math.max(0, slots - held.size());
        }
    }

    /** An orchestrator: it reads its own announcements back to know that it hears. */
    record Orchestrator(String incarnation, long sequence, String version) implements Announcement {
        public Orchestrator {
            Objects.requireNonNull(incarnation, "incarnation");
        }
    }
}
