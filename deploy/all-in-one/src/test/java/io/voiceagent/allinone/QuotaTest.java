package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.embedded.Ports;
import io.voiceagent.ingress.IngressApi;
import io.voiceagent.messages.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** What a tenant may use in a day: the same at two replicas of the API, over a restart of everything, and by any way of submission. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QuotaTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String ACME = "acme-key-0123456789";
    private static final String GLOBEX = "globex-key-0123456789";
    private static final String DOLLARS = "\"*\":{\"max_cost_per_day\":0.001}";
    private static final String HELLO = "{\"input\":\"Hello. [[tokens=20]]\"}";

    private final HttpClient http = HttpClient.newHttpClient();
    private Options options;
    private Path quotas;
    private DataDirectory directory;
    private LocalSystem system;
    private ConfigurableApplicationContext second;
    private String one;
    private String two;

    @BeforeAll
    void start(@TempDir Path root) throws Exception {
        options = new Options(Ports.free(), root.resolve("data"), false);
        quotas = root.resolve("quotas.json");
        limit("{\"acme\":{\"max_tokens_per_day\":200}," + DOLLARS + "}");
        startAll();
    }

    @AfterAll
    void end() throws Exception {
        endAll();
        http.close();
    }

    private void limit(String text) throws IOException {
        Files.writeString(quotas, text);
    }

    private void startAll() throws Exception {
        Settings settings = new Settings(Map.of(
                "SIM_TTFT_MS",
                "10",
                "SIM_TOKENS_PER_SECOND",
                "1000",
                "API_KEYS",
                "acme:%s,globex:%s".formatted(ACME, GLOBEX),
                "PRICES_FILE",
                "src/test/resources/prices.json",
                "QUOTAS_FILE",
                quotas.toString()));
        directory = DataDirectory.open(options.data(), options.fresh(), options.url());
        system = new LocalSystem(
                options, directory, settings, new Progress(new PrintStream(OutputStream.nullOutputStream())));
        Settings.Servers servers = system.start();
        List<String> arguments = new ArrayList<>(List.of("--PORT=0"));
        settings.forServices(directory, servers)
                .forEach((name, value) -> arguments.add("--%s=%s".formatted(name, value)));
        second = IngressApi.start(arguments.toArray(String[]::new));
        one = options.url();
        two = "http://127.0.0.1:" + second.getEnvironment().getProperty("local.server.port");
        await().atMost(PATIENCE)
                .until(() -> send(two, ACME, "GET", "/health", null).statusCode() == 200);
    }

    private void endAll() throws IOException {
        second.close();
        system.close();
        directory.close();
    }

    @Test
    void aDayThatIsUsedUpIsSoEverywhereUntilTheQuotaIsRaised() throws Exception {
        JsonNode first = ok(send(one, ACME, "POST", "/responses", HELLO));
        long used = first.at("/usage/total_tokens").asLong();
        assertThat(used).isBetween(21L, 199L);
        awaitUsed(ACME, used);
        JsonNode usage = usage(two, ACME);
        assertThat(usage.get("max_tokens_per_day").asLong()).isEqualTo(200);
        assertThat(usage.get("max_cost_per_day").isNull()).isTrue();
        assertThat(usage.get("output_tokens").asLong())
                .isEqualTo(first.at("/usage/output_tokens").asLong());
        // 1 dollar for a million tokens of input, 10 for output
        assertThat(usage.get("cost").decimalValue().movePointRight(6).longValueExact())
                .isEqualTo(usage.get("input_tokens").asLong()
                        + 10 * usage.get("output_tokens").asLong());
        assertThat(usage.get("date").stringValue())
                .isEqualTo(LocalDate.now(ZoneOffset.UTC).toString());

        // The turn that begins below the quota goes on beyond it
        String conversation =
                ok(send(two, ACME, "POST", "/conversations", "{}")).get("id").stringValue();
        JsonNode large = ok(send(two, ACME, "POST", "/responses", "{\"input\":\"Much. [[tokens=200]]\"}"));
        long all = used + large.at("/usage/total_tokens").asLong();
        awaitUsed(ACME, all);
        assertThat(large.get("status").stringValue()).isEqualTo("completed");
        assertUsedUp(conversation, all);

        endAll();
        startAll();
        assertThat(usage(one, ACME).get("total_tokens").asLong()).isEqualTo(all);
        assertUsedUp(conversation, all);

        limit("{\"acme\":{\"max_tokens_per_day\":100000}," + DOLLARS + "}");
        for (String at : List.of(one, two)) {
            await().atMost(PATIENCE)
                    .until(() -> send(at, ACME, "POST", "/responses", HELLO).statusCode() == 200);
        }
        limit("{\"acme\":{\"max_tokens_per_week\":1}}");
        ok(send(two, ACME, "POST", "/responses", HELLO));

        // A cancelled answer is not for nothing
        long before = usage(two, ACME).get("total_tokens").asLong();
        HttpResponse<String> running = send(
                one,
                ACME,
                "POST",
                "/responses",
                "{\"input\":\"A lot. [[tokens=5000]] [[tps=200]]\",\"background\":true}");
        String path = "/responses/" + Json.tree(running.body()).get("id").stringValue();
        awaitText(path);
        JsonNode cancelled = ok(send(one, ACME, "POST", path + "/cancel", null));
        assertThat(cancelled.get("status").stringValue()).isEqualTo("cancelled");
        await().atMost(PATIENCE)
                .until(() -> usage(two, ACME).get("total_tokens").asLong() > before);
    }

    @Test
    void dollarsAreCountedForEachTenantByItself() {
        JsonNode first = ok(send(one, GLOBEX, "POST", "/responses", "{\"input\":\"Much. [[tokens=150]]\"}"));
        awaitUsed(GLOBEX, first.at("/usage/total_tokens").asLong());
        JsonNode usage = usage(two, GLOBEX);
        assertThat(usage.get("cost").asDouble()).isBetween(0.0015, 0.0017);
        HttpResponse<String> refused = send(two, GLOBEX, "POST", "/responses", HELLO);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).contains("insufficient_quota", "of 0.001 US dollars");
    }

    private void assertUsedUp(String conversation, long used) throws Exception {
        for (String at : List.of(one, two)) {
            for (String[] each : new String[][] {
                {"/responses", HELLO},
                {"/responses", "{\"input\":\"Hello.\",\"stream\":true}"},
                {"/responses", "{\"input\":\"Hello.\",\"conversation\":\"%s\"}".formatted(conversation)},
                {"/responses/compact", "{\"input\":\"Hello.\",\"model\":\"simulator\"}"}
            }) {
                HttpResponse<String> answer = send(at, ACME, "POST", each[0], each[1]);
                assertThat(answer.statusCode()).as(each[0] + answer.body()).isEqualTo(429);
                assertRefused(Json.tree(answer.body()), used);
                long wait = Long.parseLong(
                        answer.headers().firstValue("Retry-After").orElseThrow());
                Instant tomorrow = LocalDate.now(ZoneOffset.UTC)
                        .plusDays(1)
                        .atStartOfDay(ZoneOffset.UTC)
                        .toInstant();
                assertThat(Instant.now().plusSeconds(wait))
                        .isBetween(tomorrow.minusSeconds(5), tomorrow.plusSeconds(5));
                assertThat(answer.headers().firstValue("x-should-retry")).hasValue("false");
            }
            assertRefused(overSocket(at), used);
            // What is there can be read, and counted
            ok(send(at, ACME, "GET", "/conversations/" + conversation, null));
            ok(send(at, ACME, "POST", "/responses/input_tokens", "{\"input\":\"Hello.\"}"));
        }
    }

    private static void assertRefused(JsonNode answer, long used) {
        assertThat(answer.at("/error/code").asString("")).as(answer.toString()).isEqualTo("insufficient_quota");
        assertThat(answer.at("/error/type").asString("")).isEqualTo("insufficient_quota");
        assertThat(answer.at("/error/message").asString(""))
                .contains(used + " of 200 tokens", LocalDate.now(ZoneOffset.UTC).plusDays(1) + "T00:00:00Z");
    }

    private JsonNode overSocket(String at) throws Exception {
        CompletableFuture<String> first = new CompletableFuture<>();
        WebSocket socket = http.newWebSocketBuilder()
                .header("Authorization", "Bearer " + ACME)
                .buildAsync(URI.create(at.replace("http:", "ws:") + "/api/v1/responses"), new WebSocket.Listener() {
                    private final StringBuilder text = new StringBuilder();

                    @Override
                    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                        text.append(data);
                        if (last) {
                            first.complete(text.toString());
                        }
                        socket.request(1);
                        return null;
                    }
                })
                .get(30, TimeUnit.SECONDS);
        socket.sendText("{\"type\":\"response.create\",\"input\":\"Hello.\"}", true);
        JsonNode answer = Json.tree(first.get(30, TimeUnit.SECONDS));
        socket.abort();
        assertThat(answer.path("type").asString("")).isEqualTo("error");
        assertThat(answer.path("status").asInt(0)).isEqualTo(429);
        return answer;
    }

    /** Returns once the model has begun to answer. */
    private void awaitText(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(one + "/api/v1" + path + "?stream=true"))
                .header("Authorization", "Bearer " + ACME)
                .timeout(PATIENCE)
                .build();
        try (Stream<String> lines =
                http.send(request, HttpResponse.BodyHandlers.ofLines()).body()) {
            assertThat(lines.anyMatch(line -> line.contains("response.output_text.delta")))
                    .isTrue();
        }
    }

    private void awaitUsed(String key, long tokens) {
        for (String at : List.of(one, two)) {
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(usage(at, key).get("total_tokens").asLong())
                                    .isEqualTo(tokens));
        }
    }

    private JsonNode usage(String at, String key) {
        return ok(send(at, key, "GET", "/usage", null));
    }

    private static JsonNode ok(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.tree(answer.body());
    }

    private HttpResponse<String> send(String at, String key, String method, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(at + "/api/v1" + path))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + key)
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
}
