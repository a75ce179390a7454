package io.voiceagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.context.Context;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.fold.ResponseFold;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.simulator.SimulatorOptions;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/** The service as it is started, with its own configuration file, on a real broker. */
@Timeout(120)
class AgentWorkerTest {
    @TempDir
    static Path dir;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedBroker.start(dir.resolve("broker"), 0);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @Test
    void anOrchestratorAloneAnswersForItsHealthAndItsMetersAndEndsQuickly() throws Exception {
        long began;
        try (ConfigurableApplicationContext service = start("orchestrator")) {
            String base = "http://localhost:%s/actuator/"
                    .formatted(service.getEnvironment().getProperty("local.server.port"));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(get(base + "health").statusCode()).isEqualTo(200));
            assertThat(get(base + "health").body()).contains("\"orchestrator\"").doesNotContain("llmStage");
            assertThat(get(base + "prometheus").body())
                    .contains("voice_agent_turns_open", "voice_agent_calls_waiting{");
            began = System.nanoTime();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void bothRolesTakeATurnFromItsRequestToItsLastEvent() {
        try (Simulator simulator =
                        Simulator.start(SimulatorOptions.defaults().withPace(Duration.ofMillis(20), 500, 20));
                ConfigurableApplicationContext service =
                        start("orchestrator,llm", "--LLM_BASE_URL=" + simulator.baseUrl())) {
            assertThat(service.isRunning()).isTrue();
            String id = submit();
            ResponseFold fold = new ResponseFold(id);
            try (Consumer<String, byte[]> steps = from(Topics.STEPS, id);
                    Consumer<String, byte[]> frames = from(Topics.STREAM, id)) {
                await().atMost(Duration.ofSeconds(60)).until(() -> {
                    for (ConsumerRecord<String, byte[]> record : steps.poll(Duration.ofMillis(50))) {
                        StepEvent event = Json.read(record.value(), StepEvent.class);
                        if (event.responseId().equals(id)) {
                            fold.apply(event);
                        }
                    }
                    for (ConsumerRecord<String, byte[]> record : frames.poll(Duration.ofMillis(50))) {
                        Frame frame = Json.read(record.value(), Frame.class);
                        if (frame.ref().responseId().equals(id)) {
                            fold.apply(frame);
                        }
                    }
                    return fold.ended();
                });
            }
            assertThat(fold.response()).contains("\"status\":\"completed\"").contains("output_text");
        }
    }

    private static ConfigurableApplicationContext start(String roles, String... more) {
        List<String> args = new java.util.ArrayList<>(List.of(
                "--PORT=0",
                "--KAFKA_BOOTSTRAP_SERVERS=" + broker.bootstrapServers(),
                "--AGENT_PARTITIONS=2",
                "--CALL_PARTITIONS=2",
                "--AGENT_ROLES=" + roles,
                "--STATE_DIR=" + dir.resolve("state")));
        args.addAll(List.of(more));
        return AgentWorker.start(args.toArray(String[]::new));
    }

    private static String submit() {
        Instant now = Instant.now();
        String conversation = ResponseId.conversation(1, 4711);
        String id = ResponseId.format(ResponseId.signedBytes(1, conversation, now, 0), new byte[ResponseId.MAC_BYTES]);
        ResponseSpec spec =
                ResponseSpec.inBackground("model", List.of(new Item.Message(Item.Role.USER, "hello")), null, List.of());
        Request submit =
                new Request.Submit(id, conversation, "tenant", now.toEpochMilli(), now.toEpochMilli() + 60_000, spec);
        try (Producer<String, byte[]> producer = Producers.submit(settings(), "agent-worker-test")) {
            producer.send(Records.request(submit, Context.root()));
        }
        return id;
    }

    private static Consumer<String, byte[]> from(String topic, String id) {
        Consumer<String, byte[]> consumer = Consumers.assigned(
                settings(), "test-" + topic, Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST);
        TopicPartition partition =
                new TopicPartition(topic, ResponseId.parse(id).partition());
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        return consumer;
    }

    private static KafkaSettings settings() {
        return KafkaSettings.local(broker.bootstrapServers(), 2, 2);
    }

    private static HttpResponse<String> get(String url) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
