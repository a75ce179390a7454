package io.voiceagent.archiver.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MetricFoldTest {

    private static final Instant START = Instant.parse("2026-01-31T12:00:00Z");
    private static final TimeRange RANGE = new TimeRange(START, START.plusSeconds(3_600));
    private static final double[] BOUNDS = {10, 100};

    /** What a service counts is the same whether it tells of each interval or of everything so far. */
    @Property(tries = 300)
    void deltaAndCumulativePointsTellTheSame(
            @ForAll @Size(min = 1, max = 40) List<@IntRange(max = 50) Integer> counts,
            @ForAll @IntRange(min = 1, max = 4) int series) {
        MetricFold delta = new MetricFold(RANGE, Duration.ofMinutes(1));
        MetricFold cumulative = new MetricFold(RANGE, Duration.ofMinutes(1));
        long[] sum = new long[series];
        for (int i = 0; i < counts.size(); i++) {
            int which = i % series;
            int fresh = counts.get(i);
            sum[which] += fresh;
            Instant time = START.plusSeconds(10L * (i + 1));
            delta.add(histogram("s" + which, false, time, time.minusSeconds(10), fresh));
            cumulative.add(histogram("s" + which, true, time, START, sum[which]));
        }
        assertThat(cumulative.steps()).hasSameSizeAs(delta.steps());
        for (int i = 0; i < delta.steps().size(); i++) {
            assertThat(cumulative.steps().get(i).count())
                    .isEqualTo(delta.steps().get(i).count());
            assertThat(cumulative.steps().get(i).sum())
                    .isEqualTo(delta.steps().get(i).sum());
            assertThat(cumulative.steps().get(i).p95())
                    .isEqualTo(delta.steps().get(i).p95());
        }
    }

    /** A quantile lies in the bucket that the observation of its rank lies in. */
    @Property(tries = 500)
    void aQuantileLiesInTheBucketOfItsRank(
            @ForAll @Size(min = 1, max = 60) List<@IntRange(min = 1, max = 200) Integer> observed) {
        var buckets = new TreeMap<Double, Long>();
        for (double bound : new double[] {10, 50, 100, Double.POSITIVE_INFINITY}) {
            buckets.put(bound, 0L);
        }
        observed.forEach(value -> buckets.merge(buckets.ceilingKey((double) value), 1L, Long::sum));
        List<Integer> sorted = new ArrayList<>(observed);
        sorted.sort(null);
        double real = sorted.get((int) Math.ceil(0.95 * sorted.size()) - 1);
        double upper = buckets.ceilingKey(real);
        Double lower = buckets.lowerKey(upper);

        Double quantile = MetricFold.quantile(0.95, buckets);

        assertThat(quantile).isBetween(lower == null ? 0.0 : lower, Double.isInfinite(upper) ? 100.0 : upper);
    }

    @Test
    void aRestartedServiceCountsFromNothing() {
        MetricFold fold = new MetricFold(RANGE, Duration.ofHours(1));
        fold.add(histogram("s", true, START.plusSeconds(10), START, 5));
        fold.add(histogram("s", true, START.plusSeconds(20), START, 8));
        fold.add(histogram("s", true, START.plusSeconds(40), START.plusSeconds(30), 2));

        assertThat(fold.steps().getFirst().count()).isEqualTo(10);
    }

    @Test
    void whatWasCountedBeforeTheRangeIsLeftOut() {
        MetricFold fold = new MetricFold(RANGE, Duration.ofHours(1));
        fold.add(histogram("s", true, START.plusSeconds(10), START.minusSeconds(1_000), 500));
        fold.add(histogram("s", true, START.plusSeconds(20), START.minusSeconds(1_000), 503));

        assertThat(fold.steps().getFirst().count()).isEqualTo(3);
    }

    @Test
    void aGaugeIsTakenAsItIs() {
        MetricFold fold = new MetricFold(RANGE, Duration.ofMinutes(1));
        for (int i = 0; i < 20; i++) {
            fold.add(new MetricPoint(
                    "s", "gauge", true, START.plusSeconds(i), null, (double) i, null, null, null, null, null));
        }
        MetricStep step = fold.steps().getFirst();

        assertThat(fold.steps()).hasSize(1);
        assertThat(step.avg()).isCloseTo(9.5, within(1e-9));
        assertThat(step.min()).isEqualTo(0.0);
        assertThat(step.max()).isEqualTo(19.0);
        assertThat(step.p95()).isEqualTo(18.0);
        assertThat(step.count()).isEqualTo(20);
    }

    private static MetricPoint histogram(
            String series, boolean cumulative, Instant time, @Nullable Instant start, long count) {
        return new MetricPoint(
                series,
                "histogram",
                cumulative,
                time,
                start,
                null,
                count,
                count * 5.0,
                null,
                null,
                new MetricPoint.Buckets(BOUNDS, new long[] {count, 0, 0}));
    }
}
