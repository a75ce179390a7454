package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The beginning of a plan: processes of two roles are harmed at a point each, and no rule is broken. {@code deploy/faults/run} tries all. */
class HarmedProcessesTest {
    private static final long SEED = 146;
    private static final int FAULTS = 2;

    @TempDir
    static Path directory;

    @Test
    void noRuleIsBroken() throws Exception {
        List<Fault> plan = FaultPlan.of(SEED).subList(0, FAULTS);
        FaultTable table = new FaultTable(plan);
        List<String> breaches = ProcessFaults.run(directory, plan, 4, Duration.ofMinutes(10), table, () -> {});
        assertThat(breaches)
                .as("seed %d: %s%n%s", SEED, plan, table.page(SEED, Duration.ZERO))
                .isEmpty();
        assertThat(table.all()).hasSize(plan.size()).allMatch(verdict -> verdict.accepted() > 0);
    }
}
