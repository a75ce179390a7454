package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.messages.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** The whole service on a free port, and a client of it. */
final class RunningIngress implements AutoCloseable {
    static final String ACME = "acme-key-0123456789";
    static final String GLOBEX = "globex-key-0123456789";
    static final int PARTITIONS = 2;
    static final String MODEL = "model-1";
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final ConfigurableApplicationContext context;
    private final HttpClient http = HttpClient.newHttpClient();

    private RunningIngress(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /** Starts it, with a database that is not there unless {@code more} says otherwise. */
    static RunningIngress start(String bootstrapServers, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--KAFKA_BOOTSTRAP_SERVERS=" + bootstrapServers,
                "--AGENT_PARTITIONS=" + PARTITIONS,
                "--CALL_PARTITIONS=1",
                "--PORT=0",
                "--BIND_ADDRESS=127.0.0.1",
                "--LLM_MODEL=" + MODEL,
                "--API_KEYS=acme:%s,globex:%s".formatted(ACME, GLOBEX),
                "--RESPONSE_ID_KEYS=1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
                "--POSTGRES_URL=jdbc:postgresql://127.0.0.1:1/none"));
        for (String each : more) {
            // An argument that is given twice would be a list of both
            arguments.removeIf(argument -> argument.startsWith(each.substring(0, each.indexOf('=') + 1)));
            arguments.add(each);
        }
        return new RunningIngress(IngressApi.start(arguments.toArray(String[]::new)));
    }

    /** Waits until it says that it can serve. */
    RunningIngress ready() {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(health()).isEqualTo(200));
        return this;
    }

    int health() throws IOException, InterruptedException {
        return send(anonymous("/api/v1/health")).statusCode();
    }

    String url() {
        return "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
    }

    HttpRequest.Builder anonymous(String path) {
        return HttpRequest.newBuilder(URI.create(url() + path)).timeout(PATIENCE);
    }

    HttpRequest.Builder request(String path) {
        return request(ACME, path);
    }

    HttpRequest.Builder request(String key, String path) {
        return anonymous("/api/v1" + path)
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json");
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path).GET());
    }

    HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send(request(path).POST(BodyPublishers.ofString(body)));
    }

    /** The id of a turn submitted in the background. */
    String submit() throws IOException, InterruptedException {
        HttpResponse<String> answer = post("/responses", "{\"input\":\"hello\",\"background\":true}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return json(answer).get("id").stringValue();
    }

    CompletableFuture<HttpResponse<String>> sendAsync(HttpRequest.Builder request) {
        return http.sendAsync(request.build(), BodyHandlers.ofString());
    }

    static JsonNode json(HttpResponse<String> answer) {
        return Json.tree(answer.body());
    }

    @Override
    public void close() {
        context.close();
        http.close();
    }
}
