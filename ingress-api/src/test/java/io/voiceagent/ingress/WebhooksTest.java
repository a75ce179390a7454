package io.voiceagent.ingress;

import static io.voiceagent.ingress.WebhookFixture.log;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.InvalidWebhookSignatureException;
import com.openai.models.webhooks.UnwrapWebhookEvent;
import com.openai.models.webhooks.WebhookVerificationParams;
import io.voiceagent.ingress.WebhookReceiver.Received;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Two ingresses tell real servers that turns have ended. */
class WebhooksTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    static Path directory;

    private static WebhookFixture fixture;
    private static WebhookReceiver receiver;
    private static RunningIngress service;
    private static RunningIngress other;

    @BeforeAll
    static void start() throws Exception {
        fixture = new WebhookFixture(directory);
        receiver = new WebhookReceiver(0)
                .answer("/flaky", received -> received.earlier() == 0 ? 500 : received.earlier() == 1 ? 503 : 200)
                .answer("/slow", received -> received.earlier() == 0 ? 0 : 204)
                .answer("/moved", received -> 302)
                .answer("/gone", received -> 410);
        fixture.endpoints(Stream.of("/ok?x=1", "/flaky", "/slow", "/moved", "/gone")
                .map(receiver::url)
                .toArray(String[]::new));
        service = fixture.ingress();
        other = fixture.ingress();
    }

    @AfterAll
    static void stop() throws Exception {
        receiver.close();
        other.close();
        service.close();
        fixture.close();
    }

    @Test
    void everyWayToEndIsToldAndTheClientLibraryTakesIt() throws Exception {
        for (Status status : Status.values()) {
            String id = service.submit();
            fixture.end(id, status);
            Received received = only("/ok?x=1", id);
            JsonNode event = Json.tree(received.body());
            assertThat(event.propertyNames()).containsExactlyInAnyOrder("id", "object", "type", "created_at", "data");
            assertThat(event.get("object").stringValue()).isEqualTo("event");
            assertThat(event.get("id").stringValue()).startsWith("evt_");
            assertThat(event.get("created_at").longValue())
                    .isEqualTo((ResponseId.parse(id).submittedAt().toEpochMilli() + 1_500) / 1_000);
            assertThat(received.header("content-type")).isEqualTo("application/json");

            UnwrapWebhookEvent unwrapped = client().webhooks().unwrap(verification(received, received.body()));
            switch (status) {
                case COMPLETED ->
                    assertThat(unwrapped.asResponseCompleted().data().id()).isEqualTo(id);
                case FAILED ->
                    assertThat(unwrapped.asResponseFailed().data().id()).isEqualTo(id);
                case INCOMPLETE ->
                    assertThat(unwrapped.asResponseIncomplete().data().id()).isEqualTo(id);
                case CANCELLED ->
                    assertThat(unwrapped.asResponseCancelled().data().id()).isEqualTo(id);
            }
            assertThatThrownBy(() -> client().webhooks().unwrap(verification(received, received.body() + " ")))
                    .isInstanceOf(InvalidWebhookSignatureException.class);
        }
    }

    @Test
    void aServerThatFailsOrHangsIsAskedAgainWithTheSameId() throws Exception {
        String id = service.submit();
        fixture.end(id, Status.COMPLETED);
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(log(service, id).get("/flaky").get("status").stringValue())
                    .isEqualTo("delivered");
            assertThat(log(service, id).get("/slow").get("status").stringValue())
                    .isEqualTo("delivered");
        });
        assertThat(log(service, id).get("/flaky").get("attempts").intValue()).isEqualTo(3);
        assertThat(receiver.at("/flaky", id))
                .hasSize(3)
                .extracting(Received::webhookId)
                .containsOnly(log(service, id).get("/flaky").get("id").stringValue());
        assertThat(receiver.at("/slow", id)).hasSize(2);
        assertThat(log(service, id).get("/slow").get("last_response_status").intValue())
                .isEqualTo(204);
    }

    @Test
    void aRedirectIsNotFollowed() throws Exception {
        String id = service.submit();
        fixture.end(id, Status.COMPLETED);
        await().atMost(PATIENCE).until(() -> receiver.at("/moved", id).size() >= 3);
        JsonNode entry = log(service, id).get("/moved");
        assertThat(entry.get("status").stringValue()).isEqualTo("pending");
        assertThat(entry.get("last_response_status").intValue()).isEqualTo(302);
        assertThat(receiver.at("/private")).isEmpty();
    }

    @Test
    void anEndpointThatIsGoneIsLeftAlone() throws Exception {
        String first = service.submit();
        fixture.end(first, Status.COMPLETED);
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode entry = log(service, first).get("/gone");
            // Perhaps another test's turn was told before
            assertThat(entry == null || entry.get("status").stringValue().equals("given_up"))
                    .isTrue();
            assertThat(receiver.at("/gone")).isNotEmpty();
        });
        int before = receiver.at("/gone").size();
        String second = service.submit();
        fixture.end(second, Status.COMPLETED);
        only("/ok?x=1", second);
        await().atMost(PATIENCE).until(() -> log(service, second).containsKey("/ok?x=1"));
        assertThat(log(service, second)).doesNotContainKey("/gone");
        assertThat(receiver.at("/gone")).hasSize(before);
    }

    @Test
    void ofManyEndsEachIsToldOnceByEitherIngress() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            ids.add(service.submit());
        }
        ids.forEach(id -> fixture.end(id, Status.COMPLETED));
        for (String id : ids) {
            only("/ok?x=1", id);
        }
        await().atMost(PATIENCE)
                .until(() ->
                        ids.stream().allMatch(id -> receiver.at("/flaky", id).size() == 3));
        ids.forEach(id -> only("/ok?x=1", id));
        assertThat(ids.stream().map(id -> only("/ok?x=1", id).webhookId()).distinct())
                .hasSize(40);
    }

    @Test
    void theLogIsPagedAndTheTenantsOwn() throws Exception {
        String id = service.submit();
        fixture.end(id, Status.COMPLETED);
        await().atMost(PATIENCE).until(() -> log(service, id).size() >= 4);
        JsonNode first = RunningIngress.json(service.get("/webhook_deliveries?limit=2"));
        JsonNode second = RunningIngress.json(service.get(
                "/webhook_deliveries?limit=2&after=" + first.get("last_id").stringValue()));
        assertThat(first.get("has_more").booleanValue()).isTrue();
        assertThat(first.get("data")).hasSize(2);
        assertThat(Stream.of(first, second)
                        .flatMap(page -> page.get("data").valueStream())
                        .map(entry -> entry.get("id").stringValue())
                        .distinct())
                .hasSize(4);
        String foreign = service.send(service.request(RunningIngress.GLOBEX, "/webhook_deliveries")
                        .GET())
                .body();
        assertThat(Json.tree(foreign).get("data")).isEmpty();
        assertThat(service.send(service.request(
                                        RunningIngress.GLOBEX,
                                        "/webhook_deliveries?after="
                                                + first.get("last_id").stringValue())
                                .GET())
                        .statusCode())
                .isEqualTo(400);
    }

    private static Received only(String path, String id) {
        await().atMost(PATIENCE).until(() -> !receiver.at(path, id).isEmpty());
        assertThat(receiver.at(path, id)).hasSize(1);
        return receiver.at(path, id).getFirst();
    }

    private static WebhookVerificationParams verification(Received received, String body) {
        var headers = com.openai.core.http.Headers.builder();
        received.headers().forEach((name, values) -> headers.put(name.toLowerCase(java.util.Locale.ROOT), values));
        return WebhookVerificationParams.builder()
                .payload(body)
                .secret(WebhookFixture.SECRET)
                .headers(headers.build())
                .build();
    }

    private static OpenAIClient client() {
        return OpenAIOkHttpClient.builder().apiKey("none").build();
    }
}
