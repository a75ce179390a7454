package io.voiceagent.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The simulator by plain HTTP: bytes of the stream, timing, faults, disconnects. */
class SimulatorTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String TOOL =
            ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"calculator\",\"parameters\":{}}}]";
    private static Simulator simulator;
    private static HttpClient client;

    @BeforeAll
    static void start() {
        simulator = Simulator.start(SimulatorOptions.defaults().withPace(Duration.ofMillis(5), 2_000, 20));
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        client.close();
        simulator.close();
    }

    @Test
    void streamsChunksAsTheRealServiceDoes() throws Exception {
        HttpResponse<String> response =
                send(chat("Hi [[tokens=3]]", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream; charset=utf-8");
        List<String> data = data(response.body());
        assertThat(data).hasSize(7).last().isEqualTo("[DONE]");
        JsonNode role = JSON.readTree(data.get(0));
        assertThat(role.at("/object").asString()).isEqualTo("chat.completion.chunk");
        assertThat(role.at("/id").asString()).startsWith("chatcmpl-");
        assertThat(role.at("/model").asString()).isEqualTo("m");
        assertThat(role.at("/created").asLong()).isPositive();
        assertThat(role.at("/choices/0/delta/role").asString()).isEqualTo("assistant");
        assertThat(role.at("/choices/0/finish_reason").isNull()).isTrue();
        assertThat(JSON.readTree(data.get(1)).at("/choices/0/delta/content").asString())
                .isEqualTo("Simulated");
        assertThat(JSON.readTree(data.get(4)).at("/choices/0/finish_reason").asString())
                .isEqualTo("stop");
        JsonNode usage = JSON.readTree(data.get(5));
        assertThat(usage.at("/choices").isEmpty()).isTrue();
        assertThat(usage.at("/usage/completion_tokens").asInt()).isEqualTo(3);
    }

    @Test
    void answersWholeWhereNoStreamIsAskedFor() throws Exception {
        JsonNode body = JSON.readTree(send(chat("what is 6*7", TOOL)).body());

        assertThat(body.at("/object").asString()).isEqualTo("chat.completion");
        assertThat(body.at("/choices/0/finish_reason").asString()).isEqualTo("tool_calls");
        assertThat(body.at("/choices/0/message/content").isNull()).isTrue();
        assertThat(body.at("/choices/0/message/tool_calls/0/function/arguments").asString())
                .isEqualTo("{\"expression\":\"6*7\"}");
    }

    @Test
    void keepsThePaceAndSendsHeadersAhead() throws Exception {
        long begun = System.nanoTime();
        HttpResponse<InputStream> response = client.send(
                chat("[[ttft=2000]] [[tps=50]] [[tokens=21]]", ",\"stream\":true"),
                HttpResponse.BodyHandlers.ofInputStream());
        long headers = millisSince(begun);
        try (InputStream body = response.body()) {
            assertThat(body.read()).isEqualTo('d');
            long first = millisSince(begun);
            body.readAllBytes();
            assertThat(headers).isLessThan(2_000);
            assertThat(first).isGreaterThanOrEqualTo(2_000);
            assertThat(millisSince(begun)).isGreaterThanOrEqualTo(2_400);
        }
    }

    @Test
    void seesTheClientLeave() throws Exception {
        HttpResponse<InputStream> stream = client.send(
                chat("[[fault=endless]] [[tag=leave]]", ",\"stream\":true"), HttpResponse.BodyHandlers.ofInputStream());
        stream.body().read();
        assertThat(simulator.stats().tag("leave")).isEqualTo(new SimulatorStats.Tally(1, 1, 0, 0, 0));

        stream.body().close();

        await().untilAsserted(() ->
                assertThat(simulator.stats().tag("leave")).isEqualTo(new SimulatorStats.Tally(1, 0, 0, 1, 0)));
    }

    @Test
    void seesTheClientLeaveASilentStreamAndAWaitingRequest() throws Exception {
        HttpResponse<InputStream> silent = client.send(
                chat("[[fault=hang]] [[tag=silent]]", ",\"stream\":true"), HttpResponse.BodyHandlers.ofInputStream());
        silent.body().close();
        CompletableFuture<?> waiting =
                client.sendAsync(chat("[[ttft=60000]] [[tag=silent]]", ""), HttpResponse.BodyHandlers.ofString());
        await().until(() -> simulator.stats().tag("silent").requests() == 2);
        waiting.cancel(true);

        await().untilAsserted(() ->
                assertThat(simulator.stats().tag("silent")).isEqualTo(new SimulatorStats.Tally(2, 0, 0, 2, 0)));
    }

    @Test
    void failsTheFirstRequestsAndThenAnswers() throws Exception {
        HttpRequest request = chat("[[fault=429:1]] [[fault=500:1]] twice [[tag=twice]]", ",\"stream\":true");

        HttpResponse<String> limited = send(request);
        assertThat(limited.statusCode()).isEqualTo(429);
        assertThat(limited.headers().firstValue("retry-after")).contains("1");
        assertThat(JSON.readTree(limited.body()).at("/error/code").asString()).isEqualTo("rate_limit_exceeded");
        assertThat(send(request).statusCode()).isEqualTo(500);
        assertThat(send(request).statusCode()).isEqualTo(200);
        assertThat(simulator.stats().tag("twice")).isEqualTo(new SimulatorStats.Tally(3, 0, 1, 0, 2));
    }

    @Test
    void cutsTheConnectionInMidStream() throws Exception {
        HttpResponse<InputStream> response = client.send(
                chat("[[cut=4]] [[tag=cut]]", ",\"stream\":true"), HttpResponse.BodyHandlers.ofInputStream());
        StringBuilder received = new StringBuilder();
        assertThatThrownBy(() -> {
                    int next;
                    while ((next = response.body().read()) >= 0) {
                        received.append((char) next);
                    }
                })
                .isInstanceOf(IOException.class);

        assertThat(received.toString().split("\"content\":\"", -1)).hasSize(1 + 1 + 4);
        assertThat(received).doesNotContain("[DONE]");
        await().untilAsserted(() ->
                assertThat(simulator.stats().tag("cut")).isEqualTo(new SimulatorStats.Tally(1, 0, 0, 0, 1)));
    }

    @Test
    void stallsAndStaysSilent() throws Exception {
        HttpResponse<InputStream> response = client.send(
                chat("[[stall=2]] [[tag=stall]]", ",\"stream\":true"), HttpResponse.BodyHandlers.ofInputStream());
        CompletableFuture<byte[]> all = CompletableFuture.supplyAsync(() -> {
            try (InputStream body = response.body()) {
                return body.readAllBytes();
            } catch (IOException e) {
                return new byte[0];
            }
        });
        await().during(Duration.ofMillis(300)).until(() -> !all.isDone());
        assertThat(simulator.stats().tag("stall").open()).isEqualTo(1);
        response.body().close();

        HttpRequest silent = HttpRequest.newBuilder(uri("/v1/chat/completions"))
                .timeout(Duration.ofMillis(300))
                .POST(HttpRequest.BodyPublishers.ofString(body("[[fault=silent]]", ",\"stream\":true")))
                .build();
        assertThatThrownBy(() -> send(silent)).isInstanceOf(HttpTimeoutException.class);
    }

    @Test
    void sendsTheWrongTypeOnRequest() throws Exception {
        assertThat(send(chat("[[fault=badtype]]", ",\"stream\":true")).headers().firstValue("content-type"))
                .contains("text/html; charset=utf-8");
    }

    @Test
    void refusesInTheShapeOfTheRealService() throws Exception {
        HttpResponse<String> noJson = send(post("/v1/chat/completions", "{", Map.of()));
        assertThat(noJson.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(noJson.body()).at("/error/type").asString()).isEqualTo("invalid_request_error");
        HttpResponse<String> marker = send(chat("[[tokens=0]]", ""));
        assertThat(marker.statusCode()).isEqualTo(400);
        assertThat(marker.body()).contains("tokens");
        assertThat(send(post("/v1/nothing", "{}", Map.of())).statusCode()).isEqualTo(404);
        HttpResponse<String> models =
                send(HttpRequest.newBuilder(uri("/v1/models")).build());
        assertThat(JSON.readTree(models.body()).at("/data/0/id").asString()).isEqualTo("simulator");
        HttpResponse<String> stats = send(HttpRequest.newBuilder(uri("/stats")).build());
        assertThat(JSON.readTree(stats.body()).at("/model/requests").isNumber()).isTrue();
    }

    @Test
    void searchesInTheShapeOfTavily() throws Exception {
        String body = "{\"query\":\"red pandas\",\"max_results\":2,\"include_answer\":true}";
        assertThat(send(post("/search", body, Map.of())).statusCode()).isEqualTo(401);

        HttpResponse<String> found = send(post("/search", body, Map.of("Authorization", "Bearer any")));
        JsonNode results = JSON.readTree(found.body());
        assertThat(found.statusCode()).isEqualTo(200);
        assertThat(results.at("/query").asString()).isEqualTo("red pandas");
        assertThat(results.at("/answer").asString()).contains("Simulated").contains("red pandas");
        assertThat(results.at("/results").size()).isEqualTo(2);
        assertThat(results.at("/results/0/title").asString()).startsWith("Simulated result 1");
        assertThat(results.at("/results/0/raw_content").isNull()).isTrue();

        String faulty = "{\"query\":\"pandas [[search-fault=500:1]]\"}";
        assertThat(send(post("/search", faulty, Map.of("Authorization", "Bearer any")))
                        .statusCode())
                .isEqualTo(500);
        assertThat(send(post("/search", faulty, Map.of("Authorization", "Bearer any")))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void carriesFiveHundredStreamsAtOnce() {
        HttpRequest request = chat("[[ttft=1000]] [[tokens=20]] [[tps=20]] [[tag=many]]", ",\"stream\":true");
        List<CompletableFuture<HttpResponse<String>>> streams = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            streams.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }
        assertThat(streams)
                .allSatisfy(stream -> assertThat(data(stream.join().body())).hasSize(20 + 3));
        assertThat(simulator.stats().tag("many").completed()).isEqualTo(500);
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    private static HttpRequest chat(String text, String more) {
        return post("/v1/chat/completions", body(text, more), Map.of());
    }

    private static String body(String text, String more) {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]" + more + "}";
    }

    private static HttpRequest post(String path, String body, Map<String, String> headers) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(builder::header);
        return builder.build();
    }

    private static URI uri(String path) {
        return URI.create(simulator.searchUrl() + path);
    }

    private static List<String> data(String stream) {
        return stream.lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    private static long millisSince(long begun) {
        return (System.nanoTime() - begun) / 1_000_000;
    }
}
