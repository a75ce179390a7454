package io.voiceagent.transport.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** What the exporter does with spans that are too large or can't be sent; every one is counted once. */
class KafkaSpanExporterTest {
    private final SpanCounts counts = new SpanCounts(SpanCounts.Destination.ARCHIVE);

    @Test
    void aLargeBatchIsSplitAndAnOversizeSpanIsGivenUp() throws Exception {
        MockProducer<String, byte[]> producer = producer(true);
        KafkaSpanExporter exporter = new KafkaSpanExporter(producer, "spans", 0, 400, counts);

        var result = exporter.export(spans(8, 1_000));

        assertThat(result.isSuccess()).isFalse();
        int sent = 0;
        for (var record : producer.history()) {
            assertThat(record.value().length).isLessThanOrEqualTo(400);
            sent += ExportTraceServiceRequest.parseFrom(record.value())
                    .getResourceSpans(0)
                    .getScopeSpans(0)
                    .getSpansCount();
        }
        assertThat(sent).isEqualTo(8);
        assertThat(counts.exported()).isEqualTo(8);
        assertThat(counts.lost()).isEqualTo(1);
    }

    @Test
    void aRefusedBatchIsCounted() {
        MockProducer<String, byte[]> producer = producer(false);
        KafkaSpanExporter exporter = new KafkaSpanExporter(producer, "spans", 0, 100_000, counts);

        var result = exporter.export(spans(3, 0));
        producer.errorNext(new TimeoutException("away"));

        assertThat(result.isDone()).isTrue();
        assertThat(result.isSuccess()).isFalse();
        assertThat(counts.lost()).isEqualTo(4);
        producer.close();
        assertThat(exporter.export(spans(1, 0)).isSuccess()).isFalse();
        assertThat(counts.lost()).isEqualTo(6);
    }

    @Test
    void aFullQueueDropsAndCounts() {
        for (int i = 0; i < SpanCounts.MAX_WAITING; i++) {
            assertThat(counts.admit()).isTrue();
        }
        assertThat(counts.admit()).isFalse();
        assertThat(counts.lost()).isEqualTo(1);
        counts.taken(1);
        assertThat(counts.admit()).isTrue();
    }

    private static MockProducer<String, byte[]> producer(boolean complete) {
        return new MockProducer<>(complete, null, new StringSerializer(), new ByteArraySerializer());
    }

    /** So many small spans, and one with an attribute of that length. */
    private static List<SpanData> spans(int small, int large) {
        List<SpanData> ended = new ArrayList<>();
        SpanExporter list = new SpanExporter() {
            @Override
            public CompletableResultCode export(Collection<SpanData> spans) {
                ended.addAll(spans);
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode flush() {
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode shutdown() {
                return CompletableResultCode.ofSuccess();
            }
        };
        try (SdkTracerProvider provider = SdkTracerProvider.builder()
                .setResource(Resource.empty())
                .addSpanProcessor(SimpleSpanProcessor.create(list))
                .build()) {
            Tracer tracer = provider.get("t");
            for (int i = 0; i < small; i++) {
                tracer.spanBuilder("small").startSpan().end();
            }
            tracer.spanBuilder("large")
                    .setAttribute("text", "x".repeat(large))
                    .startSpan()
                    .end();
        }
        return ended;
    }
}
