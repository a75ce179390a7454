package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.ingress.follow.TurnWriter;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.http.MediaType;

/** The whole service before a real broker; at the other end of the log each turn is written as the pipeline would. */
class ThreeWaysTest {
    private static final int PIECES = 6;
    private static final String TEXT = "piece 0 piece 1 piece 2 piece 3 piece 4 piece 5 ";

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static RunningIngress service;
    private static Thread pipeline;
    private static volatile boolean stopping;

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(directory, 0);
        service = RunningIngress.start(broker.bootstrapServers()).ready();
        KafkaSettings kafka = KafkaSettings.local(broker.bootstrapServers(), RunningIngress.PARTITIONS, 1);
        pipeline = Thread.ofPlatform().daemon().start(() -> answerAll(kafka));
    }

    @AfterAll
    static void stop() throws InterruptedException {
        stopping = true;
        pipeline.join();
        service.close();
        broker.close();
    }

    private static void answerAll(KafkaSettings kafka) {
        try (Consumer<String, byte[]> requests = Consumers.assigned(
                        kafka, "test-pipeline", Consumers.Isolation.READ_COMMITTED, Consumers.Start.EARLIEST);
                Producer<String, byte[]> producer = Producers.stage(kafka, "test-pipeline-writer")) {
            requests.assign(IntStream.range(0, RunningIngress.PARTITIONS)
                    .mapToObj(partition -> new TopicPartition(Topics.REQUESTS, partition))
                    .toList());
            while (!stopping) {
                for (ConsumerRecord<String, byte[]> record : requests.poll(Duration.ofMillis(100))) {
                    if (Json.read(record.value(), Request.class) instanceof Request.Submit submit) {
                        new TurnWriter(producer, ResponseId.parse(submit.responseId())).whole(PIECES);
                    }
                }
            }
        }
    }

    @Test
    void inTheBackground() throws Exception {
        HttpResponse<String> answer = service.post("/responses", "{\"input\":\"hello\",\"background\":true}");

        assertThat(answer.statusCode()).isEqualTo(202);
        String id = RunningIngress.json(answer).get("id").stringValue();
        assertThat(answer.headers().firstValue("Location")).hasValue("/api/v1/responses/" + id);
        assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(answer.headers().firstValue("x-trace-id").orElseThrow()).matches("[0-9a-f]{32}");
        await().untilAsserted(() -> {
            HttpResponse<String> poll = service.get("/responses/" + id);
            assertThat(poll.body()).contains("\"status\":\"completed\"", TEXT);
            assertThat(poll.headers().firstValue("Retry-After")).isEmpty();
        });
        HttpResponse<String> cancelled =
                service.send(service.request("/responses/" + id + "/cancel").POST(BodyPublishers.noBody()));
        assertThat(cancelled.body()).isEqualTo(service.get("/responses/" + id).body());
    }

    @Test
    void waiting() throws Exception {
        HttpResponse<String> answer = service.post("/responses", "{\"input\":\"hello\"}");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"status\":\"completed\"", TEXT);
        String location = answer.headers().firstValue("Location").orElseThrow();
        assertThat(service.get(location.substring("/api/v1".length())).body()).isEqualTo(answer.body());
    }

    @Test
    void asAStreamThatIsResumedAfterEveryEvent() throws Exception {
        HttpResponse<String> answer = service.post("/responses", "{\"input\":\"hello\",\"stream\":true}");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue(MediaType.TEXT_EVENT_STREAM_VALUE);
        String path = answer.headers().firstValue("Location").orElseThrow().substring("/api/v1".length());
        List<String> events = List.of(answer.body().split("(?<=\n\n)"));
        assertThat(events.getFirst()).startsWith("id: 0\nevent: response.created\ndata: {");
        assertThat(events.getLast()).isEqualTo("data: [DONE]\n\n");
        assertThat(service.get(path + "?stream=true").body()).isEqualTo(answer.body());
        for (int n = 0; n < events.size() - 1; n++) {
            String rest = String.join("", events.subList(n + 1, events.size()));
            assertThat(events.get(n)).startsWith("id: %d\n".formatted(n)).contains("\"sequence_number\":" + n);
            assertThat(service.get(path + "?stream=true&starting_after=" + n).body())
                    .isEqualTo(rest);
            assertThat(service.send(service.request(path + "?stream=true").header("Last-Event-ID", "" + n))
                            .body())
                    .isEqualTo(rest);
        }
    }

    @Test
    void aClientOfTheDialectUnderstandsAllThree() {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(service.url() + "/api/v1")
                .apiKey(RunningIngress.ACME)
                .build();
        ResponseCreateParams create = ResponseCreateParams.builder()
                .model(RunningIngress.MODEL)
                .input("hello")
                .build();
        assertThat(client.responses().create(create).status()).hasValue(ResponseStatus.COMPLETED);

        StringBuilder text = new StringBuilder();
        try (StreamResponse<ResponseStreamEvent> events = client.responses().createStreaming(create)) {
            events.stream().forEach(event -> event.outputTextDelta().ifPresent(delta -> text.append(delta.delta())));
        }
        assertThat(text).hasToString(TEXT);

        Response background =
                client.responses().create(create.toBuilder().background(true).build());
        assertThat(background.status()).hasValue(ResponseStatus.QUEUED);
        await().until(() -> client.responses()
                .retrieve(background.id())
                .status()
                .filter(ResponseStatus.COMPLETED::equals)
                .isPresent());
        client.close();
    }

    @Test
    void whatIsBesideTheApi() throws Exception {
        HttpResponse<String> health = service.send(service.anonymous("/api/v1/health"));
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(RunningIngress.json(health).at("/components").propertyNames())
                .containsExactly("kafka", "tail", "postgres");
        HttpResponse<String> metrics = service.send(service.anonymous("/actuator/prometheus"));
        assertThat(metrics.statusCode()).isEqualTo(200);
        assertThat(metrics.body())
                .contains(
                        "voice_agent_http_requests_seconds_count",
                        "voice_agent_follow_running",
                        "jvm_memory_used_bytes");
        assertThat(service.send(service.anonymous("/actuator/env")).statusCode())
                .isEqualTo(401);
        HttpResponse<String> docs = service.send(service.anonymous("/docs"));
        assertThat(docs.statusCode()).isEqualTo(302);
        String page = docs.headers().firstValue("Location").orElseThrow();
        assertThat(service.send(service.anonymous(page)).body()).contains("swagger-ui");
        HttpResponse<String> document = service.send(service.anonymous("/docs/openapi.json"));
        assertThat(document.statusCode()).isEqualTo(200);
        assertThat(RunningIngress.json(document).at("/paths").propertyNames())
                .contains("/api/v1/responses", "/api/v1/responses/{id}", "/api/v1/responses/{id}/cancel");
    }
}
