package io.voiceagent.ingress;

import static io.voiceagent.ingress.WebhookFixture.log;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.messages.StepEvent.Status;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What is to be told outlasts the receiver, the ingress and the database, and does not go where it must not. */
class WebhooksOutageTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @TempDir
    static Path directory;

    private static WebhookFixture fixture;

    @BeforeAll
    static void start() {
        fixture = new WebhookFixture(directory);
    }

    @AfterAll
    static void stop() throws Exception {
        fixture.close();
    }

    @Test
    void aReceiverThatIsDownOverARestartOfTheIngressIsToldAfterwards() throws Exception {
        int port = freePort();
        fixture.endpoints("http://localhost:%d/restarted".formatted(port));
        String before;
        String between;
        try (RunningIngress service = fixture.ingress()) {
            before = service.submit();
            between = service.submit();
            fixture.end(before, Status.COMPLETED);
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(log(service, before)).containsKey("/restarted");
                assertThat(log(service, before)
                                .get("/restarted")
                                .get("last_error")
                                .stringValue())
                        .isEqualTo("the connection was not taken");
            });
        }
        // Nobody is there to read it
        fixture.end(between, Status.FAILED);
        try (WebhookReceiver receiver = new WebhookReceiver(port);
                RunningIngress service = fixture.ingress()) {
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(receiver.at("/restarted", before)).hasSize(1);
                assertThat(receiver.at("/restarted", between)).hasSize(1);
            });
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(log(service, before)
                                    .get("/restarted")
                                    .get("status")
                                    .stringValue())
                            .isEqualTo("delivered"));
            assertThat(receiver.at("/restarted", before).getFirst().webhookId())
                    .isEqualTo(log(service, before).get("/restarted").get("id").stringValue());
        }
    }

    @Test
    void withoutADatabaseTurnsGoOnAndWhatIsToldWaits() throws Exception {
        try (WebhookReceiver receiver = new WebhookReceiver(0)) {
            fixture.endpoints(receiver.url("/waits"));
            try (RunningIngress service = fixture.ingress()) {
                String first = service.submit();
                fixture.end(first, Status.COMPLETED);
                await().atMost(PATIENCE)
                        .until(() -> receiver.at("/waits", first).size() == 1);
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(log(service, first)
                                        .get("/waits")
                                        .get("status")
                                        .stringValue())
                                .isEqualTo("delivered"));

                fixture.stopPostgres();
                String during = service.submit();
                fixture.end(during, Status.COMPLETED);
                await().atMost(PATIENCE).untilAsserted(() -> {
                    assertThat(service.get("/health").body()).contains("can't be read");
                    assertThat(service.health()).isEqualTo(200);
                });
                assertThat(service.get("/webhook_deliveries").statusCode()).isEqualTo(503);
                assertThat(receiver.at("/waits", during)).isEmpty();

                fixture.startPostgres();
                await().atMost(PATIENCE)
                        .until(() -> receiver.at("/waits", during).size() == 1);
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(log(service, during)
                                        .get("/waits")
                                        .get("status")
                                        .stringValue())
                                .isEqualTo("delivered"));
                assertThat(receiver.at("/waits", during)).hasSize(1);
                assertThat(receiver.at("/waits", first)).hasSize(1);
            }
        }
    }

    @Test
    void aNameThatLeadsToThisMachineGetsNothing() throws Exception {
        try (WebhookReceiver receiver = new WebhookReceiver(0)) {
            fixture.endpoints(receiver.url("/inside").replace("http:", "https:"));
            try (RunningIngress service = fixture.ingress("--WEBHOOK_ALLOW_PRIVATE=false")) {
                String id = service.submit();
                fixture.end(id, Status.COMPLETED);
                await().atMost(PATIENCE).untilAsserted(() -> {
                    JsonNode entry = entry(service, id);
                    assertThat(entry.get("attempts").intValue()).isGreaterThan(1);
                    assertThat(entry.get("last_error").stringValue())
                            .isEqualTo("the name leads to an address that is not public");
                });
                assertThat(receiver.at("/inside")).isEmpty();
            }
        }
    }

    private static JsonNode entry(RunningIngress service, String id) throws Exception {
        var entries = log(service, id);
        assertThat(entries).hasSize(1);
        return entries.values().iterator().next();
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
