package io.voiceagent.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.clients.ApiUnderTest.Access;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** What conversations promise beyond what the official clients ask for, by plain HTTP through the whole system. */
@Timeout(60)
@ExtendWith(ApiUnderTest.class)
class ConversationsTest {
    private static final String SLOW = "Slowly. [[tokens=400]] [[tps=40]]";
    private static final String GUARDED =
            ",\"tools\":[{\"type\":\"mcp\",\"server_label\":\"builtin\",\"require_approval\":\"always\"}]";
    private static final Duration SOON = Duration.ofSeconds(20);

    private static HttpClient http;
    private static Access api;

    @BeforeAll
    static void connect(Access access) {
        api = access;
        http = HttpClient.newHttpClient();
    }

    @AfterAll
    static void disconnect() {
        http.close();
    }

    @Test
    void aTurnWaitsForTheOneBeforeItAndBothAreInTheLine() throws Exception {
        String conversation = create();
        String first = submit(conversation, "First. [[tokens=40]] [[tps=40]]", null);
        JsonNode second = turn(conversation, "Second. [[tokens=3]]", null).body();
        assertThat(second.path("status").stringValue()).isEqualTo("queued");
        JsonNode waiting = get("/responses/" + second.path("id").stringValue());
        assertThat(waiting.path("queue_position").asInt()).isEqualTo(1);
        assertThat(waiting.at("/conversation/id").stringValue()).isEqualTo(conversation);

        JsonNode ended = ended(second.path("id").stringValue());
        assertThat(ended.path("status").stringValue()).isEqualTo("completed");
        assertThat(ended.has("queue_position")).isFalse();
        assertThat(get("/responses/" + first).path("status").stringValue()).isEqualTo("completed");
        List<String> events = sse("/responses/" + ended.path("id").stringValue() + "?stream=true");
        assertThat(events).startsWith("response.created", "response.queued", "response.in_progress");
        assertThat(ids(conversation)).hasSize(4);
    }

    @Test
    void aTurnThatDoesNotWaitIsRefusedAndOneThatInterruptsTakesItsPlace() throws Exception {
        String conversation = create();
        String slow = submit(conversation, SLOW, null);
        Answer refused = turn(conversation, "No.", "reject");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.body().at("/error/code").stringValue()).isEqualTo("conversation_locked");
        Answer items = post(
                "/conversations/" + conversation + "/items", "{\"items\":[{\"role\":\"user\",\"content\":\"x\"}]}");
        assertThat(items.body().at("/error/code").stringValue()).isEqualTo("conversation_locked");

