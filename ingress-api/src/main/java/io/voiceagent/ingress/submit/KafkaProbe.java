package io.voiceagent.ingress.submit;

import io.voiceagent.ingress.probe.Probe;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.KafkaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;

/**
 * Looks every second whether {@code agent.requests} can be written: all its partitions have a leader. So a submission while Kafka is away
 * is refused at once and costs nobody the time-out of a send.
 */
public final class KafkaProbe implements LogHealth, AutoCloseable {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int TIMEOUT_MILLIS = 3_000;

    private final Admin admin;
    private final Probe probe;

    private KafkaProbe(Admin admin) {
        this.admin = admin;
        this.probe = Probe.start("kafka", PAUSE, this::problem);
    }

    /** Starts looking. */
    public static KafkaProbe start(KafkaSettings settings, String clientId) {
        Map<String, Object> properties = settings.clientProperties();
        properties.put("client.id", clientId);
        properties.put("request.timeout.ms", TIMEOUT_MILLIS);
        properties.put("default.api.timeout.ms", TIMEOUT_MILLIS);
        properties.put("reconnect.backoff.max.ms", (int) PAUSE.toMillis());
        return new KafkaProbe(Admin.create(properties));
    }

    @Override
    public boolean up() {
        return probe.up();
    }

    @Override
    public String detail() {
        return probe.detail();
    }

    @Override
    public void close() {
        probe.close();
        admin.close(Duration.ofSeconds(1));
    }

    private String problem() throws ExecutionException, InterruptedException {
        long leaderless = admin
                .describeTopics(List.of(Topics.REQUESTS), new DescribeTopicsOptions().timeoutMs(TIMEOUT_MILLIS))
                .allTopicNames()
                .get()
                .values()
                .stream()
                .flatMap(topic -> topic.partitions().stream())
                .filter(partition ->
                        partition.leader() == null || partition.leader().isEmpty())
                .count();
        return leaderless == 0 ? "" : "%d partitions of %s have no leader".formatted(leaderless, Topics.REQUESTS);
    }
}
