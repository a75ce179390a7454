package io.voiceagent.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code deploy/scripts/preflight}, run as an operator runs it. */
class PreflightTest {
    private static final String SOUND = """
            API_KEYS=acme:1f0c7a3e9b5d2468ace0,globex:90be37d1f5a8c6420e13
            RESPONSE_ID_KEYS=1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
            POSTGRES_PASSWORD=5b2e8f7a90c1d3e6
            GRAFANA_ADMIN_PASSWORD='a7c03e9d5f1b2864'
            LLM_API_KEY=of-the-model
            TAVILY_API_KEY=of-the-search
            CORS_ORIGINS=https://app.voices.net
            API_LISTEN_ADDRESS=127.0.0.1
            """;

    @TempDir
    Path directory;

    private record Outcome(int status, String output) {
        String line(String word) {
            return output.lines().filter(line -> line.contains(word)).collect(Collectors.joining("\n"));
        }
    }

    @Test
    void whatIsSoundPasses() throws Exception {
        Outcome outcome = preflight(SOUND);
        assertThat(outcome.output()).doesNotContain("WRONG");
        assertThat(outcome.status()).isZero();
        assertThat(outcome.output())
                .as("no secret is told")
                .doesNotContain("1f0c7a3e9b5d2468ace0", "5b2e8f7a90c1d3e6", "of-the-model");
    }

    @Test
    void eachFaultIsNamed() throws Exception {
        int nobody = freePort();
        Outcome outcome = preflight("""
                API_KEYS=acme:1f0c7a3e9b5d2468ace0
                POSTGRES_PASSWORD=agent_password
                GRAFANA_ADMIN_PASSWORD=a7c03e9d5f1
                LLM_API_KEYS=of-the-model
                CORS_ORIGINS=*
                KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:%d
                POSTGRES_URL=jdbc:postgresql://db.voices.net:5432/voice_agent
                API_MEMORY=lots
                """.formatted(nobody));
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.line("LLM_API_KEYS")).startsWith("WRONG").contains("nothing reads");
        assertThat(outcome.line("POSTGRES_PASSWORD")).startsWith("WRONG").contains("default");
        assertThat(outcome.line("GRAFANA_ADMIN_PASSWORD")).startsWith("WRONG").contains("fewer");
        assertThat(outcome.line("API_KEYS:")).startsWith("WRONG").contains("not two or more");
        assertThat(outcome.line("RESPONSE_ID_KEYS")).startsWith("WRONG");
        assertThat(outcome.line("no Kafka listens")).startsWith("WRONG").contains(Integer.toString(nobody));
        assertThat(outcome.line("without TLS:")).startsWith("WRONG").contains("KAFKA_SECURITY_PROTOCOL");
        assertThat(outcome.line("db.voices.net")).startsWith("WRONG").contains("POSTGRES_SSLMODE");
        assertThat(outcome.line("CORS_ORIGINS")).startsWith("WRONG").contains("*");
        assertThat(outcome.line("API_MEMORY")).startsWith("WRONG");
        assertThat(outcome.line("speaks no TLS")).startsWith("WRONG").contains("TLS_CERTIFICATE_FILE");
    }

    @Test
    void aBrokerThatListensIsSeen() throws Exception {
        try (ServerSocket broker = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String servers = "127.0.0.1:" + broker.getLocalPort();
            Outcome outcome =
                    preflight(SOUND + "KAFKA_BOOTSTRAP_SERVERS=" + servers + "\nKAFKA_SECURITY_PROTOCOL=SASL_SSL\n");
            assertThat(outcome.line("Kafka listens at " + servers)).startsWith("ok");
            assertThat(outcome.status()).isZero();
        }
    }

    private Outcome preflight(String variables, String... more) throws IOException, InterruptedException {
        Path file = Files.writeString(directory.resolve(".env.production"), variables);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        List<String> command = new ArrayList<>(
                List.of(Project.ROOT.resolve("deploy/scripts/preflight").toString(), "--env", file.toString()));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), output);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
