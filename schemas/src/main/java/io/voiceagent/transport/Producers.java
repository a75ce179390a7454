package io.voiceagent.transport;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Producers by purpose. All are idempotent, wait for every in-sync copy ({@code acks=all}) and do not linger, except
 * where said; values are bytes that the caller has serialised, so that their size is known before they are sent.
 *
 * <p>Each is thread-safe and belongs to whoever made it, who must close it.
 */
public final class Producers {
    private Producers() {}

    /**
     * For a client's request that waits for the acknowledgement: the outcome is known within 5 s of {@code send}
     * returning, and {@code send} itself blocks for 2 s at most when there is no metadata.
     */
    public static Producer<String, byte[]> submit(KafkaSettings settings, String clientId) {
        return producer(
                settings,
                clientId,
                timeouts(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(5)),
                Map.of());
    }

    /**
     * For frames and results of a stage: outlives the fail-over of a broker. A sender is blocked for 30 s at most, while
     * the 32 MiB of buffer are full or there is no broker to ask where the partition is; so it belongs on virtual threads.
     */
    public static Producer<String, byte[]> stage(KafkaSettings settings, String clientId) {
        return producer(
                settings,
                clientId,
                timeouts(Duration.ofSeconds(30), Duration.ofSeconds(5), Duration.ofSeconds(30)),
                Map.of());
    }

    /** For announcements: one that is not acknowledged within 3 s is given up, since the next one says more. */
    public static Producer<String, byte[]> announcements(KafkaSettings settings, String clientId) {
        return producer(
                settings,
                clientId,
                timeouts(Duration.ofMillis(500), Duration.ofMillis(1500), Duration.ofSeconds(3)),
                Map.of());
    }

    /** For spans and metrics: compressed, lingers 20 ms, gives up after 10 s, holds 16 MiB at most. */
    public static Producer<String, byte[]> telemetry(KafkaSettings settings, String clientId) {
        return producer(
                settings,
                clientId,
                timeouts(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(10)),
                Map.of("linger.ms", 20, "compression.type", "lz4", "buffer.memory", 16L << 20));
    }

    private static Map<String, Object> timeouts(Duration block, Duration request, Duration delivery) {
        return Map.of(
                "max.block.ms", block.toMillis(),
                "request.timeout.ms", (int) request.toMillis(),
                "delivery.timeout.ms", (int) delivery.toMillis());
    }

    private static Producer<String, byte[]> producer(
            KafkaSettings settings, String clientId, Map<String, Object> timeouts, Map<String, Object> more) {
        Map<String, Object> properties = settings.clientProperties();
        properties.put("client.id", clientId);
        properties.put("acks", "all");
        properties.put("enable.idempotence", true);
        properties.put("linger.ms", 0);
        properties.put("max.request.size", TopicSpecs.MAX_RECORD_BYTES);
        properties.putAll(timeouts);
        properties.putAll(more);
        return new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
    }
}
