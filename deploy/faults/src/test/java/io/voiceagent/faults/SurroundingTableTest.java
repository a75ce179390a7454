package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SurroundingTableTest {
    private static final List<Surrounding> PLAN = SurroundingPlan.all();
    private static final Verdict VERDICT = new Verdict(30, 29, 1, 0, 0, 0, 0, 0, 2, 0, 3, List.of(2000L), List.of());

    @Test
    void eachFaultHasARowThatSaysWhenItWasNotTried() {
        String page = new SurroundingTable(PLAN, "").page();
        assertThat(page.lines().filter(line -> line.contains("not tried: no time was left")))
                .hasSize(PLAN.size());
    }

    @Test
    void figuresOfAnEarlierRunAreKeptAndCounted() {
        SurroundingTable first = new SurroundingTable(PLAN, "");
        first.add(PLAN.getFirst(), VERDICT, "4 × 503", "0.5", "");
        first.archive(PLAN.getFirst(), 30, 0);
        SurroundingTable second = new SurroundingTable(PLAN, first.page());
        second.add(PLAN.getLast(), VERDICT, "", "0.1", "said");
        assertThat(PLAN.stream().filter(second::has)).containsExactly(PLAN.getFirst(), PLAN.getLast());
        assertThat(second.page())
                .contains(" | 1 | 30 | 29 | 1 | 0 | 0 | 0 | 0 | 2 | 0 | 3 | 1: 2.0 / 2.0 | 4 × 503 | 0.5 |  |")
                .contains("Archive, one broker: of 30 turns")
                .contains("| **all** | | 2 | 60 | 58 | 2 | 0 | 0 | 0 | 0 | 4 | 0 | 6 | 2: 2.0 / 2.0 | | | |");
    }
}
