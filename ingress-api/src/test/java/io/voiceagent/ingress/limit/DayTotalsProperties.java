package io.voiceagent.ingress.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.TenantUsage;
import io.voiceagent.messages.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Running totals of some partitions, read in whatever order partitions have to each other, and again from the beginning. */
class DayTotalsProperties {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final List<String> TENANTS = List.of("acme", "globex");

    private final AtomicReference<Instant> now = new AtomicReference<>(NOON);

    @Property(tries = 300)
    void theDayIsTheSumOfThePartitions(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int partitions, @ForAll boolean readAgain) {
        now.set(NOON);
        DayTotals totals = new DayTotals(now::get);
        long today = TenantUsage.day(NOON.toEpochMilli());
        Random random = new Random(seed);
        List<List<TenantUsage>> logs = new ArrayList<>();
        long[] expected = new long[TENANTS.size()];
        for (int p = 0; p < partitions; p++) {
            List<TenantUsage> log = new ArrayList<>();
            for (int t = 0; t < TENANTS.size(); t++) {
                TenantUsage old = TenantUsage.none(TENANTS.get(t), today - 1);
                TenantUsage total = TenantUsage.none(TENANTS.get(t), today);
                for (int i = random.nextInt(5); i > 0; i--) {
                    log.add(old = old.plus(new Usage(7, 0, 7, 0), 7));
                    int input = random.nextInt(100);
                    log.add(total = total.plus(new Usage(input, 0, 1, 0), 10));
                    expected[t] += input + 1;
                }
            }
            logs.add(log);
        }
        int[] read = new int[partitions];
        while (true) {
            List<Integer> left = new ArrayList<>();
            for (int p = 0; p < partitions; p++) {
                if (read[p] < logs.get(p).size()) {
                    left.add(p);
                }
            }
            if (left.isEmpty()) {
                break;
            }
            int p = left.get(random.nextInt(left.size()));
            totals.used(p, logs.get(p).get(read[p]++));
        }
        if (readAgain) {
            // The first records alone: what is known must not fall
            for (int p = 0; p < partitions; p++) {
                logs.get(p).stream().limit(1).forEach(new Again(totals, p)::read);
            }
        }
        for (int t = 0; t < TENANTS.size(); t++) {
            assertThat(totals.today(TENANTS.get(t)).tokens()).isEqualTo(expected[t]);
        }
        now.set(NOON.plus(Duration.ofDays(1)));
        assertThat(totals.today("acme").tokens()).isZero();
    }

    private record Again(DayTotals totals, int partition) {
        void read(TenantUsage total) {
            totals.used(partition, total);
        }
    }

    @Property(tries = 50)
    void aDayThatIsNotOursIsNotKept(@ForAll @IntRange(min = 2, max = 10_000) int away, @ForAll boolean past) {
        now.set(NOON);
        DayTotals totals = new DayTotals(now::get);
        long today = TenantUsage.day(NOON.toEpochMilli());
        long other = past ? today - away : today + away;
        totals.used(0, TenantUsage.none("acme", other).plus(new Usage(1, 0, 0, 0), 1));
        now.set(Instant.EPOCH.plus(Duration.ofDays(other)));
        assertThat(totals.today("acme").tokens()).isZero();
        // Near midnight the clocks of others may be ahead of ours
        now.set(NOON);
        totals.used(0, TenantUsage.none("acme", today + 1).plus(new Usage(5, 0, 0, 0), 1));
        assertThat(totals.today("acme").tokens()).isZero();
        now.set(NOON.plus(Duration.ofDays(1)));
        assertThat(totals.today("acme").tokens()).isEqualTo(5);
        assertThat(totals.untilTomorrow()).isEqualTo(Duration.ofHours(12));
    }
}
