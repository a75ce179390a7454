package io.voiceagent.archiver.metrics;

import org.jspecify.annotations.Nullable;

/**
 * One data point of a metric, as a row of {@code performance_metrics}.
 *
 * @param metric what it is a point of
 * @param timeUnixNano nanoseconds since 1970, not negative
 * @param startUnixNano begin of the interval that the point covers; null when the sender gives none
 * @param value of a gauge or a sum, where one was recorded; integers beyond 2^53 are rounded
 * @param distribution of a histogram or summary, where one was recorded
 * @param attributes JSON object
 * @param exemplars JSON array of objects with time, value, trace_id, span_id, attributes
 */
public record MetricRow(
        Metric metric,
        long timeUnixNano,
        @Nullable Long startUnixNano,
        @Nullable Double value,
        @Nullable Distribution distribution,
        String attributes,
        String exemplars) {

    /**
     * What all points of one metric in a payload share.
     *
     * @param kind gauge, sum, histogram, exponential_histogram, summary
     * @param unit UCUM code; empty when none is given
     * @param temporality delta or cumulative; null where the kind has none
     * @param monotonic of a sum; null elsewhere
     * @param resource JSON object
     */
    public record Metric(
            String serviceName,
            String name,
            String kind,
            String unit,
            @Nullable String temporality,
            @Nullable Boolean monotonic,
            String resource,
            @Nullable String scopeName,
            @Nullable String scopeVersion) {}

    /**
     * How the measurements of an interval are distributed.
     *
     * @param count how many, unsigned in OTLP and taken as it is
     * @param sum of all; null where the sender gives none
     * @param buckets JSON object: {@code bounds} and {@code counts} (one more than bounds) of a histogram; {@code scale},
     *     {@code zero_count}, {@code zero_threshold}, {@code positive} and {@code negative} (each {@code offset}, {@code
     *     counts}) of an exponential one; {@code quantiles} (each {@code quantile}, {@code value}) of a summary
     */
    public record Distribution(
            long count,
            @Nullable Double sum,
            @Nullable Double min,
            @Nullable Double max,
            String buckets) {}
}
