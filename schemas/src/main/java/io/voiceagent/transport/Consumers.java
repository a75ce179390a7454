package io.voiceagent.transport;

import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Consumers by purpose. None commits by itself and none creates topics; what a reader sees of open transactions, and
 * where it begins without a position, is always said by the caller.
 *
 * <p>A consumer belongs to one thread.
 */
public final class Consumers {
    /** Whether records of transactions that are open or were aborted are seen. */
    public enum Isolation {
        /** Only what is committed, up to the first open transaction of the partition. */
        READ_COMMITTED,
        /** Everything at once, also what may be aborted later. */
        READ_UNCOMMITTED
    }

    /** What happens when a reader has no position, or one that the log no longer holds. */
    public enum Start {
        /** An exception: the caller seeks by itself and wants to know when its place is gone. */
        NONE,
        EARLIEST,
        LATEST
    }

    private Consumers() {}

    /** A reader that assigns and seeks its partitions by itself and belongs to no group. */
    public static Consumer<String, byte[]> assigned(
            KafkaSettings settings, String clientId, Isolation isolation, Start start) {
        return consumer(settings, clientId, isolation, start, Map.of());
    }

    /**
     * A member of a group (classic protocol). A member that is gone is noticed after 8 s; the newer group protocol has a
     * floor of 45 s on brokers with default settings.
     */
    public static Consumer<String, byte[]> group(
            KafkaSettings settings, String clientId, String groupId, Isolation isolation, Start start) {
        return consumer(
                settings,
                clientId,
                isolation,
                start,
                Map.of(
                        "group.id",
                        groupId,
                        "group.protocol",
                        "classic",
                        "session.timeout.ms",
                        8_000,
                        "heartbeat.interval.ms",
                        2_000));
    }

    private static Consumer<String, byte[]> consumer(
            KafkaSettings settings, String clientId, Isolation isolation, Start start, Map<String, Object> more) {
        Map<String, Object> properties = settings.clientProperties();
        properties.put("client.id", clientId);
        properties.put("enable.auto.commit", false);
        properties.put("allow.auto.create.topics", false);
        properties.put("isolation.level", isolation.name().toLowerCase(Locale.ROOT));
        properties.put("auto.offset.reset", start.name().toLowerCase(Locale.ROOT));
        properties.putAll(more);
        return new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    }
}
