package io.voiceagent.faults;

import io.voiceagent.transport.crash.CrashPoint;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * Which faults are tried, in which order. Pure: the same seed gives the same plan.
 *
 * <p>Each harm of each point of each role comes once. Roles take turns, so that what was killed has time to come back.
 */
public final class FaultPlan {
    /** A point is passed this often at the most before it counts. */
    private static final int MOST_TIMES = 4;

    private FaultPlan() {}

    /** All faults. */
    public static List<Fault> of(long seed) {
        Random random = new Random(seed);
        List<Deque<Fault>> byRole = new ArrayList<>();
        for (Role role : Role.values()) {
            List<Fault> faults = new ArrayList<>();
            for (CrashPoint point : role.points()) {
                // Seals are rare: the first one counts
                int most = point.name().contains("_SEAL_") ? 1 : MOST_TIMES;
                for (Harm harm : Harm.values()) {
                    faults.add(new Fault(role, 1 + random.nextInt(2), point, 1 + random.nextInt(most), harm));
                }
            }
            Collections.shuffle(faults, random);
            byRole.add(new ArrayDeque<>(faults));
        }
        List<Fault> plan = new ArrayList<>();
        while (byRole.stream().anyMatch(faults -> !faults.isEmpty())) {
            byRole.stream().filter(faults -> !faults.isEmpty()).forEach(faults -> plan.add(faults.removeFirst()));
        }
        return List.copyOf(plan);
    }

    /** The faults whose text, as in {@link Fault#toString}, has one of these words; all when there are none. */
    public static List<Fault> only(List<Fault> plan, String... words) {
        return words.length == 0
                ? plan
                : plan.stream()
                        .filter(fault -> Arrays.stream(words)
                                .anyMatch(word -> fault.toString().contains(word)))
                        .toList();
    }
}
