package io.voiceagent.archiver.query;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code performance_metrics}, as far as figures by step need it.
 *
 * @param series what tells one stream of points from another: service, resource and attributes
 * @param kind {@code gauge}, {@code sum}, {@code histogram}, {@code exponential_histogram} or {@code summary}
 * @param cumulative whether it tells everything since {@code start}
 * @param start begin of the interval that the point covers; null: not told
 * @param value of a gauge or sum
 * @param count of the others, as are {@code sum}, {@code min}, {@code max}
 * @param buckets of a histogram with bounds; null: none
 */
record MetricPoint(
        String series,
        String kind,
        boolean cumulative,
        Instant time,
        @Nullable Instant start,
        @Nullable Double value,
        @Nullable Long count,
        @Nullable Double sum,
        @Nullable Double min,
        @Nullable Double max,
        @Nullable Buckets buckets) {

    /** Observations by bucket. @param bounds upper ones, ascending @param counts one more than bounds */
    record Buckets(double[] bounds, long[] counts) {

        /** What came since {@code before}; null when they are not of one series. */
        @Nullable
        Buckets since(Buckets before) {
            if (!java.util.Arrays.equals(bounds, before.bounds) || counts.length != before.counts.length) {
                return null;
            }
            long[] fresh = new long[counts.length];
            for (int i = 0; i < fresh.length; i++) {
                fresh[i] = counts[i] - before.counts[i];
                if (fresh[i] < 0) {
                    return null;
                }
            }
            return new Buckets(bounds, fresh);
        }
    }
}
