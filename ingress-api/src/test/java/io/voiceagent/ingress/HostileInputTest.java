package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.ingress.HostileRequests.Hostile;
import io.voiceagent.transport.KafkaSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * What strangers send, over raw sockets, to the whole service before a real broker: each is answered, or its connection closed, soon; never
 * by a failure of the server, never with anything of another tenant; and what was refused is not in the log.
 */
@ExtendWith(OutputCaptureExtension.class)
class HostileInputTest {
    private static final String SECRET = "the-answer-of-acme-7f3a91";
    private static final int PATIENCE_MILLIS = 10_000;
    private static final int MOMENT_MILLIS = 600;
    private static final String NO_END = "no end within %d ms".formatted(PATIENCE_MILLIS);
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})");

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static RunningIngress service;
    private static RequestsInLog log;
    private static String victim;

    @BeforeAll
    static void start() throws Exception {
        broker = EmbeddedBroker.start(directory, 0);
        service = RunningIngress.start(broker.bootstrapServers()).ready();
        log = new RequestsInLog(
                KafkaSettings.local(broker.bootstrapServers(), RunningIngress.PARTITIONS, 1), "test-hostile");
        var answer = service.post(
                "/responses",
                "{\"input\":\"hello\",\"background\":true,\"instructions\":\"%s\",\"metadata\":{\"a\":\"%s\"}}"
                        .formatted(SECRET, SECRET));
        assertThat(answer.body()).contains(SECRET);
        victim = RunningIngress.json(answer).get("id").stringValue();
    }

    @AfterAll
    static void stop() {
        log.close();
        service.close();
        broker.close();
    }

    @Test
    void everyOneOfThemIsAnsweredAndNoneIsServed(CapturedOutput output) throws Exception {
        List<Hostile> corpus = new HostileRequests(RunningIngress.GLOBEX, victim).all();
        assertThat(corpus).hasSizeGreaterThanOrEqualTo(300);
        long before = log.count();
        List<String> wrong = new ArrayList<>();
        int taken = 0;
        int answered = 0;
        for (Hostile hostile : corpus) {
            String answer = send(hostile.bytes());
            List<Integer> statuses = STATUS.matcher(answer)
                    .results()
                    .map(found -> Integer.valueOf(found.group(1)))
                    .toList();
            taken += (int) statuses.stream().filter(status -> status == 202).count();
            answered += statuses.isEmpty() ? 0 : 1;
            if (answer.contains(NO_END)
                    || answer.contains(SECRET)
                    || statuses.stream().anyMatch(status -> status >= 500)
                    || hostile.refused() && statuses.stream().anyMatch(status -> status / 100 == 2)
                    || statuses.stream().filter(status -> status != 100).count() > hostile.answers()) {
                wrong.add("%s → %s: %.300s".formatted(hostile.name(), statuses, answer));
            }
        }
        System.out.printf(
                "%d hostile requests: %d answered, %d of them odd and taken; the other connections closed%n",
                corpus.size(), answered, taken);
        assertThat(answered).isGreaterThan(corpus.size() * 9 / 10);
        assertThat(wrong).isEmpty();
        assertThat(log.count() - before).isEqualTo(taken);
        assertThat(service.health()).isEqualTo(200);
        assertThat(service.get("/responses/" + victim).body()).contains(SECRET);
        assertThat(output.getAll()).doesNotContain(SECRET, RunningIngress.GLOBEX, RunningIngress.ACME, " ERROR ");
    }

    /**
     * All that comes until the end of the connection. A request that is not whole is waited for by the server, rightly: it learns after a
     * moment that nothing more will come.
     */
    private static String send(byte[] request) throws IOException {
        URI uri = URI.create(service.url());
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), PATIENCE_MILLIS);
            try {
                OutputStream out = socket.getOutputStream();
                out.write(request);
                out.flush();
            } catch (SocketException closedWhileItWasSent) {
                answer.writeBytes(latin("closed while it was sent; "));
            }
            if (!readToEnd(socket, MOMENT_MILLIS, answer)) {
                socket.shutdownOutput();
                if (!readToEnd(socket, PATIENCE_MILLIS, answer)) {
                    answer.writeBytes(latin(NO_END));
                }
            }
        }
        return answer.toString(StandardCharsets.UTF_8);
    }

    private static boolean readToEnd(Socket socket, int millis, ByteArrayOutputStream answer) throws IOException {
        socket.setSoTimeout(millis);
        try {
            socket.getInputStream().transferTo(answer);
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            // Closed with bytes unread: an end, too
            return true;
        }
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
