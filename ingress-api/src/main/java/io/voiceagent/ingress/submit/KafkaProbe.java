package io.voiceagent.ingress.submit;

import io.voiceagent.messages.Topics;
import io.voiceagent.transport.KafkaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every second whether {@code agent.requests} can be written: all its partitions have a leader. So a submission while Kafka is away
 * is refused at once and costs nobody the time-out of a send.
 */
public final class KafkaProbe implements LogHealth, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaProbe.class);
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private record Status(boolean up, String detail) {}

    private final Admin admin;
    private final Thread thread;
    private volatile Status status = new Status(true, "ok");

    private KafkaProbe(KafkaSettings settings, String clientId) {
        Map<String, Object> properties = settings.clientProperties();
        properties.put("client.id", clientId);
        properties.put("request.timeout.ms", (int) TIMEOUT.toMillis());
        properties.put("default.api.timeout.ms", (int) TIMEOUT.toMillis());
        properties.put("reconnect.backoff.max.ms", (int) PERIOD.toMillis());
        this.admin = Admin.create(properties);
        this.thread = Thread.ofVirtual().name("kafka-probe").unstarted(this::run);
    }

    /** Starts looking; taken to be up until the first look. */
    public static KafkaProbe start(KafkaSettings settings, String clientId) {
        KafkaProbe probe = new KafkaProbe(settings, clientId);
        probe.thread.start();
        return probe;
    }

    @Override
    public boolean up() {
        return status.up;
    }

    @Override
    public String detail() {
        return status.detail;
    }

    @Override
    public void close() {
        thread.interrupt();
        admin.close(Duration.ofSeconds(1));
    }

    private void run() {
        try {
            while (true) {
                become(look());
                Thread.sleep(PERIOD);
            }
        } catch (InterruptedException e) {
            // Closed: there is nothing left to look at
            Thread.currentThread().interrupt();
        }
    }

    private Status look() throws InterruptedException {
        try {
            long leaderless = admin
                    .describeTopics(
                            List.of(Topics.REQUESTS), new DescribeTopicsOptions().timeoutMs((int) TIMEOUT.toMillis()))
                    .allTopicNames()
                    .get()
                    .values()
                    .stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .filter(p -> p.leader() == null || p.leader().isEmpty())
                    .count();
            return leaderless == 0
                    ? new Status(true, "ok")
                    : new Status(false, "%d partitions of %s have no leader".formatted(leaderless, Topics.REQUESTS));
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return new Status(false, "no answer from Kafka: " + cause.getClass().getSimpleName());
        } catch (RuntimeException e) {
            return new Status(false, "no answer from Kafka: " + e.getClass().getSimpleName());
        }
    }

    private void become(Status now) {
        if (now.up != status.up) {
            if (now.up) {
                LOG.info("Kafka can be written again");
            } else {
                LOG.warn("Kafka can't be written: {}", now.detail);
            }
        }
        status = now;
    }
}
