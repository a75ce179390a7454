package io.voiceagent.archiver.query;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.util.RawValue;

/** Traces in the JSON of the archive's own API. Pure functions. */
final class TraceJson {

    private static final long NANOS = 1_000_000_000L;

    private TraceJson() {}

    /** What a search found. */
    static ObjectNode found(TraceReader.Page page) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        ArrayNode traces = json.putArray("traces");
        page.traces().forEach(trace -> traces.add(summary(trace)));
        json.put(
                "next_cursor",
                page.more() && !page.traces().isEmpty()
                        ? Cursor.write(page.traces().getLast().position())
                        : null);
        return json;
    }

    private static ObjectNode summary(TraceSummary trace) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("trace_id", trace.traceId());
        json.put("service", trace.rootService());
        json.put("operation", trace.rootOperation());
        json.put("status", trace.rootStatus());
        json.put("start_time", time(trace.startUnixNano()));
        json.put("duration_ms", millis(trace.endUnixNano() - trace.startUnixNano()));
        json.put("spans", trace.spans());
        json.put("errors", trace.errors());
        ArrayNode services = json.putArray("services");
        trace.services()
                .forEach(share -> services.addObject()
                        .put("service", share.service())
                        .put("spans", share.spans())
                        .put("errors", share.errors()));
        return json;
    }

    /** A whole trace. */
    static ObjectNode trace(Trace trace) {
        long start = trace.startUnixNano();
        long end = trace.spans().stream()
                .mapToLong(span -> span.startUnixNano() + span.durationNanos())
                .max()
                .orElse(start);
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("trace_id", trace.id());
        json.put("start_time", time(start));
        json.put("duration_ms", millis(end - start));
        json.put("truncated", trace.cut());
        ArrayNode spans = json.putArray("spans");
        trace.spans().forEach(span -> spans.add(span(span, start)));
        return json;
    }

    private static ObjectNode span(StoredSpan span, long traceStart) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("span_id", span.spanId());
        json.put("parent_span_id", span.parentSpanId());
        json.put("service", span.service());
        json.put("operation", span.name());
        json.put("kind", span.kind());
        json.put("start_time", time(span.startUnixNano()));
        json.put("offset_ms", millis(span.startUnixNano() - traceStart));
        json.put("duration_ms", millis(span.durationNanos()));
        json.put("status", span.status());
        json.put("status_message", span.statusMessage());
        json.set("scope", scope(span));
        // JSON already, by the database's own word
        json.putRawValue("attributes", new RawValue(span.attributes()));
        json.putRawValue("resource", new RawValue(span.resource()));
        json.putRawValue("events", new RawValue(span.events()));
        json.putRawValue("links", new RawValue(span.links()));
        return json;
    }

    private static @Nullable ObjectNode scope(StoredSpan span) {
        return span.scopeName() == null
                ? null
                : JsonMapper.shared()
                        .createObjectNode()
                        .put("name", span.scopeName())
                        .put("version", span.scopeVersion());
    }

    private static String time(long unixNano) {
        return Instant.ofEpochSecond(Math.floorDiv(unixNano, NANOS), Math.floorMod(unixNano, NANOS))
                .toString();
    }

    private static double millis(long nanos) {
        return nanos / 1e6;
    }
}
