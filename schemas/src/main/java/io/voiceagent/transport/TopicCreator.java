package io.voiceagent.transport;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the topics that are missing and checks those that exist. May be called by any number of processes at once, and
 * again at any time.
 *
 * <p>What an operator has changed on an existing topic (retention, say) is left alone; only what the pipeline cannot work
 * without is checked: the number of partitions and the kind of timestamps.
 */
public final class TopicCreator {
    private static final Logger LOG = LoggerFactory.getLogger(TopicCreator.class);
    private static final Duration PAUSE = Duration.ofMillis(300);

    private TopicCreator() {}

    /**
     * Returns when every topic exists as it should and each of its partitions has a leader.
     *
     * @param atMost how long to wait for Kafka
     * @throws KafkaUnavailableException when Kafka is not there by then
     * @throws TopicMismatchException when a topic exists with another number of partitions or kind of timestamps
     * @throws InvalidSettingException when there are fewer brokers than copies asked for
     */
    public static void ensure(KafkaSettings settings, Duration atMost) {
        ensure(settings, TopicSpecs.all(settings), atMost);
    }

    static void ensure(KafkaSettings settings, List<TopicSpec> specs, Duration atMost) {
        long end = System.nanoTime() + atMost.toNanos();
        Map<String, Object> properties = settings.clientProperties();
        properties.put("request.timeout.ms", 5_000);
        properties.put("default.api.timeout.ms", 5_000);
        try (Admin admin = Admin.create(properties)) {
            while (true) {
                Optional<RetriableException> failure = attempt(admin, settings, specs);
                if (failure.isEmpty()) {
                    return;
                }
                if (System.nanoTime() - end >= 0) {
                    throw new KafkaUnavailableException(
                            "Kafka at %s was not ready within %d s. Check KAFKA_BOOTSTRAP_SERVERS and the broker"
                                    .formatted(settings.bootstrapServers(), atMost.toSeconds()),
                            failure.get());
                }
                LOG.debug("Waiting for Kafka: {}", failure.get().toString());
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaUnavailableException("Interrupted while waiting for Kafka", e);
        }
    }

    /** One round; empty when all is well, otherwise why to try again. */
    private static Optional<RetriableException> attempt(Admin admin, KafkaSettings settings, List<TopicSpec> specs)
            throws InterruptedException {
        try {
            var existing = admin.listTopics().names().get();
            List<TopicSpec> missing =
                    specs.stream().filter(s -> !existing.contains(s.name())).toList();
            create(admin, settings, missing);
            check(admin, specs);
            return Optional.empty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RetriableException retriable) {
                return Optional.of(retriable);
            }
            if (e.getCause() instanceof InvalidReplicationFactorException tooFew) {
                throw new InvalidSettingException(
                        "KAFKA_REPLICATION_FACTOR",
                        "is %d, but Kafka says: %s".formatted(settings.replicationFactor(), tooFew.getMessage()),
                        "Set it to at most the number of brokers");
            }
            throw new KafkaUnavailableException(
                    "Kafka at %s refused: %s".formatted(settings.bootstrapServers(), e.getCause()), e);
        }
    }

    private static void create(Admin admin, KafkaSettings settings, List<TopicSpec> missing)
            throws InterruptedException, ExecutionException {
        List<NewTopic> topics = missing.stream()
                .map(s -> new NewTopic(s.name(), s.partitions(), (short) settings.replicationFactor())
                        .configs(s.configs()))
                .toList();
        for (var created : admin.createTopics(topics).values().entrySet()) {
            try {
                created.getValue().get();
                LOG.info("Created topic {}", created.getKey());
            } catch (ExecutionException e) {
                // Another process was quicker; the check that follows tells whether it agrees
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw e;
                }
            }
        }
    }

    private static void check(Admin admin, List<TopicSpec> specs) throws InterruptedException, ExecutionException {
        List<String> names = specs.stream().map(TopicSpec::name).toList();
        Map<String, TopicDescription> topics =
                admin.describeTopics(names).allTopicNames().get();
        Map<String, Config> configs = admin
                .describeConfigs(names.stream()
                        .map(n -> new ConfigResource(ConfigResource.Type.TOPIC, n))
                        .toList())
                .all()
                .get()
                .entrySet()
                .stream()
                .collect(Collectors.toMap(e -> e.getKey().name(), Map.Entry::getValue));
        List<String> problems = new ArrayList<>();
        for (TopicSpec spec : specs) {
            requirePartitions(spec, topics, problems);
            requireTimestamps(spec, configs, problems);
        }
        if (!problems.isEmpty()) {
            throw new TopicMismatchException(String.join("; ", problems));
        }
        requireLeaders(topics);
    }

    private static void requirePartitions(TopicSpec spec, Map<String, TopicDescription> topics, List<String> problems) {
        int actual = Optional.ofNullable(topics.get(spec.name()))
                .map(t -> t.partitions().size())
                .orElse(0);
        if (actual == spec.partitions()) {
            return;
        }
        String problem = "Topic %s has %d partitions, not %d".formatted(spec.name(), actual, spec.partitions());
        String variable = spec.partitionsVariable();
        problems.add(
                variable == null
                        ? problem + ". Delete the topic, it will be made again"
                        : problem
                                + ". Set %s=%d, which is fixed for the life of the data, or begin with an empty Kafka"
                                        .formatted(variable, actual));
    }

    private static void requireTimestamps(TopicSpec spec, Map<String, Config> configs, List<String> problems) {
        String key = "message.timestamp.type";
        Config config = configs.get(spec.name());
        ConfigEntry entry = config == null ? null : config.get(key);
        String actual = entry == null ? null : entry.value();
        String expected = spec.configs().get(key);
        if (expected != null && !expected.equals(actual)) {
            problems.add("Topic %s has %s=%s. Run kafka-configs.sh --alter --topic %s --add-config %s=%s"
                    .formatted(spec.name(), key, actual, spec.name(), key, expected));
        }
    }

    private static void requireLeaders(Map<String, TopicDescription> topics) throws ExecutionException {
        for (TopicDescription topic : topics.values()) {
            for (var partition : topic.partitions()) {
                Node leader = partition.leader();
                if (leader == null || leader.isEmpty()) {
                    throw new ExecutionException(new LeaderNotAvailableException(
                            "%s-%d has no leader yet".formatted(topic.name(), partition.partition())));
                }
            }
        }
    }
}
