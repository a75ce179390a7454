package io.voiceagent.ingress.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RatesTest {
    private final AtomicLong nanos = new AtomicLong();
    private final TimeMeter clock = new TimeMeter() {
        @Override
        public long currentTimeNanos() {
            return nanos.get();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    };

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void whatIsTakenComesBackEvenly() {
        Rates rates = new Rates(60, clock);
        for (int i = 0; i < 60; i++) {
            assertThat(rates.take("acme").remaining()).isEqualTo(59 - i);
        }
        Rates.Standing refused = rates.take("acme");
        assertThat(refused.allowed()).isFalse();
        assertThat(refused.again()).isEqualTo(Duration.ofSeconds(1));
        assertThat(refused.reset()).isEqualTo(Duration.ofMinutes(1));
        assertThat(rates.take("globex").allowed()).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(rates.take("acme").allowed()).isTrue();
        assertThat(rates.take("acme").allowed()).isFalse();
    }

    @Test
    void whatWasUsedAboveTheLimitHasToComeBackFirst() {
        Rates rates = new Rates(600, clock);
        rates.used("acme", 900);
        Rates.Standing standing = rates.look("acme");
        assertThat(standing.allowed()).isFalse();
        assertThat(standing.remaining()).isZero();
        assertThat(standing.again()).isBetween(Duration.ofSeconds(30), Duration.ofMillis(30_100));
        pass(Duration.ofSeconds(30));
        assertThat(rates.look("acme").allowed()).isFalse();
        pass(Duration.ofMillis(100));
        assertThat(rates.look("acme").allowed()).isTrue();
    }

    /** In no span of time is more allowed than a full bucket and what came in meanwhile. */
    @Property(tries = 200)
    void neverMoreThanTheRate(@ForAll @Size(max = 200) List<@IntRange(max = 3_000) Integer> pauses) {
        Rates rates = new Rates(30, clock);
        long allowed = 0;
        for (int pause : pauses) {
            pass(Duration.ofMillis(pause));
            allowed += rates.take("acme").allowed() ? 1 : 0;
        }
        long millis = pauses.stream().mapToLong(Integer::longValue).sum();
        assertThat(allowed).isLessThanOrEqualTo(30 + millis * 30 / 60_000);
    }
}
