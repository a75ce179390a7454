package io.voiceagent.archiver.metrics;

import io.opentelemetry.proto.metrics.v1.DataPointFlags;
import io.opentelemetry.proto.metrics.v1.Exemplar;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.voiceagent.archiver.metrics.MetricRow.Distribution;
import io.voiceagent.archiver.otlp.OtlpJson;
import io.voiceagent.archiver.otlp.OtlpText;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** The data points of one metric as rows, kind by kind. */
final class DataPoints {

    private static final String NONE = "[]";

    private DataPoints() {}

    static List<MetricRow> rows(MetricRow.Metric shared, Metric metric) {
        return switch (metric.getDataCase()) {
            case GAUGE -> numbers(shared, metric.getGauge().getDataPointsList());
            case SUM -> numbers(shared, metric.getSum().getDataPointsList());
            case HISTOGRAM ->
                metric.getHistogram().getDataPointsList().stream()
                        .map(point -> histogram(shared, point))
                        .toList();
            case EXPONENTIAL_HISTOGRAM ->
                metric.getExponentialHistogram().getDataPointsList().stream()
                        .map(point -> exponential(shared, point))
                        .toList();
            case SUMMARY ->
                metric.getSummary().getDataPointsList().stream()
                        .map(point -> summary(shared, point))
                        .toList();
            case DATA_NOT_SET -> List.of();
        };
    }

    private static List<MetricRow> numbers(MetricRow.Metric shared, List<NumberDataPoint> points) {
        return points.stream().map(point -> number(shared, point)).toList();
    }

    private static MetricRow number(MetricRow.Metric shared, NumberDataPoint point) {
        Double value = recorded(point.getFlags())
                ? switch (point.getValueCase()) {
                    case AS_DOUBLE -> (Double) point.getAsDouble();
                    case AS_INT -> (Double) (double) point.getAsInt();
                    case VALUE_NOT_SET -> null;
                }
                : null;
        return new MetricRow(
                shared,
                point.getTimeUnixNano(),
                start(point.getStartTimeUnixNano()),
                value,
                null,
                OtlpJson.attributes(point.getAttributesList()),
                exemplars(point.getExemplarsList()));
    }

    private static MetricRow histogram(MetricRow.Metric shared, HistogramDataPoint point) {
        String buckets = OtlpJson.write(json -> {
            json.writeStartObject();
            json.writeName("bounds");
            json.writeStartArray();
            point.getExplicitBoundsList().forEach(bound -> OtlpJson.number(json, bound));
            json.writeEndArray();
            counts(json, "counts", point.getBucketCountsList());
            json.writeEndObject();
        });
        Distribution distribution = new Distribution(
                point.getCount(),
                point.hasSum() ? point.getSum() : null,
                point.hasMin() ? point.getMin() : null,
                point.hasMax() ? point.getMax() : null,
                buckets);
        return new MetricRow(
                shared,
                point.getTimeUnixNano(),
                start(point.getStartTimeUnixNano()),
                null,
                recorded(point.getFlags()) ? distribution : null,
                OtlpJson.attributes(point.getAttributesList()),
                exemplars(point.getExemplarsList()));
    }

    private static MetricRow exponential(MetricRow.Metric shared, ExponentialHistogramDataPoint point) {
        String buckets = OtlpJson.write(json -> {
            json.writeStartObject();
            json.writeNumberProperty("scale", point.getScale());
            json.writeNumberProperty("zero_count", point.getZeroCount());
            json.writeName("zero_threshold");
            OtlpJson.number(json, point.getZeroThreshold());
            side(json, "positive", point.getPositive());
            side(json, "negative", point.getNegative());
            json.writeEndObject();
        });
        Distribution distribution = new Distribution(
                point.getCount(),
                point.hasSum() ? point.getSum() : null,
                point.hasMin() ? point.getMin() : null,
                point.hasMax() ? point.getMax() : null,
                buckets);
        return new MetricRow(
                shared,
                point.getTimeUnixNano(),
                start(point.getStartTimeUnixNano()),
                null,
                recorded(point.getFlags()) ? distribution : null,
                OtlpJson.attributes(point.getAttributesList()),
                exemplars(point.getExemplarsList()));
    }

    private static MetricRow summary(MetricRow.Metric shared, SummaryDataPoint point) {
        String buckets = OtlpJson.write(json -> {
            json.writeStartObject();
            json.writeName("quantiles");
            json.writeStartArray();
            for (SummaryDataPoint.ValueAtQuantile quantile : point.getQuantileValuesList()) {
                json.writeStartObject();
                json.writeName("quantile");
                OtlpJson.number(json, quantile.getQuantile());
                json.writeName("value");
                OtlpJson.number(json, quantile.getValue());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
        return new MetricRow(
                shared,
                point.getTimeUnixNano(),
                start(point.getStartTimeUnixNano()),
                null,
                recorded(point.getFlags())
                        ? new Distribution(point.getCount(), point.getSum(), null, null, buckets)
                        : null,
                OtlpJson.attributes(point.getAttributesList()),
                NONE);
    }

    private static void side(JsonGenerator json, String name, ExponentialHistogramDataPoint.Buckets buckets) {
        json.writeName(name);
        json.writeStartObject();
        json.writeNumberProperty("offset", buckets.getOffset());
        counts(json, "counts", buckets.getBucketCountsList());
        json.writeEndObject();
    }

    private static void counts(JsonGenerator json, String name, List<Long> counts) {
        json.writeName(name);
        json.writeStartArray();
        counts.forEach(count -> json.writeNumber((long) count));
        json.writeEndArray();
    }

    private static String exemplars(List<Exemplar> exemplars) {
        if (exemplars.isEmpty()) {
            return NONE;
        }
        return OtlpJson.write(json -> {
            json.writeStartArray();
            exemplars.forEach(exemplar -> exemplar(json, exemplar));
            json.writeEndArray();
        });
    }

    private static void exemplar(JsonGenerator json, Exemplar exemplar) {
        json.writeStartObject();
        json.writeStringProperty("time", OtlpText.time(exemplar.getTimeUnixNano()));
        json.writeName("value");
        switch (exemplar.getValueCase()) {
            case AS_DOUBLE -> OtlpJson.number(json, exemplar.getAsDouble());
            case AS_INT -> json.writeNumber(exemplar.getAsInt());
            case VALUE_NOT_SET -> json.writeNull();
        }
        json.writeStringProperty("trace_id", OtlpText.hex(exemplar.getTraceId()));
        json.writeStringProperty("span_id", OtlpText.hex(exemplar.getSpanId()));
        json.writeName("attributes");
        OtlpJson.attributes(json, exemplar.getFilteredAttributesList());
        json.writeEndObject();
    }

    /** The flag that a sender sets when there is no measurement: the series has ended. */
    private static boolean recorded(int flags) {
        return (flags & DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK_VALUE) == 0;
    }

    private static @Nullable Long start(long unixNano) {
        return unixNano == 0 ? null : unixNano;
    }
}
