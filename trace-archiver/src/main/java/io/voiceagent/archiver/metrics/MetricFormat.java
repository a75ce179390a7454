package io.voiceagent.archiver.metrics;

import io.voiceagent.archiver.ingest.CopyEncoder;
import io.voiceagent.archiver.ingest.RowFormat;
import java.util.List;

/** Writes data points to the table {@code performance_metrics}. */
public final class MetricFormat implements RowFormat<MetricRow> {

    private static final List<String> COLUMNS = List.of(
            "service_name",
            "name",
            "kind",
            "unit",
            "temporality",
            "monotonic",
            "time",
            "start_time",
            "value",
            "count",
            "sum",
            "min",
            "max",
            "buckets",
            "attributes",
            "resource",
            "exemplars",
            "scope_name",
            "scope_version");

    @Override
    public String table() {
        return "performance_metrics";
    }

    @Override
    public List<String> columns() {
        return COLUMNS;
    }

    @Override
    public void write(MetricRow row, CopyEncoder out) {
        MetricRow.Metric metric = row.metric();
        out.text(metric.serviceName())
                .text(metric.name())
                .text(metric.kind())
                .text(metric.unit())
                .text(metric.temporality())
                .bool(metric.monotonic())
                .timestamptz(row.timeUnixNano())
                .timestamptz(row.startUnixNano())
                .float8(row.value());
        MetricRow.Distribution distribution = row.distribution();
        if (distribution == null) {
            out.bigint(null).float8(null).float8(null).float8(null).jsonb(null);
        } else {
            out.bigint(distribution.count())
                    .float8(distribution.sum())
                    .float8(distribution.min())
                    .float8(distribution.max())
                    .jsonb(distribution.buckets());
        }
        out.jsonb(row.attributes())
                .jsonb(metric.resource())
                .jsonb(row.exemplars())
                .text(metric.scopeName())
                .text(metric.scopeVersion());
    }
}
