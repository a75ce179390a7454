package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.ingress.config.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.support.StaticApplicationContext;
import org.springframework.core.env.MapPropertySource;

/** The server speaks TLS by configuration, and takes another certificate without a restart. */
class TlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static RunningIngress service;
    private static X509Certificate first;
    private static Path certificate;
    private static Path key;

    @BeforeAll
    static void start() throws Exception {
        certificate = directory.resolve("tls.crt");
        key = directory.resolve("tls.key");
        first = write("first");
        broker = EmbeddedBroker.start(directory.resolve("broker"), 0);
        service = RunningIngress.start(
                broker.bootstrapServers(), "--TLS_CERTIFICATE_FILE=" + certificate, "--TLS_PRIVATE_KEY_FILE=" + key);
    }

    @AfterAll
    static void stop() {
        service.close();
        broker.close();
    }

    /** A new certificate with its key, in the place of the one that is there. */
    private static X509Certificate write(String name) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-alias",
                        "tls",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        replace(key, "PRIVATE KEY", keys.getKey("tls", PASSWORD).getEncoded());
        replace(certificate, "CERTIFICATE", keys.getCertificate("tls").getEncoded());
        return (X509Certificate) keys.getCertificate("tls");
    }

    private static void replace(Path file, String what, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Path next = Files.writeString(
                directory.resolve("next"), "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, base64, what));
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static HttpResponse<String> get(X509Certificate trusted, String path) throws Exception {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("tls", trusted);
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trust);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        URI uri = URI.create(service.url().replace("http://", "https://") + path);
        try (HttpClient http = HttpClient.newBuilder().sslContext(context).build()) {
            return http.send(
                    HttpRequest.newBuilder(uri)
                            .timeout(Duration.ofSeconds(20))
                            .header("Authorization", "Bearer " + RunningIngress.ACME)
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    @Test
    void itSpeaksTlsAndItsCertificateIsExchangedWithoutARestart() throws Exception {
        HttpResponse<String> answer = get(first, "/api/v1/models");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
        assertThat(answer.headers().firstValue("Strict-Transport-Security")).hasValue("max-age=31536000");
        assertThatThrownBy(() -> service.send(service.anonymous("/api/v1/health")))
                .isInstanceOf(IOException.class);

        X509Certificate second = write("second");
        await().atMost(Duration.ofSeconds(60))
                .ignoreException(SSLHandshakeException.class)
                .until(() -> get(second, "/api/v1/models").statusCode() == 200);
        assertThatThrownBy(() -> get(first, "/api/v1/models")).isInstanceOf(SSLHandshakeException.class);
    }

    @Test
    void halfOfTheSettingsIsRefusedByName() {
        for (Map<String, Object> half : java.util.List.<Map<String, Object>>of(
                Map.of("TLS_CERTIFICATE_FILE", certificate.toString()),
                Map.of("TLS_CERTIFICATE_FILE", certificate.toString(), "TLS_PRIVATE_KEY_FILE", directory + "/none"))) {
            StaticApplicationContext context = new StaticApplicationContext();
            context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("half", half));
            assertThatThrownBy(() -> new Tls().initialize(context)).hasMessageStartingWith("TLS_PRIVATE_KEY_FILE ");
        }
    }
}
