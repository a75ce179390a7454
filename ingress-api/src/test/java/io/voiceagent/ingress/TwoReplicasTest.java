package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.ingress.follow.TurnWriter;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/** Two whole services on one real broker, without a database: what one accepts, the other tells in the same bytes. */
class TwoReplicasTest {
    private static final String KEY = "test-key-of-acme-0123456789";

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static Producer<String, byte[]> producer;
    private static ConfigurableApplicationContext one;
    private static ConfigurableApplicationContext two;

    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(directory, 0);
        one = service();
        two = service();
        producer = Producers.stage(KafkaSettings.local(broker.bootstrapServers(), 2, 1), "test-writer");
    }

    private static ConfigurableApplicationContext service() {
        return IngressApi.start(
                "--KAFKA_BOOTSTRAP_SERVERS=" + broker.bootstrapServers(),
                "--AGENT_PARTITIONS=2",
                "--CALL_PARTITIONS=1",
                "--PORT=0",
                "--BIND_ADDRESS=127.0.0.1",
                "--LLM_MODEL=model-1",
                "--API_KEYS=acme:" + KEY + ",other:another-key-0123456789abc",
                "--RESPONSE_ID_KEYS=1:" + Base64.getEncoder().encodeToString(new byte[32]),
                "--POSTGRES_URL=jdbc:postgresql://127.0.0.1:1/none");
    }

    @AfterAll
    static void stop() {
        two.close();
        one.close();
        producer.close();
        broker.close();
    }

    private HttpRequest.Builder request(ConfigurableApplicationContext service, String path) {
        String port = service.getEnvironment().getProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1" + path))
                .timeout(Duration.ofSeconds(30))
                .header("Authorization", "Bearer " + KEY)
                .header("Content-Type", "application/json");
    }

    private HttpResponse<String> get(ConfigurableApplicationContext service, String path) throws Exception {
        return http.send(request(service, path).GET().build(), BodyHandlers.ofString());
    }

    private CompletableFuture<String> stream(ConfigurableApplicationContext service, String id, String more) {
        HttpRequest request = request(service, "/responses/" + id + "?stream=true" + more)
                .GET()
                .build();
        return http.sendAsync(request, BodyHandlers.ofString()).thenApply(HttpResponse::body);
    }

    @Test
    void bothTellTheSameBytes() throws Exception {
        for (ConfigurableApplicationContext each : new ConfigurableApplicationContext[] {one, two}) {
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(get(each, "/health").statusCode()).isEqualTo(200));
        }
        HttpResponse<String> submitted = http.send(
                request(one, "/responses")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"input\":\"Hi\",\"background\":true}"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(submitted.statusCode()).as(submitted.body()).isEqualTo(202);
        String id = Json.tree(submitted.body()).get("id").stringValue();
        assertThat(get(two, "/responses/" + id).body()).isEqualTo(submitted.body());

        CompletableFuture<String> first = stream(one, id, "");
        CompletableFuture<String> second = stream(two, id, "");
        new TurnWriter(producer, ResponseId.parse(id)).whole(10);
        String events = first.get();

        assertThat(second.get()).isEqualTo(events).endsWith("data: [DONE]\n\n");
        assertThat(get(two, "/responses/" + id).body())
                .isEqualTo(get(one, "/responses/" + id).body())
                .contains("\"status\":\"completed\"");
        String[] blocks = events.split("(?<=\n\n)");
        StringBuilder rest = new StringBuilder(events);
        for (int n = 0; n < blocks.length - 1; n++) {
            rest.delete(0, blocks[n].length());
            assertThat(stream(two, id, "&starting_after=" + n).get()).isEqualTo(rest.toString());
        }
    }
}
