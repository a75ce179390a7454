package io.voiceagent.ingress.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class TenantTurnsTest {
    private long now = 1_800_000_000_000L;
    private final Map<String, Long> used = new HashMap<>();
    private final TenantTurns turns = new TenantTurns(
            Duration.ofMinutes(10),
            () -> Instant.ofEpochMilli(now),
            (tenant, tokens) -> used.merge(tenant, tokens, Long::sum));

    @Test
    void asManyAsMayAndNoMore() {
        assertThat(turns.begin("a", "acme", 2)).isTrue();
        turns.accepted("b", "acme", now);
        assertThat(turns.begin("c", "acme", 2)).isFalse();
        assertThat(turns.begin("c", "globex", 2)).isTrue();
        turns.accepted("a", "acme", now);
        assertThat(turns.running("acme")).isEqualTo(2);
        turns.ended("a", 70, now);
        assertThat(turns.running("acme")).isEqualTo(1);
        assertThat(used).containsExactly(Map.entry("acme", 70L));
        assertThat(turns.begin("d", "acme", 2)).isTrue();
        turns.forget("d");
        turns.forget("d");
        assertThat(turns.running("acme")).isEqualTo(1);
    }

    @Test
    void whatIsReadAgainIsNeitherCountedNorPaidTwice() {
        turns.accepted("a", "acme", now);
        turns.ended("a", 70, now);
        turns.accepted("b", "acme", now - Duration.ofMinutes(5).toMillis());
        turns.ended("b", 70, now - Duration.ofMinutes(4).toMillis());
        turns.ended("a", 70, now);
        assertThat(used).containsExactly(Map.entry("acme", 70L));
        turns.accepted("old", "acme", now - Duration.ofMinutes(11).toMillis());
        assertThat(turns.running("acme")).isZero();
    }

    @Test
    void aTurnWhoseEndIsNeverSeenIsNotCountedForEver() {
        assertThat(turns.begin("a", "acme", 1)).isTrue();
        now += Duration.ofMinutes(10).toMillis();
        assertThat(turns.begin("b", "acme", 1)).isTrue();
        assertThat(turns.running("acme")).isEqualTo(1);
    }

    /** However it goes, as many are counted as run, and never more than may. */
    @Property(tries = 300)
    void theCountIsTheNumberOfThoseThatRun(@ForAll @Size(max = 100) List<@IntRange(max = 9) Integer> steps) {
        List<String> running = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) < 6) {
                boolean begun = turns.begin("turn-" + i, "acme", 4);
                assertThat(begun).isEqualTo(running.size() < 4);
                if (begun) {
                    running.add("turn-" + i);
                    turns.accepted("turn-" + i, "acme", now);
                }
            } else if (!running.isEmpty()) {
                turns.ended(running.remove(steps.get(i) % running.size()), 1, now);
            }
            assertThat(turns.running("acme")).isEqualTo(running.size());
        }
        running.forEach(turns::forget);
        assertThat(turns.running("acme")).isZero();
    }
}
