package io.voiceagent.archiver.query;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Gathers a metric's points into steps of time. Points that tell everything since their start are turned into what came since the point before
 * of their series; the first one of a series counts if it began within the range, and else only shows where the next one starts from.
 *
 * <p>Confined to one thread. Points come in the order of their times.
 */
final class MetricFold {

    private static final double QUANTILE = 0.95;

    private final TimeRange range;
    private final Duration step;
    private final Map<String, MetricPoint> last = new HashMap<>();
    private final SortedMap<Instant, Step> steps = new TreeMap<>();

    MetricFold(TimeRange range, Duration step) {
        this.range = range;
        this.step = step;
    }

    /** Takes a point in. */
    void add(MetricPoint point) {
        MetricPoint fresh = point;
        if (point.cumulative() && !point.kind().equals("gauge")) {
            MetricPoint before = last.put(point.series(), point);
            fresh = before == null ? (within(point) ? point : null) : since(before, point);
        }
        if (fresh != null) {
            steps.computeIfAbsent(begin(point.time()), _ -> new Step()).add(fresh);
        }
    }

    /** The steps that have points, in order. */
    List<MetricStep> steps() {
        List<MetricStep> result = new ArrayList<>();
        steps.forEach((time, figures) -> result.add(figures.at(time)));
        return result;
    }

    private boolean within(MetricPoint point) {
        return point.start() != null && !point.start().isBefore(range.from());
    }

    /** Steps lie at multiples of their length since 1970, so that a later question finds the same ones. */
    private Instant begin(Instant time) {
        long millis = step.toMillis();
        return Instant.ofEpochMilli(Math.floorDiv(time.toEpochMilli(), millis) * millis);
    }

    private static MetricPoint since(MetricPoint before, MetricPoint now) {
        boolean anew =
                now.start() != null && before.start() != null && now.start().isAfter(before.start());
        boolean less = value(now) < value(before) || count(now) < count(before);
        if (anew || less) {
            return now; // it was started again: everything that it tells is new
        }
        MetricPoint.Buckets buckets = now.buckets();
        MetricPoint.Buckets earlier = before.buckets();
        return new MetricPoint(
                now.series(),
                now.kind(),
                false,
                now.time(),
                before.time(),
                now.value() == null ? null : value(now) - value(before),
                now.count() == null ? null : count(now) - count(before),
                now.sum() == null ? null : now.sum() - (before.sum() == null ? 0 : before.sum()),
                null, // of all its time, not of this step
                null,
                buckets == null || earlier == null ? null : buckets.since(earlier));
    }

    private static double value(MetricPoint point) {
        return point.value() == null ? 0 : point.value();
    }

    private static long count(MetricPoint point) {
        return point.count() == null ? 0 : point.count();
    }

    /**
     * The value below which a share of the observations lies, taken to be spread evenly within a bucket, as Prometheus' {@code
     * histogram_quantile} does; above the last bound it is that bound.
     *
     * @param counts by upper bound, infinity included
     * @return null: nothing was observed
     */
    static @Nullable Double quantile(double share, SortedMap<Double, Long> counts) {
        long all = counts.values().stream().mapToLong(Long::longValue).sum();
        if (all == 0) {
            return null;
        }
        double wanted = share * all;
        double below = 0;
        double lower = 0;
        for (Map.Entry<Double, Long> bucket : counts.entrySet()) {
            double bound = bucket.getKey();
            long count = bucket.getValue();
            if (count > 0 && below + count >= wanted) {
                if (Double.isInfinite(bound)) {
                    return lower;
                }
                double from = bound <= 0 ? bound : Math.min(lower, bound);
                return from + (bound - from) * (wanted - below) / count;
            }
            below += count;
            if (!Double.isInfinite(bound)) {
                lower = bound;
            }
        }
        return lower;
    }

    private static final class Step {

        private final List<Double> values = new ArrayList<>();
        private final SortedMap<Double, Long> buckets = new TreeMap<>();
        private long count;
        private double sum;
        private @Nullable Double min;
        private @Nullable Double max;

        void add(MetricPoint point) {
            if (point.value() != null) {
                values.add(point.value());
                count++;
                sum += point.value();
                bounds(point.value(), point.value());
            } else if (point.count() != null && point.count() > 0) {
                count += point.count();
                sum += point.sum() == null ? 0 : point.sum();
                bounds(point.min(), point.max());
                MetricPoint.Buckets counted = point.buckets();
                if (counted != null) {
                    for (int i = 0; i < counted.counts().length; i++) {
                        double bound = i < counted.bounds().length ? counted.bounds()[i] : Double.POSITIVE_INFINITY;
                        buckets.merge(bound, counted.counts()[i], Long::sum);
                    }
                }
            }
        }

        private void bounds(@Nullable Double least, @Nullable Double most) {
            if (least != null) {
                min = min == null ? least : Math.min(min, least);
            }
            if (most != null) {
                max = max == null ? most : Math.max(max, most);
            }
        }

        MetricStep at(Instant time) {
            return new MetricStep(time, count, sum, count == 0 ? null : sum / count, min, max, p95());
        }

        private @Nullable Double p95() {
            if (values.isEmpty()) {
                Double guess = quantile(QUANTILE, buckets);
                return guess != null && max != null ? Double.valueOf(Math.min(guess, max)) : guess;
            }
            Collections.sort(values);
            return values.get((int) Math.ceil(QUANTILE * values.size()) - 1);
        }
    }
}
