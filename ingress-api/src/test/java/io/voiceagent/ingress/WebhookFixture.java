package io.voiceagent.ingress;

import static org.awaitility.Awaitility.await;

import io.opentelemetry.context.Context;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.Usage;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import tools.jackson.databind.JsonNode;

/** Broker, database and a file of endpoints; the test ends turns in the orchestrator's place. */
final class WebhookFixture implements AutoCloseable {
    static final String SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path directory;
    private final EmbeddedBroker broker;
    private final Producer<String, byte[]> producer;
    private EmbeddedPostgresServer postgres;

    WebhookFixture(Path directory) {
        this.directory = directory;
        this.broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        this.postgres = EmbeddedPostgresServer.start(directory.resolve("postgres"), 0);
        this.producer = Producers.stage(
                KafkaSettings.local(broker.bootstrapServers(), RunningIngress.PARTITIONS, 1), "test-decides");
    }

    /** Writes the file of endpoints: all of them acme's. */
    void endpoints(String... urls) throws IOException {
        String list = Stream.of(urls)
                .map(url -> "{\"url\":\"%s\",\"secret\":\"%s\"}".formatted(url, SECRET))
                .collect(Collectors.joining(","));
        Files.writeString(file(), "{\"acme\":[" + list + "]}");
    }

    private Path file() {
        return directory.resolve("webhooks.json");
    }

    RunningIngress ingress(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--WEBHOOKS_FILE=" + file(),
                "--WEBHOOK_ALLOW_PRIVATE=true",
                "--WEBHOOK_RETRY_SECONDS=0.1",
                "--WEBHOOK_TIMEOUT_SECONDS=1",
                "--POSTGRES_URL=" + postgres.jdbcUrl(),
                "--POSTGRES_USER=" + postgres.user(),
                "--POSTGRES_PASSWORD=" + postgres.password()));
        arguments.addAll(List.of(more));
        RunningIngress service = RunningIngress.start(broker.bootstrapServers(), arguments.toArray(String[]::new))
                .ready();
        await().atMost(PATIENCE).until(() -> service.get("/health").body().contains("\"webhooks\":{\"status\":\"ok\""));
        return service;
    }

    void end(String id, StepEvent.Status status) {
        ResponseId place = ResponseId.parse(id);
        StepEvent.Ended ended = new StepEvent.Ended(
                id,
                place.conversation(),
                place.submittedAt().toEpochMilli() + 1_500,
                status,
                null,
                status == StepEvent.Status.INCOMPLETE ? "max_output_tokens" : null,
                Usage.NONE);
        producer.send(new ProducerRecord<>(
                Topics.STEPS,
                place.partition(),
                place.conversation(),
                Json.write(ended),
                Records.headers(ended, Context.root())));
        producer.flush();
    }

    /** What the log of deliveries says of a response, by the path of the endpoint. */
    static Map<String, JsonNode> log(RunningIngress service, String response) throws Exception {
        JsonNode list = RunningIngress.json(service.get("/webhook_deliveries?limit=100"));
        return StreamSupport.stream(list.get("data").spliterator(), false)
                .filter(entry -> entry.get("response_id").stringValue().equals(response))
                .collect(Collectors.toMap(
                        entry -> entry.get("url").stringValue().replaceAll("http://[^/]*", ""), entry -> entry));
    }

    void stopPostgres() throws IOException {
        postgres.close();
    }

    void startPostgres() {
        String url = postgres.jdbcUrl();
        int port = Integer.parseInt(url.replaceAll(".*:(\\d+)/.*", "$1"));
        postgres = EmbeddedPostgresServer.start(directory.resolve("postgres"), port);
    }

    @Override
    public void close() throws IOException {
        producer.close();
        postgres.close();
        broker.close();
    }
}
