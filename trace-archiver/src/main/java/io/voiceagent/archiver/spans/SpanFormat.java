package io.voiceagent.archiver.spans;

import io.voiceagent.archiver.ingest.CopyEncoder;
import io.voiceagent.archiver.ingest.RowFormat;
import java.util.List;

/** Writes spans to the table {@code trace_spans}. */
public final class SpanFormat implements RowFormat<SpanRow> {

    private static final List<String> COLUMNS = List.of(
            "trace_id",
            "span_id",
            "parent_span_id",
            "service_name",
            "name",
            "kind",
            "start_time",
            "end_time",
            "start_unix_nano",
            "duration_ms",
            "status",
            "status_message",
            "trace_state",
            "scope_name",
            "scope_version",
            "attributes",
            "resource",
            "events",
            "links");

    @Override
    public String table() {
        return "trace_spans";
    }

    @Override
    public List<String> columns() {
        return COLUMNS;
    }

    @Override
    public void write(SpanRow row, CopyEncoder out) {
        out.text(row.traceId())
                .text(row.spanId())
                .text(row.parentSpanId())
                .text(row.serviceName())
                .text(row.name())
                .text(row.kind())
                .timestamptz(row.startUnixNano())
                .timestamptz(row.endUnixNano())
                .bigint(row.startUnixNano())
                .float8(row.durationMillis())
                .text(row.status())
                .text(row.statusMessage())
                .text(row.traceState())
                .text(row.scopeName())
                .text(row.scopeVersion())
                .jsonb(row.attributes())
                .jsonb(row.resource())
                .jsonb(row.events())
                .jsonb(row.links());
    }
}
