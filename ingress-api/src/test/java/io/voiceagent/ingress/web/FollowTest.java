package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Request;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import tools.jackson.databind.JsonNode;

/** Poll, stream again, cancel. */
class FollowTest extends WebTest {
    @Test
    void aPollShowsTheResponseAsItIs() {
        FakeResponses.Followed response = submitted();
        get("/responses/" + response.id())
                .expectStatus()
                .isOk()
                .expectHeader()
                .valueEquals("Retry-After", "1")
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("queued");
        response.end("completed");
        get("/responses/" + response.id())
                .expectStatus()
                .isOk()
                .expectHeader()
                .doesNotExist("Retry-After")
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("completed");
    }

    @Test
    void aStreamResumedAtEveryNumberHasExactlyTheRest() {
        FakeResponses.Followed response = submitted();
        for (int i = 0; i < 5; i++) {
            response.emit("response.output_text.delta");
        }
        response.end("completed");
        String all = stream("/responses/%s?stream=true".formatted(response.id()), null);
        assertThat(all).startsWith("id: 0\n").endsWith("data: [DONE]\n\n");
        for (int last = 0; last <= 5; last++) {
            String next = "id: %d\n".formatted(last + 1);
            String rest = all.contains(next) ? all.substring(all.indexOf(next)) : "data: [DONE]\n\n";
            assertThat(stream("/responses/%s?stream=true&starting_after=%d".formatted(response.id(), last), null))
                    .isEqualTo(rest);
            assertThat(stream("/responses/%s?stream=true".formatted(response.id()), Integer.toString(last)))
                    .isEqualTo(rest);
            // A browser repeats its first URL: how far it has come is in the header
            assertThat(stream(
                            "/responses/%s?stream=true&starting_after=0".formatted(response.id()),
                            Integer.toString(last)))
                    .isEqualTo(rest);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "stream=maybe, invalid_type, stream",
        "stream=true&starting_after=-1, invalid_type, starting_after",
        "stream=true&starting_after=x, invalid_type, starting_after",
        "stream=true&starting_after=99999999999999999999, invalid_type, starting_after",
        "stream=true&starting_after=1&starting_after=2, invalid_value, starting_after",
        "starting_after=1, invalid_value, starting_after",
        "stream=true&include_obfuscation=true, unsupported_value, include_obfuscation",
        "include=x, unknown_parameter, include"
    })
    void aBadQueryIsRefused(String query, String code, String param) {
        FakeResponses.Followed response = submitted();
        assertError(get("/responses/" + response.id() + "?" + query), 400, code, param);
    }

    @Test
    void aBadLastEventIdIsRefused() {
        FakeResponses.Followed response = submitted();
        var answer = harness.client(WebHarness.ACME)
                .get()
                .uri("/api/v1/responses/" + response.id() + "?stream=true")
                .header("Last-Event-ID", "abc")
                .exchange();
        assertError(answer, 400, "invalid_type", "Last-Event-ID");
    }

    @Test
    void eventsArriveAsTheyHappenAndAClientThatGoesAwayStopsNothing() {
        FakeResponses.Followed response = submitted();
        response.emit("response.created");
        Flux<ServerSentEvent<String>> events = harness.client(WebHarness.ACME)
                .get()
                .uri("/api/v1/responses/" + response.id() + "?stream=true")
                .accept(MediaType.TEXT_EVENT_STREAM)
                .exchange()
                .returnResult(new ParameterizedTypeReference<ServerSentEvent<String>>() {})
                .getResponseBody();
        StepVerifier.create(events)
                .assertNext(event -> assertThat(event.event()).isEqualTo("response.created"))
                .then(() -> response.emit("response.in_progress"))
                .assertNext(event -> assertThat(event.id()).isEqualTo("1"))
                .thenCancel()
                .verify(Duration.ofSeconds(20));
        await().until(() -> response.subscribers() == 0);
        assertThat(harness.log.requests()).hasSize(1).allMatch(Request.Submit.class::isInstance);
        assertThat(response.ended()).isFalse();
    }

