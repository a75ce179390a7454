package io.voiceagent.transport.telemetry;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans to a Kafka topic, each record the bytes of one OTLP {@code ExportTraceServiceRequest} with a null key, as
 * the Collector's Kafka exporter writes and its receiver reads them.
 *
 * <p>Export succeeds when every record is acknowledged. Spans that can't be sent are counted and given up: a trace is
 * not worth holding a service back. Owns its producer, which must not be traced itself.
 */
final class KafkaSpanExporter implements SpanExporter {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaSpanExporter.class);
    private final Producer<String, byte[]> producer;
    private final String topic;
    private final int partitions;
    private final int maxRecordBytes;
    private final SpanCounts counts;
    private final OncePerMinute warning = new OncePerMinute(LOG, System::nanoTime);
    private final Set<CompletableResultCode> inFlight = ConcurrentHashMap.newKeySet();

    /**
     * @param partitions of the topic, when all spans of a trace have to be in one of them; 0: any will do
     * @param maxRecordBytes a batch that is larger is halved; a single span that is larger is given up
     */
    KafkaSpanExporter(
            Producer<String, byte[]> producer, String topic, int partitions, int maxRecordBytes, SpanCounts counts) {
        this.partitions = partitions;
        this.producer = producer;
        this.topic = topic;
        this.maxRecordBytes = maxRecordBytes;
        this.counts = counts;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        counts.taken(spans.size());
        List<CompletableResultCode> results = new ArrayList<>();
        if (partitions == 0) {
            send(List.copyOf(spans), null, results);
        } else {
            spans.stream()
                    .collect(Collectors.groupingBy(
                            span -> Math.floorMod(span.getTraceId().hashCode(), partitions)))
                    .forEach((partition, group) -> send(group, partition, results));
        }
        CompletableResultCode all = CompletableResultCode.ofAll(results);
        inFlight.add(all);
        all.whenComplete(() -> inFlight.remove(all));
        return all;
    }

    private void send(List<SpanData> spans, @Nullable Integer partition, List<CompletableResultCode> results) {
        if (spans.isEmpty()) {
            return;
        }
        byte[] request = OtlpSpans.encode(spans);
        if (request.length <= maxRecordBytes) {
            results.add(send(request, partition, spans.size()));
        } else if (spans.size() > 1) {
            int half = spans.size() / 2;
            send(spans.subList(0, half), partition, results);
            send(spans.subList(half, spans.size()), partition, results);
        } else {
            counts.tooLarge(1);
            warning.warn("A span of %d bytes is too large for %s".formatted(request.length, topic), null);
            results.add(CompletableResultCode.ofFailure());
        }
    }

    private CompletableResultCode send(byte[] request, @Nullable Integer partition, int spans) {
        CompletableResultCode result = new CompletableResultCode();
        try {
            producer.send(new ProducerRecord<>(topic, partition, null, request), (metadata, error) -> {
                if (error == null) {
                    counts.exported(spans);
                    result.succeed();
                } else {
                    giveUp(result, spans, error);
                }
            });
        } catch (KafkaException | IllegalStateException e) {
            giveUp(result, spans, e);
        }
        return result;
    }

    private void giveUp(CompletableResultCode result, int spans, Exception error) {
        counts.unsent(spans);
        warning.warn("%d spans could not be sent to %s".formatted(spans, topic), error);
        result.fail();
    }

    @Override
    public CompletableResultCode flush() {
        return CompletableResultCode.ofAll(List.copyOf(inFlight));
    }

    @Override
    public CompletableResultCode shutdown() {
        producer.close(Duration.ofSeconds(3));
        return CompletableResultCode.ofSuccess();
    }
}
