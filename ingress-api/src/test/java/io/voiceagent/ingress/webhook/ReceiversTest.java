package io.voiceagent.ingress.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReceiversTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final InetAddress PUBLIC = InetAddress.ofLiteral("8.8.8.8");

    private final List<String> hosts = new CopyOnWriteArrayList<>();
    private final AtomicInteger lookUps = new AtomicInteger();
    private HttpServer server;
    private int status = 200;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 8);
        server.createContext("/", exchange -> {
            hosts.add(exchange.getRequestHeaders().getFirst("Host"));
            exchange.getResponseHeaders().set("Retry-After", "7");
            exchange.sendResponseHeaders(status, 0);
            // Far more than is read of it
            byte[] much = new byte[1 << 20];
            try (var out = exchange.getResponseBody()) {
                for (int i = 0; i < 64; i++) {
                    out.write(much);
                }
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void theConnectionGoesToTheAddressThatWasLookedUpOnceAndKeepsItsName() {
        int port = server.getAddress().getPort();
        Attempt attempt = post(true, "http://hooks.test:%d/a?b=1".formatted(port), LOOPBACK);
        assertThat(attempt).isEqualTo(new Attempt.Answered(200, Duration.ofSeconds(7)));
        assertThat(hosts).containsExactly("hooks.test:" + port);
        assertThat(lookUps).hasValue(1);
    }

    @Test
    void anAnswerIsTakenByItsHead() {
        status = 503;
        assertThat(post(true, url(), LOOPBACK)).isEqualTo(new Attempt.Answered(503, Duration.ofSeconds(7)));
    }

    @Test
    void onePrivateAddressAmongPublicOnesIsEnoughToSendNothing() {
        assertThat(post(false, url(), LOOPBACK)).isInstanceOf(Attempt.NotSent.class);
        assertThat(post(false, url(), PUBLIC, LOOPBACK)).isInstanceOf(Attempt.NotSent.class);
        assertThat(hosts).isEmpty();
    }

    @Test
    void anAddressInTheUrlIsJudgedToo() {
        Receivers receivers = new Receivers(InetAddress::getAllByName, false, Duration.ofSeconds(2));
        for (String host : List.of("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost")) {
            URI url = URI.create(
                    "http://%s:%d/".formatted(host, server.getAddress().getPort()));
            assertThat(receivers.post(url, Map.of(), "{}")).as(host).isInstanceOf(Attempt.NotSent.class);
        }
        assertThat(hosts).isEmpty();
    }

    @Test
    void whatGoesWrongIsToldWithoutAnAddress() {
        server.stop(0);
        assertThat(post(true, url(), LOOPBACK)).isEqualTo(new Attempt.Unanswered("the connection was not taken"));
        Receivers lost = new Receivers(
                host -> {
                    throw new UnknownHostException(host);
                },
                true,
                Duration.ofSeconds(2));
        assertThat(lost.post(URI.create(url()), Map.of(), "{}"))
                .isEqualTo(new Attempt.Unanswered("the name has no address"));
    }

    private String url() {
        return "http://hooks.test:%d/".formatted(server.getAddress().getPort());
    }

    private Attempt post(boolean allowPrivate, String url, InetAddress... addresses) {
        Receivers receivers = new Receivers(
                host -> {
                    lookUps.incrementAndGet();
                    return addresses;
                },
                allowPrivate,
                Duration.ofSeconds(2));
        return receivers.post(URI.create(url), Map.of(), "{}");
    }
}
