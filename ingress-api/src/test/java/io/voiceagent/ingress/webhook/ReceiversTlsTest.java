package io.voiceagent.ingress.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.netty.http.Http11SslContextSpec;

/** A server with a certificate for hooks.test, behind an address that names lead to. */
class ReceiversTlsTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final String PASSWORD = "not-a-secret";

    @TempDir
    static Path directory;

    private static final List<String> hosts = new CopyOnWriteArrayList<>();
    private static HttpsServer server;
    private static KeyStore keys;

    @BeforeAll
    static void start() throws Exception {
        Path file = directory.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "hooks",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=hooks.test",
                        "-ext",
                        "SAN=dns:hooks.test",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        PASSWORD)
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
        keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory manager = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        manager.init(keys, PASSWORD.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(manager.getKeyManagers(), null, null);
        server = HttpsServer.create(new InetSocketAddress(LOOPBACK, 0), 8);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.createContext("/", exchange -> {
            hosts.add(exchange.getRequestHeaders().getFirst("Host"));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterAll
    static void stop() {
        server.stop(0);
    }

    @Test
    void theCertificateIsCheckedAgainstTheNameAndNotTheAddress() throws Exception {
        hosts.clear();
        assertThat(trusting().post(url("hooks.test"), Map.of(), "{}")).isEqualTo(new Attempt.Answered(200, null));
        assertThat(hosts).containsExactly("hooks.test:" + server.getAddress().getPort());
        assertThat(trusting().post(url("other.test"), Map.of(), "{}")).isEqualTo(new Attempt.Unanswered("TLS failed"));
        assertThat(hosts).hasSize(1);
    }

    @Test
    void aCertificateThatNobodyVouchesForIsRefused() {
        Receivers usual = new Receivers(host -> addresses(), true, Duration.ofSeconds(5));
        assertThat(usual.post(url("hooks.test"), Map.of(), "{}")).isEqualTo(new Attempt.Unanswered("TLS failed"));
    }

    private static Receivers trusting() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("hooks", keys.getCertificate("hooks"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        return new Receivers(
                host -> addresses(),
                true,
                Duration.ofSeconds(5),
                client -> client.secure(spec -> spec.sslContext(
                        Http11SslContextSpec.forClient().configure(builder -> builder.trustManager(trust)))));
    }

    private static InetAddress[] addresses() {
        return new InetAddress[] {LOOPBACK};
    }

    private static URI url(String host) {
        return URI.create("https://%s:%d/".formatted(host, server.getAddress().getPort()));
    }
}
