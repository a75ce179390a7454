package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.MediaType;

/** Clients that do not read, over raw sockets, and one beside them that does. */
class SlowReadersTest {
    private static final int SLOW = 50;
    /** Of one event: large, so that what the kernel takes is soon full. */
    private static final String TEXT = "x".repeat(64 << 10);
    /** 12 MiB: more than the kernel holds for a connection. */
    private static final int EVENTS = 192;

    private final List<Socket> sockets = new ArrayList<>();
    private WebHarness harness;

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        harness.close();
    }

    private void start(String seconds, String megabytes) {
        harness = WebHarness.start(Map.of("SLOW_READER_SECONDS", seconds, "SLOW_READER_MEGABYTES", megabytes));
    }

    private FakeResponses.Followed submitted() {
        harness.client(WebHarness.ACME)
                .post()
                .uri("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue("{\"input\":\"hello\",\"background\":true}")
                .exchange()
                .expectStatus()
                .isEqualTo(202);
        return harness.responses.get(harness.log.requests().getLast().responseId());
    }

    /** A stream of {@code id} whose bytes nobody reads yet. */
    private Socket follow(String id, int startingAfter) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4 << 10);
        socket.setSoTimeout(20_000);
        socket.connect(
                new InetSocketAddress(harness.uri().getHost(), harness.uri().getPort()));
        String query = "?stream=true" + (startingAfter < 0 ? "" : "&starting_after=" + startingAfter);
        socket.getOutputStream()
                .write("GET /api/v1/responses/%s%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n"
                        .formatted(id, query, WebHarness.ACME)
                        .getBytes(StandardCharsets.US_ASCII));
        sockets.add(socket);
        return socket;
    }

    /** Everything that still comes, until the end of the connection. */
    private static String rest(Socket socket) throws IOException {
        try (InputStream in = socket.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (java.net.SocketException reset) {
            return "";
        }
    }

    private double waiting() {
        return harness.meters().get("voice.agent.http.outbound.bytes").gauge().value();
    }

    private double dropped(String reason) {
        return harness.meters()
                .get("voice.agent.http.slow.readers")
                .tag("reason", reason)
                .counter()
                .count();
    }

    @Test
    void fiftyThatDoNotReadCostLittleSlowNobodyAndAreDroppedWhereTheyCanGoOn() throws Exception {
        start("3", "64");
        Duration alone = readWhileItIsWritten(submitted()).took;
        FakeResponses.Followed response = submitted();
        for (int i = 0; i < SLOW; i++) {
            follow(response.id(), -1);
        }
        await().until(() -> response.subscribers() == SLOW);
        Read fast = readWhileItIsWritten(response);
        assertThat(fast.text.split("\nid: ", -1)).hasSizeGreaterThan(EVENTS);
        double each = waiting() / SLOW;
        System.out.printf(
                "%d sockets that do not read %d MiB: %.0f bytes each in memory; one beside them read all in %d ms, alone in %d ms%n",
                SLOW, EVENTS * TEXT.length() >> 20, each, fast.took.toMillis(), alone.toMillis());
        // One window, and what is beyond it of the piece that filled it
        assertThat(each).isBetween(1.0, 2.0 * Outflow.WINDOW + 1_024);
        assertThat(fast.took).isLessThan(alone.multipliedBy(5).plusSeconds(5));

        await().atMost(Duration.ofSeconds(15)).until(() -> dropped("stalled") == SLOW);
        await().until(() -> waiting() == 0);
        assertThat(dropped("memory")).isZero();
        assertThat(response.subscribers()).isZero();

        // What the kernel had taken can still be read, and from there on the stream goes on
        Socket first = sockets.get(1);
        String got = rest(first);
        assertThat(got).doesNotContain("[DONE]");
        int last = lastWholeEvent(got);
        String again = readTo(follow(response.id(), last), "data: [DONE]\n\n");
        assertThat(again).contains("\nid: " + (last + 1) + "\n").doesNotContain("\nid: " + last + "\n");
        assertThat(again.split("\nid: ", -1)).hasSize(EVENTS + 1 - last);
    }

    @Test
    void whenAllTogetherHaveTooMuchTheOneThatHasWaitedLongestGoes() throws Exception {
        start("600", "1");
        FakeResponses.Followed response = submitted();
        for (int i = 0; i < EVENTS; i++) {
            response.emit("response.output_text.delta", TEXT);
        }
        for (int i = 0; i < SLOW; i++) {
            follow(response.id(), -1);
        }
        await().atMost(Duration.ofSeconds(20)).until(() -> dropped("memory") > SLOW / 2);
        await().until(() -> waiting() <= 1 << 20);
        assertThat(dropped("stalled")).isZero();
        response.end("completed");
        assertThat(readTo(follow(response.id(), EVENTS - 1), "data: [DONE]\n\n"))
                .contains("response.completed");
    }

    @Test
    void aConnectionThatTakesALittleNowAndThenIsDroppedToo() throws Exception {
        start("1", "64");
        FakeResponses.Followed response = submitted();
        Socket socket = follow(response.id(), -1);
        await().until(() -> response.subscribers() == 1);
        for (int i = 0; i < EVENTS; i++) {
            response.emit("response.output_text.delta", TEXT);
        }
        InputStream in = socket.getInputStream();
        await().pollInterval(Duration.ofMillis(50))
                .atMost(Duration.ofSeconds(15))
                .until(() -> in.read() >= 0 && dropped("stalled") == 1);
    }

    private record Read(String text, Duration took) {}

    private Read readWhileItIsWritten(FakeResponses.Followed response) throws IOException {
        int others = response.subscribers();
        Socket socket = follow(response.id(), -1);
        await().until(() -> response.subscribers() == others + 1);
        long start = System.nanoTime();
        for (int i = 0; i < EVENTS; i++) {
            response.emit("response.output_text.delta", TEXT);
        }
        response.end("completed");
        return new Read(readTo(socket, "data: [DONE]\n\n"), Duration.ofNanos(System.nanoTime() - start));
    }

    private static int lastWholeEvent(String stream) {
        String whole = stream.substring(0, stream.lastIndexOf("\n\n"));
        int at = whole.lastIndexOf("\nid: ") + 5;
        return Integer.parseInt(whole.substring(at, whole.indexOf('\n', at)));
    }

    private static String readTo(Socket socket, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        byte[] buffer = new byte[64 << 10];
        while (text.indexOf(end, Math.max(0, text.length() - buffer.length)) < 0) {
            int read = socket.getInputStream().read(buffer);
            if (read < 0) {
                throw new IOException("ended before " + end + " after " + text.length());
            }
            text.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
        }
        return text.toString();
    }
}
