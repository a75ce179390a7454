package io.voiceagent.transport.telemetry;

import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;

/**
 * Spans as the bytes of an OTLP {@code ExportTraceServiceRequest}.
 *
 * <p>The SDK publishes no API for this; the class it uses itself is internal, so this is the only place that names it.
 */
final class OtlpSpans {
    private OtlpSpans() {}

    static byte[] encode(Collection<SpanData> spans) {
        TraceRequestMarshaler request = TraceRequestMarshaler.create(spans);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(request.getBinarySerializedSize());
        try {
            request.writeBinaryTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("Writing to memory does not fail", e);
        }
        return bytes.toByteArray();
    }
}