    @Test
    void aWaitingClientThatGoesAwayStopsNothing() {
        Disposable waiting = harness.webClient()
                .post()
                .uri("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue("{\"input\":\"hello\"}")
                .retrieve()
                .bodyToMono(String.class)
                .subscribe();
        await().until(() -> harness.log.requests().size() == 1);
        waiting.dispose();
        await().until(() -> harness.spans.stream()
                .anyMatch(span -> String.valueOf(span.getAttributes().asMap()).contains("499")));
        assertThat(harness.log.requests()).hasSize(1);
        String id = harness.log.requests().getFirst().responseId();
        harness.responses.get(id).end("completed");
        get("/responses/" + id).expectBody().jsonPath("$.status").isEqualTo("completed");
    }

    @Test
    void aCancelIsWrittenToTheLogAndWaitsForTheEnd() {
        FakeResponses.Followed response = submitted();
        harness.log.onAppend(request -> {
            if (request instanceof Request.Cancel) {
                response.end("cancelled");
            }
        });
        cancel(response.id())
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("cancelled");
        Request.Submit submit = (Request.Submit) harness.log.requests().getFirst();
        assertThat(harness.log.requests().get(1))
                .isEqualTo(new Request.Cancel(response.id(), submit.conversation(), "acme"));
        // Again: the same object, and nothing more in the log
        cancel(response.id())
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("cancelled");
        assertThat(harness.log.requests()).hasSize(2);
    }

    @Test
    void aCancelOfAnEndedTurnChangesNothing() {
        FakeResponses.Followed response = submitted();
        response.end("completed");
        cancel(response.id())
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("completed");
        assertThat(harness.log.requests()).hasSize(1);
    }

    @Test
    void aDeletionIsAnsweredWhenItIsCommittedAndEndsARunningTurnFirst() {
        FakeResponses.Followed response = submitted();
        harness.log.onAppend(request -> {
            if (request instanceof Request.Cancel) {
                response.end("cancelled");
            } else if (request instanceof Request.Delete) {
                harness.responses.delete(response.id());
            }
        });
        delete(response.id())
                .expectStatus()
                .isOk()
                .expectBody()
                .json("{\"id\":\"%s\",\"object\":\"response\",\"deleted\":true}".formatted(response.id()));
        Request.Submit submit = (Request.Submit) harness.log.requests().getFirst();
        assertThat(harness.log.requests())
                .hasSize(3)
                .endsWith(
                        new Request.Cancel(response.id(), submit.conversation(), "acme"),
                        new Request.Delete(response.id(), submit.conversation(), "acme"));
        assertError(delete(response.id()), 404, "response_not_found", "response_id");
        assertThat(harness.responses.watched()).isZero();
    }

    @Test
    void aDeletionOfWhichNobodyKnowsIsNotSaidToBeDone() {
        FakeResponses.Followed response = submitted();
        response.end("completed");
        harness.log.fail(Refusal.of(Code.SUBMISSION_UNKNOWN, "not acknowledged"));
        JsonNode error = assertError(delete(response.id()), 503, "submission_unknown", null);
        assertThat(error.get("message").stringValue()).contains("Delete it again");
        assertThat(harness.responses.watched()).isZero();
    }

    @Test
    void anotherTenantsResponseIsNotDeleted() {
        FakeResponses.Followed response = submitted();
        response.end("completed");
        var answer = harness.client(WebHarness.GLOBEX)
                .delete()
                .uri("/api/v1/responses/" + response.id())
                .exchange();
        assertError(answer, 404, "response_not_found", "response_id");
        assertThat(harness.log.requests()).hasSize(1);
    }

    @Test
    void nothingGoesOnFromAResponseThatIsNotStored() {
        post("/responses", "{\"input\":\"a\",\"background\":true,\"store\":false}")
                .expectStatus()
                .isEqualTo(202);
        FakeResponses.Followed response =
                harness.responses.get(harness.log.requests().getLast().responseId());
        response.end(
                "completed",
                "[{\"type\":\"message\",\"id\":\"msg_%s0000\",\"role\":\"assistant\",\"content\":[]}]"
                        .formatted(response.id().substring("resp_".length())));
        assertError(
                post("/responses", "{\"input\":\"b\",\"previous_response_id\":\"%s\"}".formatted(response.id())),
                400,
                "previous_response_not_found",
                "previous_response_id");
        assertError(
                post(
                        "/responses",
                        "{\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_%s0000\"}]}"
                                .formatted(response.id().substring("resp_".length()))),
                400,
                "invalid_value",
                "input[0].id");
        assertThat(harness.log.requests()).hasSize(1);
    }

    private static org.springframework.test.web.reactive.server.WebTestClient.ResponseSpec delete(String id) {
        return harness.client(WebHarness.ACME)
                .delete()
                .uri("/api/v1/responses/" + id)
                .exchange();
    }

    private static org.springframework.test.web.reactive.server.WebTestClient.ResponseSpec cancel(String id) {
        return harness.client(WebHarness.ACME)
                .post()
                .uri("/api/v1/responses/" + id + "/cancel")
                .exchange();
    }

    private static String stream(String path, String lastEventId) {
        return harness.client(WebHarness.ACME)
                .get()
                .uri("/api/v1" + path)
                .headers(headers -> {
                    if (lastEventId != null) {
                        headers.set("Last-Event-ID", lastEventId);
                    }
                })
                .exchange()
                .expectStatus()
                .isOk()
                .expectHeader()
                .contentType(MediaType.TEXT_EVENT_STREAM)
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
    }
}
