package io.voiceagent.transport.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** There are never more series than were allowed, and what is counted is counted once. */
class TenantMetersTest {
    private static final String TOKENS = TenantMeters.PREFIX + "tokens";

    @Property(tries = 100)
    void theFirstTenantsHaveSeriesAndTheOthersShareOne(
            @ForAll @Size(max = 40) List<@IntRange(max = 12) Integer> tenants,
            @ForAll @IntRange(min = 1, max = 6) int most) {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        registry.config().meterFilter(new TenantMeters(most));
        tenants.forEach(tenant ->
                registry.counter(TOKENS, TenantMeters.TENANT, "t" + tenant).increment());
        assertThat(registry.find(TOKENS).counters()).hasSizeLessThanOrEqualTo(most + 1);
        assertThat(registry.find(TOKENS).counters().stream()
                        .mapToDouble(counter -> counter.count())
                        .sum())
                .isEqualTo(tenants.size());
        tenants.stream()
                .distinct()
                .limit(most)
                .forEach(tenant -> assertThat(registry.find(TOKENS)
                                .tag(TenantMeters.TENANT, "t" + tenant)
                                .counter())
                        .isNotNull());
    }

    @Test
    void withNoneAllowedThereAreNoSuchMeters() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        registry.config().meterFilter(new TenantMeters(0));
        registry.counter(TOKENS, TenantMeters.TENANT, "a").increment();
        registry.counter("voice.agent.llm.tokens", "kind", "input").increment();
        assertThat(registry.getMeters()).hasSize(1);
    }
}
