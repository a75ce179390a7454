package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StagePlanTest {
    @Test
    void eachFaultHasARowAndOneThatIsNotTriedSaysWhy() {
        List<StageRow> plan = StagePlan.all();
        assertThat(plan).extracting(StageRow::name).doesNotHaveDuplicates();
        StageTable table = new StageTable(plan);
        Verdict verdict = new Verdict(8, 8, 0, 1, 0, 0, 0, 0, 2, 0, 3, List.of(), List.of());
        table.add(plan.getFirst(), verdict, List.of(), Map.of("dead letters", 5L));

        String page = table.page(1, Duration.ofSeconds(61));
        plan.forEach(row -> assertThat(page).contains("| " + row.name()));
        assertThat(page)
                .contains("| " + plan.getFirst().name() + " | 8 | 8 | 0 | 1 | 0 | 0 | 0 | 2 | 0 | 3 | - | 5 |")
                .contains("not tried: no time was left")
                .contains("| **all** | 8 |");
    }

    @Test
    void wordsChoose() {
        assertThat(StagePlan.only(StagePlan.all(), List.of("cut in the middle", "poison")))
                .extracting(StageRow::name)
                .contains("model: cut in the middle, twice", "`agent.requests`: poison")
                .doesNotContain("tool: an exception");
    }
}
