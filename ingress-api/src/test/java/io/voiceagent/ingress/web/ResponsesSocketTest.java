package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.voiceagent.ingress.submit.spec.Limits;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Turns over a WebSocket. */
class ResponsesSocketTest extends WebTest {
    private static final String CREATE = "{\"type\":\"response.create\",\"input\":\"hello\"}";

    private final List<Client> clients = new ArrayList<>();

    /** A client that keeps what it is sent. */
    private static final class Client implements WebSocket.Listener {
        private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
        private final StringBuilder part = new StringBuilder();
        private volatile int closed;
        private WebSocket socket;

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                messages.add(Json.tree(part.toString()));
                part.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
            closed = status;
            return null;
        }

        Client send(String text) {
            socket.sendText(text, true).join();
            return this;
        }

        JsonNode next() throws InterruptedException {
            JsonNode next = messages.poll(20, TimeUnit.SECONDS);
            assertThat(next).as("a message").isNotNull();
            return next;
        }

        void assertClosed(int status) {
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(closed).isEqualTo(status));
        }
    }

    private Client connect(WebHarness to, String key, String... headers) {
        Client client = new Client();
        WebSocket.Builder builder =
                HttpClient.newHttpClient().newWebSocketBuilder().header("Authorization", "Bearer " + key);
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        URI uri = URI.create(to.uri().toString().replace("http://", "ws://") + "/api/v1/responses");
        client.socket = builder.buildAsync(uri, client).join();
        clients.add(client);
        return client;
    }

    private Client connect(String... headers) {
        return connect(harness, WebHarness.ACME, headers);
    }

    @AfterEach
    void disconnect() {
        clients.forEach(client -> client.socket.abort());
    }

    private static FakeResponses.Followed turn(int index) {
        await().until(() -> harness.log.requests().size() > index
                && harness.responses.get(harness.log.requests().get(index).responseId()) != null);
        return harness.responses.get(harness.log.requests().get(index).responseId());
    }

    @Test
    void turnsRunInOrderAndTheirEventsAreTheMessages() throws Exception {
        Client client = connect().send(CREATE).send(CREATE.replace("hello", "again"));
        FakeResponses.Followed first = turn(0);
        first.emit("response.created");
        assertThat(client.next().get("type").stringValue()).isEqualTo("response.created");
        assertThat(harness.log.requests()).hasSize(1);
        first.end("completed");
        assertThat(client.next().get("type").stringValue()).isEqualTo("response.completed");

        FakeResponses.Followed second = turn(1);
        second.end("completed");
        JsonNode last = client.next();
        assertThat(last.get("type").stringValue()).isEqualTo("response.completed");
        assertThat(last.get("sequence_number").intValue()).isZero();
        Request.Submit submit = (Request.Submit) harness.log.requests().getLast();
        assertThat(submit.tenant()).isEqualTo("acme");
        assertThat(submit.spec().background()).isFalse();

        // A third goes on from the first
        client.send(CREATE.replace("}", ",\"previous_response_id\":\"%s\"}".formatted(first.id())));
        turn(2).end("completed");
        assertThat(client.next().get("type").stringValue()).isEqualTo("response.completed");
        client.socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        client.assertClosed(WebSocket.NORMAL_CLOSURE);
        assertThat(harness.spans).extracting(span -> span.getName()).contains("WS /api/v1/responses");
        // Each turn is a trace of its own
        assertThat(harness.spans.stream()
                        .filter(span -> span.getName().startsWith("WS "))
                        .map(span -> span.getTraceId())
                        .distinct())
                .hasSize(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{                                                        | 400 | invalid_json               |",
                "[]                                                       | 400 | invalid_type               |",
                "{\"input\":\"a\"}                                        | 400 | invalid_value              | type",
                "{\"type\":\"response.cancel\"}                           | 400 | invalid_value              | type",
                "{\"type\":\"response.create\"}                           | 400 | missing_required_parameter | input",
                "{\"type\":\"response.create\",\"input\":\"a\",\"x\":1}   | 400 | unknown_parameter          | x",
                "{\"type\":\"response.create\",\"input\":\"a\",\"background\":true} | 400 | unsupported_value | background",
                "{\"type\":\"response.create\",\"input\":\"a\",\"stream\":false}    | 400 | invalid_value     | stream",
                "{\"type\":\"response.create\",\"input\":\"a\",\"previous_response_id\":\"resp_1\"} | 400 | previous_response_not_found | previous_response_id"
            })
    void whatIsRefusedIsAMessageAndTheConnectionGoesOn(String message, int status, String code, String param)
            throws Exception {
        Client client = connect().send(message);
        JsonNode error = client.next();
        assertThat(error.get("type").stringValue()).isEqualTo("error");
        assertThat(error.get("status").intValue()).isEqualTo(status);
        assertThat(error.at("/error/code").stringValue()).isEqualTo(code);
        assertThat(
                        error.at("/error/param").isNull()
                                ? null
                                : error.at("/error/param").stringValue())
                .isEqualTo(param);
        assertThat(harness.log.requests()).isEmpty();

        client.send(CREATE);
        turn(0).end("completed");
        assertThat(client.next().get("type").stringValue()).isEqualTo("response.completed");
    }

    @Test
    void aClientThatGoesAwayStopsNothingUnlessItAskedForThat() {
        Client client = connect().send(CREATE);
        FakeResponses.Followed response = turn(0);
        await().until(() -> response.subscribers() == 1);
        client.socket.abort();
        await().until(() -> response.subscribers() == 0);
        assertThat(harness.log.requests()).hasSize(1);

        Client other = connect("Prefer", "cancel-on-disconnect").send(CREATE);
        FakeResponses.Followed doomed = turn(1);
        await().until(() -> doomed.subscribers() == 1);
        other.socket.sendClose(WebSocket.NORMAL_CLOSURE, "");
        await().until(() -> harness.log.requests().size() == 3);
        assertThat(harness.log.requests().getLast())
                .isInstanceOf(Request.Cancel.class)
                .extracting(Request::responseId)
                .isEqualTo(doomed.id());
    }

    @Test
    void whatIsNoMessageClosesTheConnectionWithItsCode() {
        Client binary = connect();
        binary.socket.sendBinary(ByteBuffer.wrap(new byte[] {1}), true);
        binary.assertClosed(1003);

        Client large = connect();
        large.socket.sendText("x".repeat(Limits.BODY_BYTES + 1), true);
        large.assertClosed(1009);

        Client many = connect();
        for (int i = 0; i < ResponsesSocket.WAITING_MESSAGES + 8; i++) {
            many.socket.sendText(CREATE, true).join();
        }
        many.assertClosed(1008);
        assertThat(harness.log.requests()).hasSize(1);
    }

    @Test
    void aConnectionNeedsAKey() {
        assertThatThrownBy(() -> connect(harness, "wrong-key-0123456789"))
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        WebSocketHandshakeException.class,
                        refused ->
                                assertThat(refused.getResponse().statusCode()).isEqualTo(401));
        assertError(
                get("/responses").expectHeader().valueEquals("Upgrade", "websocket"), 426, "upgrade_required", null);
    }

    @Test
    void aTenantHasSoManyConnectionsAndGetsThemBack() {
        for (int i = 0; i < ResponsesSocket.MOST_OF_TENANT; i++) {
            connect(harness, WebHarness.GLOBEX);
        }
        assertThatThrownBy(() -> connect(harness, WebHarness.GLOBEX))
                .cause()
                .isInstanceOfSatisfying(
                        WebSocketHandshakeException.class,
                        refused ->
                                assertThat(refused.getResponse().statusCode()).isEqualTo(429));
        connect();
        disconnect();
        await().ignoreException(CompletionException.class).until(() -> connect(harness, WebHarness.GLOBEX) != null);
    }

    @Test
    void messagesCountAsRequestsAndAConnectionHasItsTime() throws Exception {
        try (WebHarness limited =
                WebHarness.start(Map.of("WEBSOCKET_SECONDS", "3", "RATE_LIMIT_REQUESTS_PER_MINUTE", "2"))) {
            Client client = connect(limited, WebHarness.ACME).send("{}").send("{}");
            assertThat(client.next().at("/error/code").stringValue()).isEqualTo("invalid_value");
            assertThat(client.next().at("/error/code").stringValue()).isEqualTo("rate_limit_exceeded");
            JsonNode over = client.next();
            assertThat(over.at("/error/code").stringValue()).isEqualTo("websocket_connection_limit_reached");
            client.assertClosed(1008);

            Client last = connect(limited, WebHarness.GLOBEX);
            limited.close();
            last.assertClosed(1001);
        }
    }
}
