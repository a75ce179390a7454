package io.voiceagent.testkit;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Finds spans among those that services send to the archive. */
public final class SpanProbe {
    private SpanProbe() {}

    /** The spans of that name in that trace, once there is one; waits 10 s at the most. */
    public static List<Span> find(KafkaSettings kafka, String traceId, String name) {
        List<Span> found = new ArrayList<>();
        try (var consumer = Consumers.assigned(
                kafka, "spans-" + UUID.randomUUID(), Consumers.Isolation.READ_UNCOMMITTED, Consumers.Start.NONE)) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topics.OTLP_SPANS).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            await().atMost(Duration.ofSeconds(10)).until(() -> {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                    spans(record)
                            .filter(span -> hex(span.getTraceId().toByteArray()).equals(traceId))
                            .filter(span -> span.getName().equals(name))
                            .forEach(found::add);
                }
                return !found.isEmpty();
            });
        }
        return List.copyOf(found);
    }

    /** An id of a trace or span as text. */
    public static String hex(byte[] id) {
        return HexFormat.of().formatHex(id);
    }

    private static Stream<Span> spans(ConsumerRecord<String, byte[]> record) throws InvalidProtocolBufferException {
        return ExportTraceServiceRequest.parseFrom(record.value()).getResourceSpansList().stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream());
    }
}
