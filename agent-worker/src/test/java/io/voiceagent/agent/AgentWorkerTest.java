package io.voiceagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.embedded.EmbeddedBroker;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/** The service as it is started, with its own configuration file, on a real broker. */
class AgentWorkerTest {
    @TempDir
    Path dir;

    @Test
    void anOrchestratorAloneAnswersForItsHealthAndItsMetersAndEndsQuickly() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(dir.resolve("broker"), 0)) {
            long began;
            try (ConfigurableApplicationContext context = AgentWorker.start(
                    "--PORT=0",
                    "--KAFKA_BOOTSTRAP_SERVERS=" + broker.bootstrapServers(),
                    "--AGENT_PARTITIONS=2",
                    "--CALL_PARTITIONS=2",
                    "--AGENT_ROLES=orchestrator",
                    "--STATE_DIR=" + dir.resolve("state"))) {
                String base =
                        "http://localhost:" + context.getEnvironment().getProperty("local.server.port") + "/actuator/";
                await().atMost(Duration.ofSeconds(30))
                        .untilAsserted(() -> assertThat(get(base + "health").body())
                                .contains("\"orchestrator\":{\"details\"")
                                .contains("RUNNING"));
                await().atMost(Duration.ofSeconds(10))
                        .untilAsserted(() ->
                                assertThat(get(base + "health").statusCode()).isEqualTo(200));
                assertThat(get(base + "prometheus").body())
                        .contains("voice_agent_turns_open", "voice_agent_calls_waiting{");
                began = System.nanoTime();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
        }
    }

    private static HttpResponse<String> get(String url) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
