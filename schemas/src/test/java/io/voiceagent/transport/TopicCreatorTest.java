package io.voiceagent.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Topics are made on a real broker, once, and checked afterwards. */
@ExtendWith(KafkaBroker.class)
class TopicCreatorTest {
    private final KafkaSettings settings = KafkaBroker.settings();

    @Test
    void topicsAreAsSpecified() throws Exception {
        try (Admin admin = Admin.create(settings.clientProperties())) {
            for (TopicSpec spec : TopicSpecs.all(settings)) {
                assertThat(admin.describeTopics(List.of(spec.name()))
                                .allTopicNames()
                                .get()
                                .get(spec.name())
                                .partitions())
                        .as(spec.name())
                        .hasSize(spec.partitions());
                Config config = config(admin, spec.name());
                spec.configs()
                        .forEach((key, value) -> assertThat(config.get(key).value())
                                .as(spec.name() + " " + key)
                                .isEqualTo(value));
            }
        }
        assertThat(TopicSpecs.all(settings))
                .anySatisfy(s -> {
                    assertThat(s.name()).isEqualTo(Topics.LLM_CALLS);
                    assertThat(s.configs()).containsEntry("compression.type", "zstd");
                })
                .allSatisfy(s -> assertThat(s.configs()).containsEntry("message.timestamp.type", "LogAppendTime"));
    }

    @Test
    void whatAnOperatorTunedStays() throws Exception {
        TopicSpec spec = new TopicSpec("tuned", 1, null, Map.of("retention.ms", "60000"));
        TopicCreator.ensure(settings, List.of(spec), Duration.ofSeconds(10));
        try (Admin admin = Admin.create(settings.clientProperties())) {
            ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "tuned");
            Collection<AlterConfigOp> tuned =
                    List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "3600000"), AlterConfigOp.OpType.SET));
            admin.incrementalAlterConfigs(Map.of(topic, tuned)).all().get();

            TopicCreator.ensure(settings, List.of(spec), Duration.ofSeconds(10));

            assertThat(config(admin, "tuned").get("retention.ms").value()).isEqualTo("3600000");
        }
    }

    @Test
    void anotherCallFindsAllWell() {
        assertThatCode(() -> TopicCreator.ensure(settings, Duration.ofSeconds(10)))
                .doesNotThrowAnyException();
    }

    @Test
    void anotherNumberOfPartitionsIsRefusedWithTheRemedy() {
        KafkaSettings other = KafkaSettings.local(settings.bootstrapServers(), 5, KafkaBroker.CALL_PARTITIONS);

        assertThatThrownBy(() -> TopicCreator.ensure(other, Duration.ofSeconds(10)))
                .isInstanceOf(TopicMismatchException.class)
                .hasMessageContaining("Topic agent.requests has 4 partitions, not 5. Set AGENT_PARTITIONS=4");
    }

    @Test
    void aTopicWithTheProducersTimeIsRefusedWithTheRemedy() throws Exception {
        try (Admin admin = Admin.create(settings.clientProperties())) {
            NewTopic byHand =
                    new NewTopic("by-hand", 1, (short) 1).configs(Map.of("message.timestamp.type", "CreateTime"));
            admin.createTopics(List.of(byHand)).all().get();
        }
        TopicSpec spec = new TopicSpec("by-hand", 1, null, Map.of("message.timestamp.type", "LogAppendTime"));

        assertThatThrownBy(() -> TopicCreator.ensure(settings, List.of(spec), Duration.ofSeconds(10)))
                .isInstanceOf(TopicMismatchException.class)
                .hasMessageContaining("--add-config message.timestamp.type=LogAppendTime");
    }

    @Test
    void moreCopiesThanBrokersIsRefusedByItsVariable() {
        KafkaSettings three = new KafkaSettings(settings.bootstrapServers(), 4, 4, 3, 2, Map.of());
        TopicSpec spec = new TopicSpec("three-copies", 1, null, Map.of());

        assertThatThrownBy(() -> TopicCreator.ensure(three, List.of(spec), Duration.ofSeconds(10)))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("KAFKA_REPLICATION_FACTOR is 3");
    }

    @Test
    void anAbsentBrokerIsWaitedForOnlySoLong() {
        KafkaSettings nobody = KafkaSettings.local("127.0.0.1:1", 4, 4);

        assertThatThrownBy(() -> TopicCreator.ensure(nobody, Duration.ofMillis(100)))
                .isInstanceOf(KafkaUnavailableException.class)
                .hasMessageContaining("Check KAFKA_BOOTSTRAP_SERVERS");
    }

    private static Config config(Admin admin, String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return admin.describeConfigs(List.of(resource)).all().get().get(resource);
    }
}
