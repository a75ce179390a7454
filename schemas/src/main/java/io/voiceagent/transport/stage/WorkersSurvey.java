package io.voiceagent.transport.stage;

import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.Consumers.Isolation;
import io.voiceagent.transport.Consumers.Start;
import io.voiceagent.transport.KafkaSettings;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One look at who has announced itself lately. */
final class WorkersSurvey {
    private static final Logger LOG = LoggerFactory.getLogger(WorkersSurvey.class);
    private static final TopicPartition WORKERS = new TopicPartition(Topics.WORKERS, 0);
    private static final Duration AT_MOST = Duration.ofSeconds(3);

    private WorkersSurvey() {}

    /**
     * The last announcement of each process that announced itself within {@code age} before now. What can't be read in 3 s
     * is left out: it only serves to spread workers evenly.
     */
    static Collection<Announcement> living(KafkaSettings settings, String clientId, Duration age) {
        try (Consumer<String, byte[]> consumer =
                Consumers.assigned(settings, clientId, Isolation.READ_UNCOMMITTED, Start.LATEST)) {
            consumer.assign(Set.of(WORKERS));
            long end = consumer.endOffsets(Set.of(WORKERS), AT_MOST).getOrDefault(WORKERS, 0L);
            OffsetAndTimestamp from = consumer.offsetsForTimes(
                            Map.of(WORKERS, System.currentTimeMillis() - age.toMillis()), AT_MOST)
                    .get(WORKERS);
            Map<String, Announcement> last = new HashMap<>();
            if (from == null) {
                return last.values();
            }
            consumer.seek(WORKERS, from.offset());
            long until = System.nanoTime() + AT_MOST.toNanos();
            while (consumer.position(WORKERS) < end && System.nanoTime() - until < 0) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> read(record.value(), last));
            }
            return last.values();
        }
    }

    private static void read(byte[] value, Map<String, Announcement> last) {
        try {
            Announcement announcement = Json.read(value, Announcement.class);
            last.put(announcement.incarnation(), announcement);
        } catch (MalformedMessageException e) {
            LOG.debug("Passed over an announcement: {}", e.getMessage());
        }
    }
}
