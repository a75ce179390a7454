package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultTableTest {
    private static final List<Fault> PLAN = FaultPlan.of(1);

    @Test
    void figuresOfAnEarlierRunAreKeptAndCounted() {
        FaultTable first = new FaultTable(PLAN);
        first.add(PLAN.get(0), true, verdict(10, List.of(1000L, 2000L, 3000L)));
        first.add(PLAN.get(1), false, verdict(20, List.of(9000L)));
        FaultTable second = new FaultTable(PLAN, first.page(1, Duration.ZERO));
        second.add(PLAN.get(1), true, verdict(30, List.of(4000L)));
        String page = second.page(2, Duration.ofSeconds(61));
        assertThat(PLAN.stream().filter(second::has)).containsExactly(PLAN.get(0), PLAN.get(1));
        assertThat(page)
                .contains("Last run: seed 2, 1 faults, 1 min 1 s")
                .contains("| 1 | 10 | 10 | 0 | 0 | 0 | 0 | 0 | 1 | 0 | 2 | 3: 2.0 / 3.0 |")
                .contains("| 1 | 30 | 30 | 0 | 0 | 0 | 0 | 0 | 1 | 0 | 2 | 1: 4.0 / 4.0 |")
                .contains("| **all** | | | 2 | 40 | 40 | 0 | 0 | 0 | 0 | 0 | 2 | 0 | 4 | 4: 2.0 / 4.0 |");
        assertThat(page.lines().filter(line -> line.contains("not tried"))).hasSize(PLAN.size() - 2);
    }

    private static Verdict verdict(int turns, List<Long> held) {
        return new Verdict(turns, turns, 0, 0, 0, 0, 0, 0, 1, 0, 2, held, List.of());
    }
}
