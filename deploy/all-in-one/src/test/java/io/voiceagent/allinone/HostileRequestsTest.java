package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.embedded.Ports;
import io.voiceagent.messages.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What strangers send to conversations, compactions, counts and WebSockets of the whole system: each is answered soon, never by a failure of the
 * server, and never with anything of another tenant.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileRequestsTest {
    private static final String SECRET = "the-answer-of-acme-19c7e4";
    private static final String ACME = "acme-key-0123456789";
    private static final String GLOBEX = "globex-key-0123456789";
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int MOST_READ = 1 << 20;
    private static final long SEED = 20_260_131;
    private static final String ITEMS =
            "[{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"a\"}]}]";
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "-1",
            "0.5",
            "1e400",
            "99999999999999999999",
            "\"\"",
            "\"x\"",
            "\"\\u0000\"",
            "\"\\ud83d\"",
            "[]",
            "{}",
            "[[]]",
            "[null]",
            "{\"type\":null}",
            "{\"type\":\"compaction\",\"encrypted_content\":\"AAAA\"}");

    private final HttpClient http = HttpClient.newHttpClient();
    private final Random random = new Random(SEED);
    private final List<String> wrong = new ArrayList<>();
    private final Map<String, Integer> cases = new TreeMap<>();
    private final Map<Integer, Integer> statuses = new TreeMap<>();
    private DataDirectory directory;
    private LocalSystem system;
    private String url;
    private String victim;
    private String victimItem;
    private String victimResponse;
    private String victimCompaction;
    private String own;
    private String ownItem;

    @BeforeAll
    void start(@TempDir Path root) throws Exception {
        Options options = new Options(Ports.free(), root, false);
        Settings settings = new Settings(Map.of(
                "SIM_TTFT_MS",
                "1",
                "SIM_TOKENS_PER_SECOND",
                "10000",
                "API_KEYS",
                "acme:%s,globex:%s".formatted(ACME, GLOBEX)));
        directory = DataDirectory.open(options.data(), options.fresh(), options.url());
        system = new LocalSystem(
                options, directory, settings, new Progress(new PrintStream(OutputStream.nullOutputStream())));
        system.start();
        url = options.url();
        victim = conversation(ACME, SECRET);
        victimItem = firstItem(ACME, victim);
        victimResponse = json(
                        ACME, "/responses", "{\"input\":\"%s\",\"conversation\":\"%s\"}".formatted(SECRET, victim))
                .get("id")
                .stringValue();
        victimCompaction = json(
                        ACME, "/responses/compact", "{\"model\":\"simulator\",\"input\":\"%s\"}".formatted(SECRET))
                .at("/output/0/encrypted_content")
                .stringValue();
        own = conversation(GLOBEX, "mine");
        ownItem = firstItem(GLOBEX, own);
    }

    @AfterAll
    void end() throws IOException {
        // Some of its connections are such that it would wait for them
        http.shutdownNow();
        system.close();
        directory.close();
    }

    @Test
    void everyOneOfThemIsAnsweredAndNoneReachesAnotherTenant() throws Exception {
        ids();
        queries();
        bodies();
        mutations();
        messages();

        System.out.printf(
                "%d hostile requests (%s), seed %d, answered with %s%n",
                cases.values().stream().mapToInt(Integer::intValue).sum(), cases, SEED, statuses);
        assertThat(wrong).isEmpty();
        assertThat(cases.values().stream().mapToInt(Integer::intValue).sum()).isGreaterThan(900);
        // What was tried on it did nothing to it
        assertThat(call(ACME, "GET", "/conversations/" + victim + "/items", null)
                        .body())
                .contains(SECRET, victimItem);
        assertThat(call(ACME, "GET", "/responses/" + victimResponse, null).status())
                .isEqualTo(200);
        assertThat(call(GLOBEX, "GET", "/conversations/" + own, null).status()).isEqualTo(200);
    }

    // ---- what is sent

    private void ids() {
        String flipped = victim.substring(0, victim.length() - 1) + (victim.endsWith("0") ? "1" : "0");
        List<String> ids = List.of(
                victim,
                flipped,
                victim.toUpperCase(java.util.Locale.ROOT),
                victim + "0",
                victim.replace("conv_", "resp_"),
                victimResponse,
                victimResponse.replace("resp_", "conv_"),
                "conv_",
                "conv_" + "0".repeat(48),
                "conv_" + "f".repeat(48),
                "conv_" + "g".repeat(48),
                "conv_" + "0".repeat(3_000),
                "null",
                "0",
                "-1",
                "*",
                "%00",
                "%0d%0a",
                "%2e%2e",
                "%2F",
                "%25",
                "..%2f" + victim,
                "%F0%9F%98%80",
                "%C3%28",
                "%27%20OR%201=1--",
                "%7B%7B7*7%7D%7D",
                victim + ";a=b",
                victim + "%20");
        for (String id : ids) {
            String path = "/conversations/" + id;
            for (String method : List.of("GET", "DELETE", "PUT", "PATCH")) {
                send("id", method, path, null, true);
            }
            send("id", "POST", path, "{\"metadata\":{\"a\":\"b\"}}", true);
            send("id", "GET", path + "/items", null, true);
            send("id", "POST", path + "/items", "{\"items\":" + ITEMS + "}", true);
            send("id", "GET", path + "/items/" + victimItem, null, true);
            send("id", "DELETE", path + "/items/" + victimItem, null, true);
            send("id", "GET", path + "/events", null, true);
            send("id", "GET", "/conversations/" + own + "/items/" + id, null, true);
            send("id", "DELETE", "/conversations/" + own + "/items/" + id, null, true);
        }
        send("id", "GET", "/conversations/" + own + "/items/" + victimItem, null, true);
        send("id", "DELETE", "/conversations/" + own + "/items/" + victimItem, null, true);
        send("id", "GET", "/conversations", null, true);
        send("id", "DELETE", "/conversations/", null, true);
        send("id", "GET", "/conversations//items", null, true);
    }

    private void queries() {
        String items = "/conversations/" + own + "/items";
        for (String query : List.of(
                "limit=0",
                "limit=-1",
                "limit=101",
                "limit=1e3",
                "limit=99999999999999999999",
                "limit=",
                "limit=1&limit=2",
                "order=up",
                "order=asc&order=desc",
                "after=" + victimItem,
                "after=%00",
                "after=" + "x".repeat(3_000),
                "before=x",
                "include=everything",
                "tenant=acme",
                "%00=1")) {
            send("query", "GET", items + "?" + query, null, true);
        }
        // Says nothing, and so is passed over
        send("query", "GET", items + "?=", null, false);
        for (String query : List.of("x=1", "tenant=acme", "date=2026-01-01", "%00", "limit=1")) {
            for (String path : List.of("/usage", "/conversations/" + own, items + "/" + ownItem)) {
                send("query", "GET", path + "?" + query, null, true);
            }
            send("query", "POST", "/responses/compact?" + query, "{\"input\":\"a\"}", true);
            send("query", "POST", "/responses/input_tokens?" + query, "{\"input\":\"a\"}", true);
            send("query", "POST", "/conversations?" + query, "{}", false);
        }
        for (String after : List.of("x", victimResponse + ":-1", victimResponse + ":9999999999999999999", "%00", ":")) {
            send("query", "GET", "/conversations/" + own + "/events?starting_after=" + after, null, true);
        }
        send("query", "GET", "/conversations/" + own + "/events?starting_after=" + victimResponse + ":0", null, false);
        for (String method : List.of("POST", "PUT", "DELETE", "PATCH")) {
            send("query", method, "/usage", "{}", true);
        }
    }

    private List<String> posts() {
        return List.of(
                "/conversations",
                "/conversations/" + own,
                "/conversations/" + own + "/items",
                "/responses/compact",
                "/responses/input_tokens");
    }

    private void bodies() {
        for (String path : posts()) {
            for (String body : List.of(
                    "{",
                    "null",
                    "7",
                    "[]",
                    "{\"items\":[],\"items\":[]}",
                    "{\"metadata\":{},\"metadata\":{}}",
                    "{\"input\":\"a\",\"input\":\"b\"}",
                    "{\"input\":\"a\"} x",
                    "{'input':'a'}",
                    "{\"tenant\":\"acme\",\"input\":\"a\"}",
                    "{\"__proto__\":{}}",
                    "{\"metadata\":[]}",
                    "{\"metadata\":{\"a\":1}}",
                    "{\"metadata\":{\"\":\"b\"}}",
                    "{\"metadata\":{\"a\":\"" + "v".repeat(513) + "\"}}",
                    "{\"items\":{}}",
                    "{\"items\":7}",
                    "{\"items\":[7]}",
                    "{\"items\":[null]}",
                    "{\"items\":[[]]}",
                    "{\"items\":[{\"role\":\"root\",\"content\":\"a\"}]}",
                    "{\"items\":[" + "{\"role\":\"user\",\"content\":\"a\"},".repeat(20)
                            + "{\"role\":\"user\",\"content\":\"a\"}]}",
                    "{\"items\":[{\"type\":\"item_reference\",\"id\":\"" + victimItem + "\"}]}",
                    "{\"input\":[{\"type\":\"item_reference\",\"id\":\"" + victimItem + "\"}]}",
                    "{\"input\":[{\"type\":\"compaction\",\"encrypted_content\":\"" + victimCompaction + "\"}]}",
                    "{\"items\":[{\"type\":\"compaction\",\"encrypted_content\":\"" + victimCompaction + "\"}]}",
                    "{\"input\":\"a\",\"previous_response_id\":\"" + victimResponse + "\"}",
                    "{\"previous_response_id\":\"" + victimResponse + "\"}",
                    "{\"input\":\"a\",\"conversation\":\"" + victim + "\"}",
                    "{\"input\":\"a\",\"stream\":true}",
                    "{\"input\":" + "[".repeat(2_000) + "]".repeat(2_000) + "}",
                    "{\"items\":" + "[".repeat(2_000) + "]".repeat(2_000) + "}",
                    "{\"" + "n".repeat(100_000) + "\":1}")) {
                // Some are no request of one of the paths and fine for another
                send("body", "POST", path, body, false);
            }
        }
        for (String input : List.of(victim, "conv_x", "", "7")) {
            send(
                    "body",
                    "POST",
                    "/responses",
                    "{\"input\":\"a\",\"background\":true,\"conversation\":\"%s\"}".formatted(input),
                    true);
        }
    }

    private void mutations() {
        Map<String, String> good = new LinkedHashMap<>();
        good.put("/conversations", "{\"metadata\":{\"a\":\"b\"},\"items\":" + ITEMS + "}");
        good.put("/conversations/" + own, "{\"metadata\":{\"a\":\"b\",\"c\":\"d\"}}");
        good.put("/conversations/" + own + "/items", "{\"items\":" + ITEMS + "}");
        good.put(
                "/responses/compact",
                "{\"model\":\"simulator\",\"instructions\":\"i\",\"previous_response_id\":null,\"input\":" + ITEMS
                        + "}");
        good.put(
                "/responses/input_tokens",
                "{\"model\":\"simulator\",\"instructions\":\"i\",\"tools\":[{\"type\":\"function\",\"name\":\"f\","
                        + "\"parameters\":{\"type\":\"object\"}}],\"tool_choice\":\"auto\",\"parallel_tool_calls\":true,"
                        + "\"text\":{\"format\":{\"type\":\"text\"}},\"reasoning\":{\"effort\":\"low\"},"
                        + "\"truncation\":\"auto\",\"input\":" + ITEMS + "}");
        good.forEach((path, body) -> {
            for (int i = 0; i < 60; i++) {
                send("mutation", "POST", path, i % 3 == 0 ? damaged(body) : changed(body), false);
            }
        });
    }

    private String changed(String body) {
        ObjectNode root = (ObjectNode) Json.tree(body);
        List<JsonNode> containers = new ArrayList<>();
        collect(root, containers);
        JsonNode container = containers.get(random.nextInt(containers.size()));
        String value = random.nextInt(4) == 0
                ? "\"" + List.of(victim, victimItem, victimResponse).get(random.nextInt(3)) + "\""
                : VALUES.get(random.nextInt(VALUES.size()));
        JsonNode other = Json.mapper().readTree(value);
        if (container instanceof ObjectNode object) {
            List<String> names = new ArrayList<>(object.propertyNames());
            names.add("surprise");
            object.set(names.get(random.nextInt(names.size())), other);
        } else if (container instanceof ArrayNode array) {
            array.set(random.nextInt(array.size()), other);
        }
        // Half of a character can't be sent but as an escape
        return root.toString().replace("\ud83d", "\\ud83d");
    }

    private static void collect(JsonNode node, List<JsonNode> into) {
        if (node.isContainer() && !node.isEmpty()) {
            into.add(node);
            node.forEach(child -> collect(child, into));
        }
    }

    private String damaged(String body) {
        StringBuilder text = new StringBuilder(body);
        for (int i = random.nextInt(3); i >= 0; i--) {
            text.setCharAt(random.nextInt(text.length()), "{}[]\",:\\0 e-\u0001\u00e9".charAt(random.nextInt(14)));
        }
        return text.toString();
    }

    // ---- over WebSockets

    private void messages() throws Exception {
        List<String> texts = new ArrayList<>(List.of(
                "",
                " ",
                "{",
                "null",
                "7",
                "[]",
                "{}",
                "hello",
                "{\"type\":7}",
                "{\"type\":null}",
                "{\"type\":\"response.cancel\"}",
                "{\"type\":\"session.update\",\"session\":{}}",
                "{\"type\":\"response.create\"}",
                "{\"type\":\"response.create\",\"type\":\"response.create\",\"input\":\"a\"}",
                "{\"type\":\"response.create\",\"input\":7}",
                "{\"type\":\"response.create\",\"input\":\"a\",\"background\":true}",
                "{\"type\":\"response.create\",\"input\":\"a\",\"stream\":false}",
                "{\"type\":\"response.create\",\"input\":\"a\",\"tenant\":\"acme\"}",
                "{\"type\":\"response.create\",\"input\":\"a\",\"conversation\":\"" + victim + "\"}",
                "{\"type\":\"response.create\",\"input\":\"a\",\"previous_response_id\":\"" + victimResponse + "\"}",
                "{\"type\":\"response.create\",\"input\":[{\"type\":\"item_reference\",\"id\":\"" + victimItem
                        + "\"}]}",
                "{\"type\":\"response.create\",\"input\":[{\"type\":\"compaction\",\"encrypted_content\":\""
                        + victimCompaction + "\"}]}",
                "{\"type\":\"response.create\",\"input\":" + "[".repeat(2_000) + "]".repeat(2_000) + "}",
                "{\"type\":\"response.create\",\"input\":\"\\ud83d\"}",
                "{\"type\":\"response.create\",\"" + "n".repeat(200_000) + "\":1}"));
        String good = "{\"type\":\"response.create\",\"model\":\"simulator\",\"instructions\":\"i\",\"store\":false,"
                + "\"temperature\":1,\"max_output_tokens\":16,\"metadata\":{\"a\":\"b\"},\"input\":" + ITEMS + "}";
        for (int i = 0; i < 75; i++) {
            texts.add(i % 3 == 0 ? damaged(good) : changed(good));
        }
        Client client = new Client();
        for (String text : texts) {
            count("message");
            if (client.closed()) {
                client = new Client();
            }
            client.socket.sendText(text, true).join();
            client.awaitAnswer(text);
        }
        client.socket.abort();
        for (ByteBuffer binary : List.of(
                ByteBuffer.allocate(0),
                ByteBuffer.wrap(good.getBytes(StandardCharsets.UTF_8)),
                ByteBuffer.allocate(100_000))) {
            count("message");
            Client other = new Client();
            other.socket.sendBinary(binary, true).join();
            other.awaitClose("binary of " + binary.capacity(), 1003);
        }
        count("message");
        Client flood = new Client();
        try {
            for (int i = 0; i < 200 && !flood.closed(); i++) {
                flood.socket
                        .sendText("{\"type\":\"response.create\",\"input\":\"a [[tokens=200]] [[tps=10]]\"}", true)
                        .join();
            }
        } catch (CompletionException closedMeanwhile) {
            assertThat(closedMeanwhile).hasCauseInstanceOf(IOException.class);
        }
        flood.awaitClose("too many at once", 1008);
        count("message");
        Client half = new Client();
        half.socket.sendText("{\"type\":\"response.create\",", false).join();
        half.socket.abort();
    }

    private final class Client implements WebSocket.Listener {
        private static final String CLOSED = "closed ";

        private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        private final StringBuilder text = new StringBuilder();
        private volatile boolean closed;
        private final WebSocket socket;

        Client() {
            socket = http.newWebSocketBuilder()
                    .header("Authorization", "Bearer " + GLOBEX)
                    .buildAsync(URI.create(url.replace("http:", "ws:") + "/api/v1/responses"), this)
                    .join();
        }

        boolean closed() {
            return closed;
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                heard.add(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
            closed = true;
            heard.add(CLOSED + status);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable failure) {
            closed = true;
            heard.add(CLOSED + failure);
        }

        /** A refusal, the end of a turn, or that of the connection. */
        void awaitAnswer(String sent) throws InterruptedException {
            String answer;
            do {
                answer = heard.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                check("message %.200s".formatted(sent), answer);
            } while (answer != null
                    && !answer.startsWith(CLOSED)
                    && !answer.contains("\"type\":\"error\"")
                    && !answer.matches("(?s).*\"type\":\"response\\.(completed|failed|incomplete)\".*"));
            if (answer != null && answer.contains("\"type\":\"error\"")) {
                int status = Json.tree(answer).path("status").asInt(0);
                statuses.merge(status, 1, Integer::sum);
                if (status < 400 || status >= 500) {
                    wrong.add("message %.200s → %s".formatted(sent, answer));
                }
            }
        }

        void awaitClose(String sent, int status) throws InterruptedException {
            String answer;
            do {
                answer = heard.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                check(sent, answer);
            } while (answer != null && !answer.startsWith(CLOSED));
            if (answer != null && !answer.equals(CLOSED + status)) {
                wrong.add("%s → %s".formatted(sent, answer));
            }
        }

        private void check(String sent, String answer) {
            if (answer == null || answer.contains(SECRET)) {
                wrong.add("%s → %s".formatted(sent, answer));
            }
        }
    }

    // ---- over HTTP

    private record Answer(int status, String body) {}

    private void count(String kind) {
        cases.merge(kind, 1, Integer::sum);
    }

    private void send(String kind, String method, String path, String body, boolean refused) {
        count(kind);
        String shown = "%s %.200s %.200s".formatted(method, path, body);
        Answer answer;
        try {
            answer = call(GLOBEX, method, path, body);
        } catch (IllegalStateException e) {
            wrong.add("%s → %s".formatted(shown, e.getCause()));
            return;
        }
        statuses.merge(answer.status, 1, Integer::sum);
        if (answer.status >= 500
                || answer.body.contains(SECRET)
                || refused && answer.status / 100 != 4
                || answer.status / 100 == 4 && !answer.body.contains("\"code\":\"")) {
            wrong.add("%s → %d %.300s".formatted(shown, answer.status, answer.body));
        }
    }

    private Answer call(String key, String method, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/api/v1" + path))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .timeout(PATIENCE)
                .build();
        try {
            HttpResponse<InputStream> answer = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            boolean endless =
                    answer.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream");
            try (InputStream in = answer.body()) {
                return new Answer(
                        answer.statusCode(),
                        endless ? "" : new String(in.readNBytes(MOST_READ), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private JsonNode json(String key, String path, String body) {
        Answer answer = call(key, "POST", path, body);
        assertThat(answer.status).as(answer.body).isEqualTo(200);
        return Json.tree(answer.body);
    }

    private String conversation(String key, String text) {
        return json(key, "/conversations", "{\"items\":[{\"role\":\"user\",\"content\":\"%s\"}]}".formatted(text))
                .get("id")
                .stringValue();
    }

    private String firstItem(String key, String conversation) {
        return Json.tree(call(key, "GET", "/conversations/" + conversation + "/items", null).body)
                .at("/data/0/id")
                .stringValue();
    }
}
