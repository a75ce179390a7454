package io.voiceagent.archiver.metrics;

import static io.voiceagent.archiver.otlp.OtlpText.storable;
import static io.voiceagent.archiver.otlp.OtlpText.storableOrNull;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.voiceagent.archiver.ingest.Decoded;
import io.voiceagent.archiver.ingest.InvalidPayloadException;
import io.voiceagent.archiver.ingest.PayloadDecoder;
import io.voiceagent.archiver.otlp.OtlpJson;
import io.voiceagent.archiver.otlp.OtlpText;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes an OTLP {@code ExportMetricsServiceRequest} (opentelemetry-proto, metrics/v1) into one row for each data point.
 * Names are kept unchanged. A metric without data, with a time beyond 2262, or with a name that is empty or over {@link
 * OtlpText#MAX_NAME_CHARS}, is refused by itself.
 */
public final class MetricDecoder implements PayloadDecoder<MetricRow> {

    @Override
    public Decoded<MetricRow> decode(byte[] payload) throws InvalidPayloadException {
        ExportMetricsServiceRequest request;
        try {
            request = ExportMetricsServiceRequest.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidPayloadException("not an OTLP metrics payload: " + e.getMessage(), e);
        }
        List<MetricRow> rows = new ArrayList<>();
        Refusals refusals = new Refusals();
        for (ResourceMetrics resourceMetrics : request.getResourceMetricsList()) {
            String service = OtlpText.serviceName(resourceMetrics.getResource());
            String resource = OtlpJson.attributes(resourceMetrics.getResource().getAttributesList());
            for (ScopeMetrics scopeMetrics : resourceMetrics.getScopeMetricsList()) {
                for (Metric metric : scopeMetrics.getMetricsList()) {
                    MetricRow.Metric shared = shared(service, resource, scopeMetrics, metric);
                    List<MetricRow> points = DataPoints.rows(shared, metric);
                    String fault = fault(metric, points);
                    if (fault == null) {
                        rows.addAll(points);
                    } else {
                        refusals.add(resourceMetrics, scopeMetrics, metric, fault);
                    }
                }
            }
        }
        return new Decoded<>(rows, refusals.refused());
    }

    private static @Nullable String fault(Metric metric, List<MetricRow> points) {
        if (metric.getName().isEmpty()) {
            return "name is empty";
        }
        if (metric.getName().length() > OtlpText.MAX_NAME_CHARS) {
            return "name is longer than " + OtlpText.MAX_NAME_CHARS + " characters";
        }
        if (metric.getDataCase() == Metric.DataCase.DATA_NOT_SET) {
            return "it has no data, or data of a kind that is not known here";
        }
        for (MetricRow point : points) {
            Long start = point.startUnixNano();
            if (point.timeUnixNano() < 0 || (start != null && start < 0)) {
                return "time_unix_nano or start_time_unix_nano is above 2^63 - 1";
            }
        }
        return null;
    }

    private static MetricRow.Metric shared(String service, String resource, ScopeMetrics scope, Metric metric) {
        return new MetricRow.Metric(
                service,
                storable(metric.getName()),
                kind(metric),
                storable(metric.getUnit()),
                temporality(metric),
                metric.hasSum() ? metric.getSum().getIsMonotonic() : null,
                resource,
                storableOrNull(scope.getScope().getName()),
                storableOrNull(scope.getScope().getVersion()));
    }

    private static String kind(Metric metric) {
        return switch (metric.getDataCase()) {
            case GAUGE -> "gauge";
            case SUM -> "sum";
            case HISTOGRAM -> "histogram";
            case EXPONENTIAL_HISTOGRAM -> "exponential_histogram";
            case SUMMARY -> "summary";
            case DATA_NOT_SET -> "none";
        };
    }

    private static @Nullable String temporality(Metric metric) {
        AggregationTemporality temporality = switch (metric.getDataCase()) {
            case SUM -> metric.getSum().getAggregationTemporality();
            case HISTOGRAM -> metric.getHistogram().getAggregationTemporality();
            case EXPONENTIAL_HISTOGRAM -> metric.getExponentialHistogram().getAggregationTemporality();
            case GAUGE, SUMMARY, DATA_NOT_SET -> AggregationTemporality.AGGREGATION_TEMPORALITY_UNSPECIFIED;
        };
        return switch (temporality) {
            case AGGREGATION_TEMPORALITY_DELTA -> "delta";
            case AGGREGATION_TEMPORALITY_CUMULATIVE -> "cumulative";
            case AGGREGATION_TEMPORALITY_UNSPECIFIED, UNRECOGNIZED -> null;
        };
    }

    /** Gathers refused metrics into a payload of the same format, each with its resource and scope. */
    private static final class Refusals {

        private final ExportMetricsServiceRequest.Builder request = ExportMetricsServiceRequest.newBuilder();
        private int count;
        private String reason = "";

        void add(ResourceMetrics resource, ScopeMetrics scope, Metric metric, String fault) {
            if (count++ == 0) {
                reason = fault;
            }
            request.addResourceMetrics(resource.toBuilder()
                    .clearScopeMetrics()
                    .addScopeMetrics(scope.toBuilder().clearMetrics().addMetrics(metric)));
        }

        Decoded.@Nullable Refused refused() {
            return count == 0 ? null : new Decoded.Refused(request.build().toByteArray(), count, reason);
        }
    }
}