        String waits = submit(conversation, "I wait. [[tokens=3]]", "enqueue");
        String interrupts = submit(conversation, "Stop that. [[tokens=3]]", "interrupt");
        assertThat(ended(slow).path("status").stringValue()).isEqualTo("cancelled");
        ended(interrupts);
        ended(waits);
        List<String> texts = StreamSupport.stream(
                        get("/conversations/" + conversation + "/items?order=asc")
                                .path("data")
                                .spliterator(),
                        false)
                .filter(item -> item.path("role").asString("").equals("user"))
                .map(item -> item.at("/content/0/text").stringValue())
                .toList();
        assertThat(texts).containsExactly(SLOW, "Stop that. [[tokens=3]]", "I wait. [[tokens=3]]");
    }

    @Test
    void itemsAreAddedReadPageByPageAndRemoved() throws Exception {
        String conversation = create();
        ended(submit(conversation, "First. [[tokens=3]]", null));
        JsonNode added = post(
                        "/conversations/" + conversation + "/items",
                        "{\"items\":[{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"user\",\"content\":\"two\"}]}")
                .body();
        assertThat(added.path("data").size()).isEqualTo(2);
        List<String> all = ids(conversation);
        assertThat(all).hasSize(4);
        List<String> paged = new ArrayList<>();
        JsonNode page = get("/conversations/" + conversation + "/items?order=asc&limit=1");
        paged.add(page.path("first_id").stringValue());
        while (page.path("has_more").booleanValue()) {
            page = get("/conversations/" + conversation + "/items?order=asc&limit=1&after="
                    + page.path("last_id").stringValue());
            paged.add(page.path("first_id").stringValue());
        }
        assertThat(paged).isEqualTo(all);

        String answer = all.get(1);
        String item = "/conversations/" + conversation + "/items/" + answer;
        assertThat(get(item).path("role").stringValue()).isEqualTo("assistant");
        assertThat(send(request(item).DELETE()).body().path("id").stringValue()).isEqualTo(conversation);
        assertThat(send(request(item).GET()).status()).isEqualTo(404);
        assertThat(ids(conversation)).doesNotContain(answer).hasSize(3);
    }

    @Test
    void aSecondClientFollowsAllTurnsAndGoesOnAfterAnyEvent() throws Exception {
        String conversation = create();
        ended(submit(conversation, "Before. [[tokens=3]]", null));
        Follower follower = new Follower(conversation, null);
        ended(submit(conversation, "Meanwhile. [[tokens=4]]", null));
        String last = submit(conversation, "At last. [[tokens=5]]", null);
        ended(last);
        await().atMost(SOON)
                .untilAsserted(
                        () -> assertThat(follower.count("response.completed")).isEqualTo(3));
        List<String> all = List.copyOf(follower.ids);
        assertThat(all).doesNotHaveDuplicates();

        for (int from : new int[] {0, all.size() / 2, all.size() - 2}) {
            Follower again = new Follower(conversation, all.get(from));
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(again.ids).isEqualTo(all.subList(from + 1, all.size())));
            again.close();
        }
        send(request("/conversations/" + conversation).DELETE());
        await().atMost(SOON).untilAsserted(() -> assertThat(follower.done).isTrue());
        follower.close();
    }

    @Test
    void aDeletedConversationIsGoneAndItsResponsesStay() throws Exception {
        String conversation = create();
        String running = submit(conversation, SLOW, null);
        String waiting = submit(conversation, "I wait.", null);
        assertThat(send(request("/conversations/" + conversation).DELETE())
                        .body()
                        .path("deleted")
                        .booleanValue())
                .isTrue();
        assertThat(ended(running).path("status").stringValue()).isEqualTo("cancelled");
        assertThat(ended(waiting).path("status").stringValue()).isEqualTo("cancelled");
        for (String path : List.of("", "/items", "/items/msg_1", "/events")) {
            Answer gone = send(request("/conversations/" + conversation + path).GET());
            assertThat(gone.status()).as(path).isEqualTo(404);
        }
        assertThat(turn(conversation, "Anybody?", null).status()).isEqualTo(404);
    }

    @Test
    void aCallIsApprovedByTheNextTurnAndOnlyOnce() throws Exception {
        String conversation = create();
        String question = ",\"input\":\"What is 6 * 7? [[call=calculator {\\\"expression\\\":\\\"6*7\\\"}]]\"";
        JsonNode asked =
                ended(turn(conversation, question + GUARDED).body().path("id").stringValue());
        JsonNode request = asked.path("output")
                .valueStream()
                .filter(item -> item.path("type").stringValue().equals("mcp_approval_request"))
                .findFirst()
                .orElseThrow();
        String approval =
                ",\"input\":[{\"type\":\"mcp_approval_response\",\"approve\":true,\"approval_request_id\":\"%s\"}]"
                        .formatted(request.path("id").stringValue());
        JsonNode answer =
                ended(turn(conversation, approval + GUARDED).body().path("id").stringValue());
        assertThat(answer.at("/output/0/output").stringValue()).isEqualTo("42");

        Answer again = turn(conversation, approval + GUARDED);
        JsonNode refused = again.status() == 202 ? ended(again.body().path("id").stringValue()) : again.body();
        assertThat(refused.at("/error/code").stringValue()).isEqualTo("approval_already_answered");
    }

    @Test
    void aResponseIsDeletedAndItsTurnLeavesTheConversation() throws Exception {
        String conversation = create();
        String first = submit(conversation, "My name is Ada. [[tokens=3]]", null);
        ended(first);
        assertThat(send(request("/responses/" + first).DELETE()).status()).isEqualTo(200);
        assertThat(send(request("/responses/" + first).GET()).status()).isEqualTo(404);
        for (String id : ids(conversation)) {
            JsonNode item = get("/conversations/" + conversation + "/items/" + id);
            assertThat(item.toString()).doesNotContain("Ada");
        }
    }

    // ---- requests

    private record Answer(int status, JsonNode body) {}

    private static String create() throws Exception {
        return post("/conversations", "{\"metadata\":{\"topic\":\"test\"}}")
                .body()
                .path("id")
                .stringValue();
    }

    private static Answer turn(String conversation, String text, String concurrency) throws Exception {
        return post(
                "/responses",
                "{\"model\":\"simulator\",\"background\":true,\"conversation\":\"%s\",\"input\":\"%s\"%s}"
                        .formatted(
                                conversation,
                                text,
                                concurrency == null
                                        ? ""
                                        : ",\"conversation_concurrency\":\"%s\"".formatted(concurrency)));
    }

    /** @param fields JSON, each after a comma */
    private static Answer turn(String conversation, String fields) throws Exception {
        return post(
                "/responses",
                "{\"model\":\"simulator\",\"background\":true,\"conversation\":\"%s\"%s}"
                        .formatted(conversation, fields));
    }

    private static String submit(String conversation, String text, String concurrency) throws Exception {
        Answer answer = turn(conversation, text, concurrency);
        assertThat(answer.status()).as(answer.body().toString()).isEqualTo(202);
        return answer.body().path("id").stringValue();
    }

    private static JsonNode ended(String id) throws Exception {
        return await().atMost(SOON)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> get("/responses/" + id),
                        response -> !List.of("queued", "in_progress")
                                .contains(response.path("status").stringValue()));
    }

    private static List<String> ids(String conversation) throws Exception {
        return StreamSupport.stream(
                        get("/conversations/" + conversation + "/items?order=asc")
                                .path("data")
                                .spliterator(),
                        false)
                .map(item -> item.path("id").stringValue())
                .toList();
    }

    private static List<String> sse(String path) throws Exception {
        return http.send(request(path).GET().build(), HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith("event: "))
                .map(line -> line.substring(7))
                .toList();
    }

    private static JsonNode get(String path) throws Exception {
        Answer answer = send(request(path).GET());
        assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
        return answer.body();
    }

    private static Answer post(String path, String body) throws Exception {
        return send(request(path).POST(BodyPublishers.ofString(body)));
    }

    private static Answer send(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return new Answer(answer.statusCode(), Dialect.JSON.readTree(answer.body()));
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(api.baseUrl() + path))
                .timeout(Duration.ofSeconds(30))
                .header("Authorization", "Bearer " + api.apiKey())
                .header("Content-Type", "application/json");
    }

    /** Reads a conversation's events until it is closed, or they end. */
    private static final class Follower implements AutoCloseable {
        private final List<String> ids = new CopyOnWriteArrayList<>();
        private final List<String> types = new CopyOnWriteArrayList<>();
        private final InputStream body;
        private volatile boolean done;

        private Follower(String conversation, String lastEventId) throws Exception {
            HttpRequest.Builder request = request("/conversations/" + conversation + "/events");
            if (lastEventId != null) {
                request.header("Last-Event-ID", lastEventId);
            }
            HttpResponse<InputStream> answer =
                    http.send(request.GET().build(), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            body = answer.body();
            Thread.ofVirtual().start(this::read);
        }

        private void read() {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
                lines.lines().forEach(line -> {
                    if (line.startsWith("id: ")) {
                        ids.add(line.substring(4));
                    } else if (line.startsWith("event: ")) {
                        types.add(line.substring(7));
                    } else if (line.equals("data: [DONE]")) {
                        done = true;
                    }
                });
            } catch (java.io.IOException | java.io.UncheckedIOException closed) {
                types.add("closed");
            }
        }

        private long count(String type) {
            return types.stream().filter(type::equals).count();
        }

        @Override
        public void close() throws Exception {
            body.close();
        }
    }
}
