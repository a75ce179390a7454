package io.voiceagent.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Something that is planned, and that no client should notice.
 *
 * @param name as the table has it
 * @param role whose processes are told to end; null: the archiver, or none
 * @param grace seconds that their calls have to end; null: the default, in which all of them do end
 * @param doing tells processes to end and starts them again
 */
record Drill(String name, @Nullable Role role, @Nullable Integer grace, Function<Fleet, Duration> doing) {
    private static final Duration NOTHING_FOR = Duration.ofSeconds(15);

    /** All, in the order in which they are tried. */
    static List<Drill> all() {
        List<Drill> drills = new ArrayList<>();
        drills.add(new Drill("nothing, for comparison", null, null, fleet -> {
            Batch.sleep(NOTHING_FOR);
            return Duration.ZERO;
        }));
        for (Role role : List.of(Role.ORCHESTRATOR, Role.INGRESS, Role.LLM, Role.TOOL)) {
            drills.add(one(role, 1, null));
        }
        drills.add(new Drill("archiver", null, null, Fleet::restartArchiver));
        drills.add(one(Role.LLM, 1, 0));
        drills.add(one(Role.TOOL, 1, 0));
        drills.add(new Drill("each process of each role, one after the other", null, null, Drill::roll));
        return List.copyOf(drills);
    }

    /** Whether calls are handed back, and so are begun twice or have an unknown outcome. */
    boolean handsBack() {
        return grace != null;
    }

    private static Drill one(Role role, int number, @Nullable Integer grace) {
        String name = role.text() + (grace == null ? "" : ", which hands its calls back at once");
        return new Drill(name, role, grace, fleet -> {
            Duration took = fleet.drain(role, number);
            fleet.restart(role, number);
            return took;
        });
    }

    private static Duration roll(Fleet fleet) {
        Duration longest = Duration.ZERO;
        for (Role role : Role.values()) {
            for (int number = 1; number <= 2; number++) {
                Duration took = fleet.drain(role, number);
                longest = took.compareTo(longest) > 0 ? took : longest;
                fleet.restart(role, number);
            }
        }
        return longest;
    }
}
