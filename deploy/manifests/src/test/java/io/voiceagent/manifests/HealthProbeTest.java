package io.voiceagent.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HealthProbeTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    Path folder;

    @Test
    void aServiceIsHealthyWhenItSaysSo() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        try {
            answer(server);
            String port = Integer.toString(server.getAddress().getPort());
            assertThat(HealthProbe.run(new String[] {port, "/up"}, "")).isZero();
            assertThat(HealthProbe.run(new String[] {port, "/down"}, "")).isEqualTo(1);
            assertThat(HealthProbe.run(new String[] {port, "/elsewhere"}, "")).isEqualTo(1);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void nobodyThereIsUnhealthyAndAWrongCallIsSaid() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        String port = Integer.toString(server.getAddress().getPort());
        server.start();
        server.stop(0);
        assertThat(HealthProbe.run(new String[] {port, "/up"}, "")).isEqualTo(1);
        assertThat(HealthProbe.run(new String[] {port}, "")).isEqualTo(2);
        assertThat(HealthProbe.run(new String[] {"65536", "/up"}, "")).isEqualTo(2);
        assertThat(HealthProbe.run(new String[] {"80", "up"}, "")).isEqualTo(2);
    }

    @Test
    void tlsIsAskedByTlsAndOnlyTheNamedCertificateIsTaken() throws Exception {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        Path certificate = folder.resolve("own.pem");
        server.setHttpsConfigurator(new HttpsConfigurator(identity("own", certificate)));
        Path foreign = folder.resolve("foreign.pem");
        SSLContext unused = identity("foreign", foreign);
        try {
            answer(server);
            String port = Integer.toString(server.getAddress().getPort());
            assertThat(HealthProbe.run(new String[] {port, "/up"}, certificate.toString()))
                    .isZero();
            assertThat(HealthProbe.run(new String[] {port, "/down"}, certificate.toString()))
                    .isEqualTo(1);
            assertThat(HealthProbe.run(new String[] {port, "/up"}, foreign.toString()))
                    .isEqualTo(1);
            assertThat(HealthProbe.run(new String[] {port, "/up"}, "")).isEqualTo(1);
        } finally {
            server.stop(0);
        }
    }

    private static void answer(HttpServer server) {
        server.createContext("/up", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.createContext("/down", exchange -> {
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
        });
        server.start();
    }

    /** A new key whose certificate, signed by itself, is written as PEM. */
    private SSLContext identity(String name, Path pem) throws Exception {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-alias",
                        name,
                        "-dname",
                        "CN=" + name,
                        "-storepass",
                        new String(PASSWORD),
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(output).isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD);
        Files.writeString(
                pem,
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(keys.getCertificate(name).getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }
}
