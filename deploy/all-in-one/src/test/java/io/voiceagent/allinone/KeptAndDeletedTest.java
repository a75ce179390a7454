package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.allinone.Settings.Servers;
import io.voiceagent.embedded.Ports;
import io.voiceagent.ingress.IngressApi;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Topics;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/**
 * What becomes of a response after its end, at two replicas of the API: it is read for as long as it is kept, the same whenever and wherever,
 * and never after it was deleted.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeptAndDeletedTest {
    private static final Settings SETTINGS = new Settings(Map.of("SIM_TTFT_MS", "10", "SIM_TOKENS_PER_SECOND", "1000"));
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** What the archive has of a response. */
    private enum Row {
        NONE,
        WHOLE,
        CLEARED
    }

    private final HttpClient http = HttpClient.newHttpClient();
    private Options options;
    private DataDirectory directory;
    private LocalSystem system;
    private Servers servers;
    private ConfigurableApplicationContext second;
    private String one;
    private String two;

    @BeforeAll
    void start(@TempDir Path root) throws Exception {
        options = new Options(Ports.free(), root, false);
        startAll();
    }

    @AfterAll
    void end() throws Exception {
        endAll();
        http.close();
    }

    private void startAll() throws Exception {
        directory = DataDirectory.open(options.data(), options.fresh(), options.url());
        system = new LocalSystem(
                options, directory, SETTINGS, new Progress(new PrintStream(OutputStream.nullOutputStream())));
        servers = system.start();
        List<String> arguments = new ArrayList<>(List.of("--PORT=0"));
        SETTINGS.forServices(directory, servers)
                .forEach((name, value) -> arguments.add("--%s=%s".formatted(name, value)));
        second = IngressApi.start(arguments.toArray(String[]::new));
        one = options.url();
        two = "http://127.0.0.1:" + second.getEnvironment().getProperty("local.server.port");
        await().atMost(PATIENCE).until(() -> send(two, "GET", "/health", null).statusCode() == 200);
    }

    private void endAll() throws IOException {
        second.close();
        system.close();
        directory.close();
    }

    @Test
    void aDeletedResponseIsGoneAtEachReplicaAndFromTheArchive() {
        String id = submit("{\"input\":\"A secret.\",\"background\":true}");
        awaitEnd(one, id);
        awaitEnd(two, id);
        await().atMost(PATIENCE).until(() -> row(id) == Row.WHOLE);
        String running = submit("{\"input\":\"A lot. [[tokens=5000]] [[tps=50]]\",\"background\":true}");
        await().atMost(PATIENCE).until(() -> status(two, running).equals("in_progress"));

        for (String each : List.of(id, running)) {
            delete(each);
            assertGone(one, each);
            // It reads the same log, a moment later
            await().atMost(PATIENCE)
                    .until(() -> send(two, "GET", "/responses/" + each, null).statusCode() == 404);
            assertGone(two, each);
        }
        await().atMost(PATIENCE).until(() -> row(id) == Row.CLEARED && row(running) == Row.CLEARED);
    }

    @Test
    void whatIsNotStoredIsStreamedOnAtTheOtherReplicaAndNeverArchived() {
        String id = submit("{\"input\":\"Not to be kept. [[tokens=20]]\",\"background\":true,\"store\":false}");
        List<String> whole = stream(one, id, -1);
        assertThat(whole).hasSizeGreaterThan(10);
        assertThat(stream(two, id, 3)).isEqualTo(whole.subList(4, whole.size()));
        assertThat(awaitEnd(two, id).path("store").asBoolean(true)).isFalse();
        assertThat(next(two, id).body()).contains("previous_response_not_found");

        // Stored after it from the same partition: so the archiver has read it
        String after = submitInThePartitionOf(id);
        await().atMost(PATIENCE).until(() -> row(after) == Row.WHOLE);
        assertThat(row(id)).isEqualTo(Row.NONE);
        delete(id);
        assertGone(one, id);
    }

    @Test
    void aStreamIsTheSameWhenItsTopicIsEmptyAfterARestartOfEverythingAndFromTheOtherReplica() throws Exception {
        String deleted = submit("{\"input\":\"A secret.\",\"background\":true}");
        awaitEnd(one, deleted);
        delete(deleted);
        String id = submit("{\"input\":\"Again. [[tokens=40]] [[reasoning=5]]\",\"background\":true}");
        List<String> live = stream(one, id, -1);
        String object = send(one, "GET", "/responses/" + id, null).body();
        assertThat(live).hasSizeGreaterThan(20);
        await().atMost(PATIENCE).until(() -> row(id) == Row.WHOLE);

        empty(Topics.STREAM);
        assertSame(id, live, object);
        endAll();
        startAll();
        assertSame(id, live, object);
        assertGone(one, deleted);
        assertGone(two, deleted);
    }

    @Test
    void aConversationGoesOnAtTheOtherReplicaAndAfterARestartOfEverything() throws Exception {
        String id = json(send(
                        one,
                        "POST",
                        "/conversations",
                        "{\"metadata\":{\"a\":\"b\"},\"items\":[{\"role\":\"user\",\"content\":\"I am Ada.\"}]}"))
                .get("id")
                .stringValue();
        String path = "/conversations/" + id;
        say(one, id, "The first.");
        // What one has just written the other one reads
        assertThat(texts(two, path)).startsWith("I am Ada.", "The first.").hasSize(3);
        say(two, id, "The second.");
        List<String> before = texts(one, path);
        assertThat(before).contains("The second.").hasSize(5);

        endAll();
        startAll();
        for (String at : List.of(two, one)) {
            assertThat(json(send(at, "GET", path, null)).at("/metadata/a").stringValue())
                    .isEqualTo("b");
            assertThat(texts(at, path)).isEqualTo(before);
        }
        JsonNode added =
                json(send(two, "POST", path + "/items", "{\"items\":[{\"role\":\"user\",\"content\":\"By hand.\"}]}"));
        assertThat(added.path("data")).hasSize(1);
        JsonNode third = say(one, id, "The third.");
        // The model was told all that came before
        assertThat(third.at("/usage/input_tokens").asLong())
                .isGreaterThan(
                        say(one, null, "The third.").at("/usage/input_tokens").asLong());
        assertThat(texts(two, path))
                .startsWith(before.toArray(String[]::new))
                .contains("By hand.", "The third.")
                .hasSize(8);
        assertThat(json(send(two, "DELETE", path, null)).path("deleted").asBoolean())
                .isTrue();
        assertThat(send(one, "GET", path, null).statusCode()).isEqualTo(404);
    }

    private JsonNode say(String at, String conversation, String text) {
        JsonNode answer = json(send(
                at,
                "POST",
                "/responses",
                conversation == null
                        ? "{\"input\":\"%s\"}".formatted(text)
                        : "{\"input\":\"%s\",\"conversation\":\"%s\"}".formatted(text, conversation)));
        assertThat(answer.get("status").stringValue()).isEqualTo("completed");
        return answer;
    }

    /** The texts of a conversation's items, the oldest first. */
    private List<String> texts(String at, String conversation) {
        return json(send(at, "GET", conversation + "/items?order=asc&limit=100", null))
                .path("data")
                .valueStream()
                .map(item -> item.at("/content/0/text").asString(""))
                .toList();
    }

    private static JsonNode json(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.tree(answer.body());
    }

    private void assertSame(String id, List<String> live, String object) {
        for (String at : List.of(one, two)) {
            for (int after : List.of(-1, 0, 1, live.size() / 2, live.size() - 2, live.size() - 1)) {
                assertThat(stream(at, id, after))
                        .as("starting_after " + after)
                        .isEqualTo(live.subList(after + 1, live.size()));
            }
            assertThat(send(at, "GET", "/responses/" + id, null).body()).isEqualTo(object);
        }
    }

    private void assertGone(String at, String id) {
        String path = "/responses/" + id;
        assertThat(send(at, "GET", path, null).statusCode()).isEqualTo(404);
        assertThat(send(at, "GET", path + "?stream=true", null).statusCode()).isEqualTo(404);
        assertThat(send(at, "GET", path + "/input_items", null).statusCode()).isEqualTo(404);
        assertThat(send(at, "POST", path + "/cancel", null).statusCode()).isEqualTo(404);
        assertThat(send(at, "DELETE", path, null).statusCode()).isEqualTo(404);
        assertThat(next(at, id).body()).contains("previous_response_not_found");
    }

    private HttpResponse<String> next(String at, String id) {
        return send(at, "POST", "/responses", "{\"input\":\"And?\",\"previous_response_id\":\"%s\"}".formatted(id));
    }

    private void delete(String id) {
        HttpResponse<String> deleted = send(one, "DELETE", "/responses/" + id, null);
        assertThat(deleted.statusCode()).as(deleted.body()).isEqualTo(200);
        assertThat(deleted.body()).isEqualTo("{\"id\":\"%s\",\"object\":\"response\",\"deleted\":true}".formatted(id));
    }

    private String submitInThePartitionOf(String id) {
        String other;
        do {
            other = submit("{\"input\":\"Pass.\",\"background\":true}");
        } while (ResponseId.parse(other).partition() != ResponseId.parse(id).partition());
        return other;
    }

    private String submit(String body) {
        HttpResponse<String> accepted = send(one, "POST", "/responses", body);
        assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
        return Json.tree(accepted.body()).get("id").stringValue();
    }

    private String status(String at, String id) {
        return Json.tree(send(at, "GET", "/responses/" + id, null).body())
                .path("status")
                .asString("");
    }

    private JsonNode awaitEnd(String at, String id) {
        await().atMost(PATIENCE).until(() -> !List.of("queued", "in_progress").contains(status(at, id)));
        return Json.tree(send(at, "GET", "/responses/" + id, null).body());
    }

    /** The data of the events, as they were sent. */
    private List<String> stream(String at, String id, int after) {
        String query = after < 0 ? "?stream=true" : "?stream=true&starting_after=" + after;
        String body = send(at, "GET", "/responses/" + id + query, null).body();
        assertThat(body).endsWith("data: [DONE]\n\n");
        return Arrays.stream(body.split("\n"))
                .filter(line -> line.startsWith("data: {"))
                .toList();
    }

    private HttpResponse<String> send(String at, String method, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(at + "/api/v1" + path))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + Settings.firstKey(SETTINGS.apiKeys(directory)))
                .header("Content-Type", "application/json")
                .timeout(PATIENCE)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** As retention does. */
    private void empty(String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers.kafka()))) {
            Map<TopicPartition, OffsetSpec> latest =
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().stream()
                            .collect(Collectors.toMap(
                                    partition -> new TopicPartition(topic, partition.partition()),
                                    partition -> OffsetSpec.latest()));
            Map<TopicPartition, RecordsToDelete> all = admin.listOffsets(latest).all().get().entrySet().stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey,
                            end -> RecordsToDelete.beforeOffset(end.getValue().offset())));
            admin.deleteRecords(all).all().get();
        }
    }

    private Row row(String id) {
        try (Connection connection = DriverManager.getConnection(
                        servers.jdbcUrl(), servers.postgresUser(), servers.postgresPassword());
                PreparedStatement select = connection.prepareStatement(
                        "SELECT body, events, input_items, deleted_at FROM responses.responses WHERE response_id = ?")) {
            select.setString(1, id);
            try (ResultSet rows = select.executeQuery()) {
                if (!rows.next()) {
                    return Row.NONE;
                }
                boolean content = rows.getString(1) != null || rows.getBytes(2) != null || rows.getString(3) != null;
                assertThat(rows.getTimestamp(4) != null).isNotEqualTo(content);
                return content ? Row.WHOLE : Row.CLEARED;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
