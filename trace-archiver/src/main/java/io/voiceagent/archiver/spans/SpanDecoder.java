package io.voiceagent.archiver.spans;

import static io.voiceagent.archiver.otlp.OtlpText.hex;
import static io.voiceagent.archiver.otlp.OtlpText.storable;
import static io.voiceagent.archiver.otlp.OtlpText.storableOrNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.voiceagent.archiver.ingest.Decoded;
import io.voiceagent.archiver.ingest.InvalidPayloadException;
import io.voiceagent.archiver.ingest.PayloadDecoder;
import io.voiceagent.archiver.otlp.OtlpJson;
import io.voiceagent.archiver.otlp.OtlpText;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Decodes an OTLP {@code ExportTraceServiceRequest} (opentelemetry-proto, trace/v1) into rows. A span that breaks a rule
 * of the data model (an id of the wrong length or all zero, a time beyond 2262, a name over {@link
 * OtlpText#MAX_NAME_CHARS}) is refused by itself.
 */
public final class SpanDecoder implements PayloadDecoder<SpanRow> {

    private static final String NONE = "[]";
    private static final int TRACE_ID_BYTES = 16;
    private static final int SPAN_ID_BYTES = 8;

    @Override
    public Decoded<SpanRow> decode(byte[] payload) throws InvalidPayloadException {
        ExportTraceServiceRequest request;
        try {
            request = ExportTraceServiceRequest.parseFrom(payload);
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidPayloadException("not an OTLP trace payload: " + e.getMessage(), e);
        }
        List<SpanRow> rows = new ArrayList<>();
        Refusals refusals = new Refusals();
        for (ResourceSpans resourceSpans : request.getResourceSpansList()) {
            String service = OtlpText.serviceName(resourceSpans.getResource());
            String resource = OtlpJson.attributes(resourceSpans.getResource().getAttributesList());
            for (ScopeSpans scopeSpans : resourceSpans.getScopeSpansList()) {
                for (Span span : scopeSpans.getSpansList()) {
                    String fault = fault(span);
                    if (fault == null) {
                        rows.add(row(service, resource, scopeSpans.getScope(), span));
                    } else {
                        refusals.add(resourceSpans, scopeSpans, span, fault);
                    }
                }
            }
        }
        return new Decoded<>(rows, refusals.refused());
    }

    private static @Nullable String fault(Span span) {
        if (!isId(span.getTraceId(), TRACE_ID_BYTES)) {
            return "trace_id is not 16 bytes with one that is not 0";
        }
        if (!isId(span.getSpanId(), SPAN_ID_BYTES)) {
            return "span_id is not 8 bytes with one that is not 0";
        }
        if (!span.getParentSpanId().isEmpty() && span.getParentSpanId().size() != SPAN_ID_BYTES) {
            return "parent_span_id is neither empty nor 8 bytes";
        }
        if (span.getStartTimeUnixNano() < 0 || span.getEndTimeUnixNano() < 0) {
            return "start_time_unix_nano or end_time_unix_nano is above 2^63 - 1";
        }
        if (span.getName().length() > OtlpText.MAX_NAME_CHARS) {
            return "name is longer than " + OtlpText.MAX_NAME_CHARS + " characters";
        }
        return null;
    }

    private static boolean isId(ByteString id, int bytes) {
        return id.size() == bytes && !isZero(id);
    }

    private static boolean isZero(ByteString id) {
        for (int i = 0; i < id.size(); i++) {
            if (id.byteAt(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static SpanRow row(String service, String resource, InstrumentationScope scope, Span span) {
        boolean root = isZero(span.getParentSpanId());
        return new SpanRow(
                hex(span.getTraceId()),
                hex(span.getSpanId()),
                root ? null : hex(span.getParentSpanId()),
                service,
                storable(span.getName()),
                kind(span.getKind()),
                span.getStartTimeUnixNano(),
                span.getEndTimeUnixNano(),
                status(span.getStatus()),
                storableOrNull(span.getStatus().getMessage()),
                storableOrNull(span.getTraceState()),
                storableOrNull(scope.getName()),
                storableOrNull(scope.getVersion()),
                OtlpJson.attributes(span.getAttributesList()),
                resource,
                events(span.getEventsList()),
                links(span.getLinksList()));
    }

    private static String kind(Span.SpanKind kind) {
        return switch (kind) {
            case SPAN_KIND_INTERNAL -> "internal";
            case SPAN_KIND_SERVER -> "server";
            case SPAN_KIND_CLIENT -> "client";
            case SPAN_KIND_PRODUCER -> "producer";
            case SPAN_KIND_CONSUMER -> "consumer";
            case SPAN_KIND_UNSPECIFIED, UNRECOGNIZED -> "unspecified";
        };
    }

    private static String status(Status status) {
        return switch (status.getCode()) {
            case STATUS_CODE_OK -> "ok";
            case STATUS_CODE_ERROR -> "error";
            case STATUS_CODE_UNSET, UNRECOGNIZED -> "unset";
        };
    }

    private static String events(List<Span.Event> events) {
        if (events.isEmpty()) {
            return NONE;
        }
        return OtlpJson.write(json -> {
            json.writeStartArray();
            for (Span.Event event : events) {
                json.writeStartObject();
                json.writeStringProperty("name", storable(event.getName()));
                json.writeStringProperty("time", OtlpText.time(event.getTimeUnixNano()));
                json.writeName("attributes");
                OtlpJson.attributes(json, event.getAttributesList());
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    private static String links(List<Span.Link> links) {
        if (links.isEmpty()) {
            return NONE;
        }
        return OtlpJson.write(json -> {
            json.writeStartArray();
            links.forEach(link -> link(json, link));
            json.writeEndArray();
        });
    }

    private static void link(JsonGenerator json, Span.Link link) {
        json.writeStartObject();
        json.writeStringProperty("trace_id", hex(link.getTraceId()));
        json.writeStringProperty("span_id", hex(link.getSpanId()));
        String state = storableOrNull(link.getTraceState());
        if (state != null) {
            json.writeStringProperty("trace_state", state);
        }
        json.writeName("attributes");
        OtlpJson.attributes(json, link.getAttributesList());
        json.writeEndObject();
    }

    /** Gathers refused spans into a payload of the same format, each with its resource and scope. */
    private static final class Refusals {

        private final ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
        private int count;
        private String reason = "";

        void add(ResourceSpans resource, ScopeSpans scope, Span span, String fault) {
            if (count++ == 0) {
                reason = fault;
            }
            request.addResourceSpans(resource.toBuilder()
                    .clearScopeSpans()
                    .addScopeSpans(scope.toBuilder().clearSpans().addSpans(span)));
        }

        Decoded.@Nullable Refused refused() {
            return count == 0 ? null : new Decoded.Refused(request.build().toByteArray(), count, reason);
        }
    }
}
