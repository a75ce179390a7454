package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.ingress.follow.FollowingLostException;
import io.voiceagent.messages.Request;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.Disposable;

/** {@code Prefer}: how long to wait, and what to do when nobody waits any more. */
class WaitingTest extends WebTest {
    private static WebTestClient.ResponseSpec submit(String prefer, String body) {
        return harness.client(WebHarness.ACME)
                .post()
                .uri("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .header("Prefer", prefer)
                .bodyValue(body)
                .exchange();
    }

    private static WebTestClient.ResponseSpec poll(String prefer, String id) {
        return harness.client(WebHarness.ACME)
                .get()
                .uri("/api/v1/responses/" + id)
                .header("Prefer", prefer)
                .exchange();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "respond-async             | {\"input\":\"a\"}                     | respond-async",
                "respond-async, wait=0     | {\"input\":\"a\"}                     | respond-async, wait=0",
                "wait=1                    | {\"input\":\"a\"}                     | wait=1",
                "respond-async, wait=1     | {\"input\":\"a\",\"background\":true} | respond-async, wait=1",
                "wait=1, cancel-on-disconnect | {\"input\":\"a\",\"background\":true} | wait=1",
                "respond-async, x-unknown  | {\"input\":\"a\",\"background\":true} | respond-async"
            })
    void whatHasNotEndedByThenIsAnswered202AsItIs(String prefer, String body, String applied) {
        submit(prefer, body)
                .expectStatus()
                .isEqualTo(202)
                .expectHeader()
                .valueEquals("Preference-Applied", applied)
                .expectHeader()
                .valueEquals("Retry-After", "1")
                .expectHeader()
                .exists("Location")
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("queued");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"input\":\"a\"}", "{\"input\":\"a\",\"background\":true}"})
    void whatEndsInTimeIsAnswered200AtOnce(String body) {
        onSubmit(response -> response.end("completed"));
        long start = System.nanoTime();
        submit("respond-async, wait=30", body)
                .expectStatus()
                .isOk()
                .expectHeader()
                .doesNotExist("Retry-After")
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("completed");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    }

    @Test
    void aStreamComesAtOnceWhateverIsPreferred() {
        onSubmit(response -> response.end("completed"));
        submit("respond-async, wait=30", "{\"input\":\"a\",\"stream\":true}")
                .expectStatus()
                .isOk()
                .expectHeader()
                .doesNotExist("Preference-Applied")
                .expectHeader()
                .contentType(MediaType.TEXT_EVENT_STREAM);
    }

    @Test
    void aLongPollIsAnsweredWhenTheTurnEnds() {
        FakeResponses.Followed response = submitted();
        Thread.startVirtualThread(() -> {
            await().until(() -> response.waiting() == 1);
            response.end("completed");
        });
        poll("wait=30", response.id())
                .expectStatus()
                .isOk()
                .expectHeader()
                .valueEquals("Preference-Applied", "wait=30")
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("completed");
        // And at once when it has ended already
        poll("wait=30", response.id()).expectBody().jsonPath("$.status").isEqualTo("completed");
    }

    @Test
    void aLongPollThatIsOverShowsTheResponseAsItIs() {
        FakeResponses.Followed response = submitted();
        poll("wait=1, respond-async", response.id())
                .expectStatus()
                .isOk()
                .expectHeader()
                .valueEquals("Preference-Applied", "wait=1")
                .expectHeader()
                .valueEquals("Retry-After", "1")
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("queued");
    }

    @Test
    void whatIsNotFollowedHereAnyMoreIsLookedForOnceMore() {
        FakeResponses.Followed response = submitted();
        Thread.startVirtualThread(() -> {
            await().until(() -> response.waiting() == 1);
            response.lose(new FollowingLostException("told so by a test"));
        });
        poll("wait=30", response.id())
                .expectStatus()
                .isOk()
                .expectHeader()
                .valueEquals("Retry-After", "1")
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("queued");
    }

    /** Submits, and breaks the connection off when the turn is in the log and {@code begun}. */
    private static FakeResponses.Followed submitAndLeave(String prefer, String body) {
        Disposable waiting = harness.webClient()
                .post()
                .uri("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .header("Prefer", prefer)
                .bodyValue(body)
                .retrieve()
                .bodyToFlux(String.class)
                .subscribe();
        await().until(() -> harness.log.requests().size() == 1);
        String id = harness.log.requests().getFirst().responseId();
        await().until(() -> harness.responses.get(id) != null
                && harness.responses.get(id).subscribers()
                                + harness.responses.get(id).waiting()
                        == 1);
        waiting.dispose();
        await().until(() -> harness.spans.stream()
                .anyMatch(span -> String.valueOf(span.getAttributes().asMap()).contains("499")));
        return harness.responses.get(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"input\":\"a\"}", "{\"input\":\"a\",\"stream\":true}"})
    void aClientThatAskedForItStopsItsTurnByGoingAway(String body) {
        FakeResponses.Followed response = submitAndLeave("cancel-on-disconnect", body);
        await().until(() -> harness.log.requests().size() == 2);
        assertThat(harness.log.requests().getLast())
                .isInstanceOf(Request.Cancel.class)
                .extracting(Request::responseId)
                .isEqualTo(response.id());
    }

    @Test
    void aClientThatHasItsWholeAnswerStopsNothing() {
        onSubmit(response -> response.end("completed"));
        submit("cancel-on-disconnect", "{\"input\":\"a\"}")
                .expectStatus()
                .isOk()
                .expectHeader()
                .valueEquals("Preference-Applied", "cancel-on-disconnect");
        submit("cancel-on-disconnect, respond-async", "{\"input\":\"a\"}")
                .expectStatus()
                .isEqualTo(202);
        assertThat(harness.log.requests()).hasSize(2).allMatch(Request.Submit.class::isInstance);
    }

    @Test
    void aFollowerStopsNothingWhateverItPrefers() {
        FakeResponses.Followed response = submitted();
        Disposable following = harness.webClient()
                .get()
                .uri("/api/v1/responses/" + response.id() + "?stream=true")
                .header("Prefer", "cancel-on-disconnect")
                .retrieve()
                .bodyToFlux(String.class)
                .subscribe();
        await().until(() -> response.subscribers() == 1);
        following.dispose();
        await().until(() -> harness.spans.stream()
                .anyMatch(span -> String.valueOf(span.getAttributes().asMap()).contains("499")));
        assertThat(harness.log.requests()).hasSize(1);
    }
}
