package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.context.Context;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.ingress.config.StartFailures;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.Usage;
import io.voiceagent.messages.fold.ResponseFold;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import tools.jackson.databind.JsonNode;

/** The whole service before a real broker; the test decides in the orchestrator's place. No database is there. */
class IngressApiTest {
    private static final int PARTITIONS = 4;
    private static final String KEYS = "acme:acme-key-0123456789,globex:globex-key-0123456789";

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static KafkaSettings settings;
    private static ConfigurableApplicationContext service;
    private static Producer<String, byte[]> producer;
    private static Consumer<String, byte[]> consumer;

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(directory, 0);
        settings = KafkaSettings.local(broker.bootstrapServers(), PARTITIONS, PARTITIONS);
        service = IngressApi.start(arguments("--API_KEYS=" + KEYS));
        producer = Producers.submit(settings, "test-decides");
        consumer = Consumers.assigned(
                settings, "test-reads", Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST);
        consumer.assign(IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(Topics.REQUESTS, partition))
                .toList());
        await().atMost(Duration.ofSeconds(60))
                .until(() -> health().at("/components/tail/status").asString().equals("ok"));
    }

    @AfterAll
    static void stop() {
        consumer.close();
        producer.close();
        service.close();
        broker.close();
    }

    @Test
    void aTurnIsSubmittedFollowedAndEndedOverTheLog() {
        JsonNode queued = json(
                client().post()
                        .uri("/api/v1/responses")
                        .contentType(MediaType.APPLICATION_JSON)
                        .bodyValue("{\"model\":\"m\",\"input\":\"hello\",\"background\":true}")
                        .exchange(),
                202);
        String id = queued.get("id").stringValue();
        assertThat(queued.get("status").stringValue()).isEqualTo("queued");
        ConsumerRecord<String, byte[]> record = read();
        Request.Submit submit = (Request.Submit) Json.read(record.value(), Request.class);
        assertThat(submit.responseId()).isEqualTo(id);
        assertThat(record.partition()).isEqualTo(ResponseId.parse(id).partition());
        assertThat(new String(record.headers().lastHeader(Headers.TRACEPARENT).value(), StandardCharsets.UTF_8))
                .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]");

        accept(submit);
        await().until(() -> poll(id).get("status").stringValue().equals("in_progress"));
        client().post().uri("/api/v1/responses/" + id + "/cancel").exchange();
        Request cancel = Json.read(read().value(), Request.class);
        assertThat(cancel).isEqualTo(new Request.Cancel(id, submit.conversation(), "acme"));
        end(submit);
        await().until(() -> poll(id).get("status").stringValue().equals("cancelled"));

        String all = stream(id, -1);
        assertThat(all).startsWith("id: 0\nevent: response.created\n").endsWith("data: [DONE]\n\n");
        assertThat(stream(id, 0)).isEqualTo(all.substring(all.indexOf("id: 1\n")));
    }

    @Test
    void withoutADatabaseItServesAndSaysSo() {
        await().untilAsserted(() -> {
            JsonNode health = health();
            assertThat(health.get("status").stringValue()).isEqualTo("degraded");
            assertThat(health.at("/components/kafka/status").stringValue()).isEqualTo("ok");
            assertThat(health.at("/components/postgres/status").stringValue()).isEqualTo("unavailable");
        });
        client().get()
                .uri("/actuator/health/readiness")
                .exchange()
                .expectStatus()
                .isOk();
    }

    @ParameterizedTest
    @CsvSource({
        "'', API_KEYS is not set",
        "acme:acme-key-0123456789, API_KEYS has 1 keys",
        "'acme:acme-key-0123456789,globex:short', API_KEYS has a key that is too short or has blanks",
        "'acme:acme-key-0123456789,globex:acme-key-0123456789', API_KEYS repeats in entry 2 the key",
        "'acme-key-0123456789,globex:globex-key-0123456789', API_KEYS has no tenant"
    })
    void badKeysEndTheStartNamingVariableAndRemedyAndNoKey(String keys, String problem) {
        assertThatThrownBy(() -> IngressApi.start(arguments("--API_KEYS=" + keys)))
                .satisfies(failure -> assertThat(new StartFailures().analyze(failure))
                        .extracting(FailureAnalysis::getDescription, InstanceOfAssertFactories.STRING)
                        .startsWith(problem)
                        .contains("at least two keys of 16 characters or more")
                        .doesNotContain("acme-key", "short,"));
    }

    private static String[] arguments(String keys) {
        return new String[] {
            keys,
            "--PORT=0",
            "--BIND_ADDRESS=127.0.0.1",
            "--KAFKA_BOOTSTRAP_SERVERS=" + settings.bootstrapServers(),
            "--AGENT_PARTITIONS=" + PARTITIONS,
            "--CALL_PARTITIONS=" + PARTITIONS,
            "--RESPONSE_ID_KEYS=1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            "--POSTGRES_URL=jdbc:postgresql://127.0.0.1:1/voice_agent"
        };
    }

    private static void accept(Request.Submit submit) {
        write(new StepEvent.Accepted(
                submit.responseId(),
                submit.conversation(),
                submit.tenant(),
                submit.submittedAt() + 5,
                submit.submittedAt(),
                submit.deadlineAt(),
                ResponseFold.VERSION,
                submit.spec(),
                List.of(),
                null));
    }

    private static void end(Request.Submit submit) {
        write(new StepEvent.Ended(
                submit.responseId(),
                submit.conversation(),
                submit.submittedAt() + 10,
                StepEvent.Status.CANCELLED,
                null,
                null,
                Usage.NONE));
    }

    private static void write(StepEvent event) {
        producer.send(new ProducerRecord<>(
                Topics.STEPS,
                ResponseId.partition(event.conversation()),
                event.conversation(),
                Json.write(event),
                Records.headers(event, Context.root())));
        producer.flush();
    }

    private static ConsumerRecord<String, byte[]> read() {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        await().until(() -> {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            return !records.isEmpty();
        });
        assertThat(records).hasSize(1);
        return records.getFirst();
    }

    private static JsonNode poll(String id) {
        return json(client().get().uri("/api/v1/responses/" + id).exchange(), 200);
    }

    private static String stream(String id, long after) {
        String query = after < 0 ? "?stream=true" : "?stream=true&starting_after=" + after;
        return client().get()
                .uri("/api/v1/responses/" + id + query)
                .exchange()
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
    }

    private static JsonNode health() {
        return Json.tree(client().get()
                .uri("/api/v1/health")
                .exchange()
                .expectBody(String.class)
                .returnResult()
                .getResponseBody());
    }

    private static JsonNode json(WebTestClient.ResponseSpec answer, int status) {
        return Json.tree(answer.expectStatus()
                .isEqualTo(status)
                .expectBody(String.class)
                .returnResult()
                .getResponseBody());
    }

    private static WebTestClient client() {
        return WebTestClient.bindToServer()
                .baseUrl("http://127.0.0.1:" + service.getEnvironment().getProperty("local.server.port"))
                .defaultHeader("Authorization", "Bearer acme-key-0123456789")
                .responseTimeout(Duration.ofSeconds(30))
                .build();
    }
}
