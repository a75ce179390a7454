package io.voiceagent.archiver.metrics;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.DataPointFlags;
import io.opentelemetry.proto.metrics.v1.Exemplar;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.voiceagent.archiver.otlp.OtlpArbitraries;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Metrics to test with. */
public final class MetricSamples {

    private MetricSamples() {}

    /** Requests of valid metrics of every kind. */
    public static Arbitrary<ExportMetricsServiceRequest> requests() {
        Arbitrary<ScopeMetrics> scopes = Combinators.combine(
                        OtlpArbitraries.scopes(), metrics().list().ofMaxSize(3))
                .as((scope, metrics) -> ScopeMetrics.newBuilder()
                        .setScope(scope)
                        .addAllMetrics(metrics)
                        .build());
        return Combinators.combine(OtlpArbitraries.resources(), scopes.list().ofMaxSize(2))
                .as((resource, list) -> ExportMetricsServiceRequest.newBuilder()
                        .addResourceMetrics(ResourceMetrics.newBuilder()
                                .setResource(resource)
                                .addAllScopeMetrics(list))
                        .build());
    }

    private static Arbitrary<Metric> metrics() {
        Arbitrary<Metric> kinds = Arbitraries.oneOf(
                numbers()
                        .list()
                        .ofMaxSize(3)
                        .map(points -> Metric.newBuilder()
                                .setGauge(Gauge.newBuilder().addAllDataPoints(points))
                                .build()),
                Combinators.combine(numbers().list().ofMaxSize(3), temporalities(), Arbitraries.of(true, false))
                        .as((points, temporality, monotonic) -> Metric.newBuilder()
                                .setSum(Sum.newBuilder()
                                        .addAllDataPoints(points)
                                        .setAggregationTemporality(temporality)
                                        .setIsMonotonic(monotonic))
                                .build()),
                Combinators.combine(histograms().list().ofMaxSize(3), temporalities())
                        .as((points, temporality) -> Metric.newBuilder()
                                .setHistogram(Histogram.newBuilder()
                                        .addAllDataPoints(points)
                                        .setAggregationTemporality(temporality))
                                .build()),
                exponentials()
                        .list()
                        .ofMaxSize(3)
                        .map(points -> Metric.newBuilder()
                                .setExponentialHistogram(
                                        ExponentialHistogram.newBuilder().addAllDataPoints(points))
                                .build()),
                summaries()
                        .list()
                        .ofMaxSize(3)
                        .map(points -> Metric.newBuilder()
                                .setSummary(Summary.newBuilder().addAllDataPoints(points))
                                .build()));
        return Combinators.combine(kinds, OtlpArbitraries.texts(), OtlpArbitraries.texts())
                .as((metric, name, unit) ->
                        metric.toBuilder().setName("m" + name).setUnit(unit).build());
    }

    private static Arbitrary<AggregationTemporality> temporalities() {
        return Arbitraries.of(AggregationTemporality.values())
                .filter(temporality -> temporality != AggregationTemporality.UNRECOGNIZED);
    }

    private static Arbitrary<Long> times() {
        return Arbitraries.longs().between(0, Long.MAX_VALUE);
    }

    private static Arbitrary<NumberDataPoint> numbers() {
        return Combinators.combine(
                        times(),
                        times(),
                        OtlpArbitraries.doubles(),
                        Arbitraries.longs(),
                        Arbitraries.integers().between(0, 3),
                        OtlpArbitraries.attributes())
                .as((time, start, real, whole, form, attributes) -> {
                    NumberDataPoint.Builder point = NumberDataPoint.newBuilder()
                            .setTimeUnixNano(time)
                            .setStartTimeUnixNano(start)
                            .addAllAttributes(attributes);
                    return switch (form) {
                        case 0 -> point.setAsDouble(real).build();
                        case 1 -> point.setAsInt(whole).build();
                        case 2 ->
                            point.setFlags(DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK_VALUE)
                                    .build();
                        default ->
                            point.setAsDouble(real)
                                    .addExemplars(Exemplar.newBuilder()
                                            .setAsInt(whole)
                                            .setTimeUnixNano(time))
                                    .build();
                    };
                });
    }

    private static Arbitrary<HistogramDataPoint> histograms() {
        return Combinators.combine(
                        times(),
                        OtlpArbitraries.doubles(),
                        OtlpArbitraries.doubles().list().ofMaxSize(3),
                        Arbitraries.longs().list().ofMaxSize(3),
                        OtlpArbitraries.attributes())
                .as((time, sum, bounds, counts, attributes) -> HistogramDataPoint.newBuilder()
                        .setTimeUnixNano(time)
                        .setCount(counts.size())
                        .setSum(sum)
                        .setMin(-sum)
                        .addAllExplicitBounds(bounds)
                        .addAllBucketCounts(counts)
                        .addAllAttributes(attributes)
                        .build());
    }

    private static Arbitrary<ExponentialHistogramDataPoint> exponentials() {
        return Combinators.combine(
                        times(),
                        Arbitraries.integers(),
                        OtlpArbitraries.doubles(),
                        Arbitraries.longs().list().ofMaxSize(3))
                .as((time, scale, threshold, counts) -> ExponentialHistogramDataPoint.newBuilder()
                        .setTimeUnixNano(time)
                        .setScale(scale)
                        .setZeroThreshold(threshold)
                        .setNegative(ExponentialHistogramDataPoint.Buckets.newBuilder()
                                .setOffset(-scale)
                                .addAllBucketCounts(counts))
                        .build());
    }

    private static Arbitrary<SummaryDataPoint> summaries() {
        return Combinators.combine(times(), OtlpArbitraries.doubles(), OtlpArbitraries.doubles())
                .as((time, quantile, value) -> SummaryDataPoint.newBuilder()
                        .setTimeUnixNano(time)
                        .setSum(value)
                        .addQuantileValues(SummaryDataPoint.ValueAtQuantile.newBuilder()
                                .setQuantile(quantile)
                                .setValue(value))
                        .build());
    }
}
