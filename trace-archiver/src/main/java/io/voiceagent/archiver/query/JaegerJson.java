package io.voiceagent.archiver.query;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Traces in the JSON of Jaeger's query service. Pure functions.
 *
 * <p>Times are microseconds. A parent is a reference {@code CHILD_OF}, a link {@code FOLLOWS_FROM}. What OpenTelemetry has and Jaeger has not
 * become tags, by OpenTelemetry's own rules: {@code span.kind}, {@code error}, {@code otel.status_code}, {@code otel.status_description}, {@code
 * otel.scope.name}, {@code otel.scope.version}.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/">OpenTelemetry to Jaeger transformation</a>
 * @see <a href="https://www.jaegertracing.io/docs/latest/architecture/apis/">Jaeger's APIs</a>
 */
final class JaegerJson {

    /** The largest whole number that every reader of JSON keeps. */
    private static final long MAX_SAFE = (1L << 53) - 1;

    private JaegerJson() {}

    /** The frame of every answer. */
    static ObjectNode envelope(JsonNode data, int total, int limit) {
        ObjectNode answer = JsonMapper.shared().createObjectNode();
        answer.set("data", data);
        answer.put("total", total);
        answer.put("limit", limit);
        answer.put("offset", 0);
        answer.putNull("errors");
        return answer;
    }

    /** The frame of an answer that tells what was wrong. */
    static ObjectNode error(int status, String message) {
        ObjectNode answer = envelope(JsonMapper.shared().nullNode(), 0, 0);
        answer.putArray("errors").addObject().put("code", status).put("msg", message);
        return answer;
    }

    /** A list of texts. */
    static ArrayNode texts(List<String> texts) {
        ArrayNode array = JsonMapper.shared().createArrayNode();
        texts.forEach(array::add);
        return array;
    }

    /** Traces. */
    static ArrayNode traces(List<Trace> traces) {
        ArrayNode array = JsonMapper.shared().createArrayNode();
        traces.forEach(trace -> array.add(trace(trace)));
        return array;
    }

    private static ObjectNode trace(Trace trace) {
        Map<Process, String> processes = new LinkedHashMap<>();
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("traceID", trace.id());
        ArrayNode spans = json.putArray("spans");
        for (StoredSpan span : trace.spans()) {
            String process = processes.computeIfAbsent(
                    new Process(span.service(), span.resource()), _ -> "p" + (processes.size() + 1));
            spans.add(span(span, process));
        }
        ObjectNode named = json.putObject("processes");
        processes.forEach((process, id) -> {
            ObjectNode one = named.putObject(id);
            one.put("serviceName", process.service());
            ObjectNode resource = object(process.resource());
            resource.remove("service.name");
            tags(one.putArray("tags"), resource);
        });
        if (trace.cut()) {
            json.putArray("warnings").add("the trace has more spans than one answer holds");
        } else {
            json.putNull("warnings");
        }
        return json;
    }

    private record Process(String service, String resource) {}

    private static ObjectNode span(StoredSpan span, String process) {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("traceID", span.traceId());
        json.put("spanID", span.spanId());
        json.put("operationName", span.name());
        ArrayNode references = json.putArray("references");
        if (span.parentSpanId() != null) {
            reference(references, "CHILD_OF", span.traceId(), span.parentSpanId());
        }
        for (JsonNode link : array(span.links())) {
            reference(
                    references,
                    "FOLLOWS_FROM",
                    link.path("trace_id").asString(""),
                    link.path("span_id").asString(""));
        }
        json.put("startTime", span.startUnixNano() / 1_000);
        json.put("duration", span.durationNanos() / 1_000);
        ArrayNode tags = json.putArray("tags");
        tags(tags, object(span.attributes()));
        described(tags, span);
        ArrayNode logs = json.putArray("logs");
        array(span.events()).forEach(event -> log(logs, event));
        json.put("processID", process);
        json.putNull("warnings");
        return json;
    }

    private static void reference(ArrayNode references, String type, String traceId, String spanId) {
        references.addObject().put("refType", type).put("traceID", traceId).put("spanID", spanId);
    }

    private static void described(ArrayNode tags, StoredSpan span) {
        if (!span.kind().equals("unspecified")) {
            text(tags, "span.kind", span.kind());
        }
        if (span.status().equals("error")) {
            tags.addObject().put("key", "error").put("type", "bool").put("value", true);
        }
        if (!span.status().equals("unset")) {
            text(tags, "otel.status_code", span.status().equals("error") ? "ERROR" : "OK");
        }
        if (span.statusMessage() != null) {
            text(tags, "otel.status_description", span.statusMessage());
        }
        if (span.scopeName() != null) {
            text(tags, "otel.scope.name", span.scopeName());
        }
        if (span.scopeVersion() != null) {
            text(tags, "otel.scope.version", span.scopeVersion());
        }
    }

    private static void log(ArrayNode logs, JsonNode event) {
        ObjectNode log = logs.addObject();
        log.put("timestamp", micros(event.path("time").asString("")));
        ArrayNode fields = log.putArray("fields");
        text(fields, "event", event.path("name").asString(""));
        if (event.path("attributes") instanceof ObjectNode attributes) {
            tags(fields, attributes);
        }
    }

    private static long micros(String time) {
        try {
            Instant instant = Instant.parse(time);
            return instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1_000;
        } catch (DateTimeParseException e) {
            return 0; // only a row that somebody else has written has such a time
        }
    }

    private static void tags(ArrayNode tags, ObjectNode attributes) {
        for (Map.Entry<String, JsonNode> attribute : attributes.properties()) {
            ObjectNode tag = tags.addObject().put("key", attribute.getKey());
            JsonNode value = attribute.getValue();
            if (value.isBoolean()) {
                tag.put("type", "bool").put("value", value.booleanValue());
            } else if (value.isIntegralNumber() && value.canConvertToLong()) {
                tag.put("type", "int64");
                long number = value.longValue();
                if (Math.abs(number) <= MAX_SAFE) {
                    tag.put("value", number);
                } else {
                    tag.put("value", Long.toString(number));
                }
            } else if (value.isNumber()) {
                tag.put("type", "float64").put("value", value.doubleValue());
            } else {
                tag.put("type", "string").put("value", value.isString() ? value.stringValue() : value.toString());
            }
        }
    }

    private static void text(ArrayNode tags, String key, String value) {
        tags.addObject().put("key", key).put("type", "string").put("value", value);
    }

    private static ObjectNode object(String json) {
        return JsonMapper.shared().readTree(json) instanceof ObjectNode object
                ? object
                : JsonMapper.shared().createObjectNode();
    }

    private static ArrayNode array(String json) {
        return JsonMapper.shared().readTree(json) instanceof ArrayNode array
                ? array
                : JsonMapper.shared().createArrayNode();
    }
}
