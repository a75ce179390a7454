package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** A plan is a matter of its seed alone, and leaves nothing out. */
class FaultPlanTest {
    @Property(tries = 50)
    void theSameSeedGivesTheSamePlan(@ForAll long seed) {
        assertThat(FaultPlan.of(seed)).isEqualTo(FaultPlan.of(seed));
    }

    @Property(tries = 50)
    void eachHarmOfEachPointOfEachRoleComesOnce(@ForAll long seed) {
        List<Fault> plan = FaultPlan.of(seed);
        assertThat(plan.stream()
                        .map(fault -> fault.role() + " " + fault.harm() + " " + fault.point())
                        .collect(Collectors.toSet()))
                .hasSize(plan.size());
        for (Role role : Role.values()) {
            assertThat(plan.stream().filter(fault -> fault.role() == role))
                    .hasSize(2 * role.points().size());
        }
    }

    @Property(tries = 50)
    void rolesTakeTurns(@ForAll long seed) {
        List<Fault> begin = FaultPlan.of(seed).subList(0, Role.values().length);
        assertThat(begin).extracting(Fault::role).containsExactly(Role.values());
    }
}
