package io.voiceagent.transport.telemetry;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;

/** Counts what an exporter of the SDK takes, brings to its end, and gives up after its own retries. */
record CountedSpanExporter(SpanExporter exporter, SpanCounts counts) implements SpanExporter {
    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        int number = spans.size();
        counts.taken(number);
        CompletableResultCode result = exporter.export(spans);
        result.whenComplete(() -> {
            if (result.isSuccess()) {
                counts.exported(number);
            } else {
                counts.unsent(number);
            }
        });
        return result;
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
