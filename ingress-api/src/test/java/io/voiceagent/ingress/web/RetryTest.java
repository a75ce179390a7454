package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.ingress.follow.ResponseReader.Verdict;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Request.Registration;
import io.voiceagent.messages.Request.Registration.Kind;
import io.voiceagent.messages.ResponseId;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.publisher.Mono;

/** Requests that may be sent again: what goes into the log, and what is answered when the orchestrator has decided. */
class RetryTest extends WebTest {
    private static final String BACKGROUND = "{\"input\":\"hello\",\"background\":true}";
    private static final String COUNT = "X-Stainless-Retry-Count";
    private static final String KEY = "Idempotency-Key";
    private static final String REPLAYED = "Idempotency-Replayed";

    @AfterEach
    void nobodyIsWatchedAnyMore() {
        assertThat(harness.responses.watched()).isZero();
    }

    @Test
    void whatIsAcceptedIsAnsweredAsEver() {
        harness.responses.decide(Mono.just(new Verdict.Accepted()));
        send(KEY, "k-1", BACKGROUND)
                .expectStatus()
                .isEqualTo(202)
                .expectHeader()
                .doesNotExist(REPLAYED)
                .expectBody()
                .jsonPath("$.id")
                .isEqualTo(last().responseId());
    }

    @Test
    void theKeyIsNotInTheLogAndDecidesThePartitionWithinItsScope() {
        harness.responses.decide(Mono.just(new Verdict.Accepted()));
        send(KEY, "k-1", BACKGROUND);
        Registration first = registration();
        int partition = ResponseId.parse(last().responseId()).partition();
        send(KEY, "k-1", "{ \"background\" : true, \"input\" : \"h\\u0065llo\" }");
        assertThat(registration()).as("the same to say in other words").isEqualTo(first);
        assertThat(ResponseId.parse(last().responseId()).partition()).isEqualTo(partition);
        assertThat(first.kind()).isEqualTo(Kind.KEY);
        assertThat(first.key()).matches("[0-9a-f]{64}").doesNotContain("k-1");

        send(KEY, "k-1", "{\"input\":\"hello\",\"background\":true,\"metadata\":{\"a\":\"b\"}}");
        assertThat(registration().key()).isEqualTo(first.key());
        assertThat(registration().body()).isNotEqualTo(first.body());
        send(KEY, "k-2", BACKGROUND);
        assertThat(registration().key()).isNotEqualTo(first.key());
        harness.client(WebHarness.GLOBEX)
                .post()
                .uri("/api/v1/responses")
                .header(KEY, "k-1")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(BACKGROUND)
                .exchange();
        assertThat(registration().key()).as("another tenant's").isNotEqualTo(first.key());
        send(COUNT, "1", BACKGROUND);
        assertThat(registration().key()).as("by its body").isNotEqualTo(first.key());
    }

    @Test
    void aKeyCountsWithinOnePreviousResponse() {
        FakeResponses.Followed parent = submitted();
        parent.end("completed");
        harness.responses.decide(Mono.just(new Verdict.Accepted()));
        send(KEY, "k-1", BACKGROUND);
        String alone = registration().key();
        String child =
                "{\"input\":\"hello\",\"background\":true,\"previous_response_id\":\"%s\"}".formatted(parent.id());
        send(KEY, "k-1", child);
        assertThat(registration().key()).isNotEqualTo(alone);
        assertThat(last().conversation())
                .isEqualTo(ResponseId.parse(parent.id()).conversation());
    }

    @Test
    void aRepetitionGetsTheEarlierResponseInTheWayThatItAsksFor() {
        FakeResponses.Followed earlier = submitted();
        earlier.emit("response.created");
        harness.responses.decide(Mono.just(new Verdict.Repeats(earlier.id(), true)));
        send(KEY, "k-1", BACKGROUND)
                .expectStatus()
                .isEqualTo(202)
                .expectHeader()
                .valueEquals(REPLAYED, "true")
                .expectHeader()
                .valueEquals("Location", "/api/v1/responses/" + earlier.id())
                .expectBody()
                .jsonPath("$.id")
                .isEqualTo(earlier.id());
        earlier.end("cancelled");
        send(KEY, "k-1", "{\"input\":\"hello\"}")
                .expectStatus()
                .isOk()
                .expectHeader()
                .valueEquals(REPLAYED, "true")
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("cancelled");
        String events = send(COUNT, "2", "{\"input\":\"hello\",\"stream\":true}")
                .expectStatus()
                .isOk()
                .expectHeader()
                .valueEquals(REPLAYED, "true")
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
        assertThat(events).startsWith("id: 0\nevent: response.created\n");
    }

    @Test
    void anotherBodyUnderTheSameKeyIsRefused() {
        FakeResponses.Followed earlier = submitted();
        harness.responses.decide(Mono.just(new Verdict.Repeats(earlier.id(), false)));
        assertError(send(KEY, "k-1", BACKGROUND), 422, "idempotency_key_reused", KEY);
    }

    @Test
    void aResponseThatIsGoneIsNotRunAgain() {
        FakeResponses.Followed earlier = submitted();
        harness.responses.clear();
        harness.responses.decide(Mono.just(new Verdict.Repeats(earlier.id(), true)));
        assertError(send(KEY, "k-1", BACKGROUND), 404, "response_not_found", null);
    }

    @Test
    void whatIsNotDecidedInTimeIsToldWithoutAnIdAndMayBeSentAgain() {
        harness.responses.decide(Mono.error(new TimeoutException()));
        var answer = send(KEY, "k-1", BACKGROUND);
        answer.expectHeader().doesNotExist("x-should-retry").expectHeader().valueEquals("Retry-After", "2");
        assertThat(assertError(answer, 503, "submission_unknown", null)
                        .get("message")
                        .stringValue())
                .doesNotContain("resp_");
    }

    @Test
    void aFirstTryIsRegisteredAndDoesNotWait() {
        send(COUNT, "0", BACKGROUND).expectStatus().isEqualTo(202);
        Registration first = registration();
        assertThat(first.kind()).isEqualTo(Kind.FIRST_TRY);
        harness.responses.decide(Mono.just(new Verdict.Accepted()));
        send(COUNT, "1", BACKGROUND).expectStatus().isEqualTo(202);
        assertThat(registration()).isEqualTo(new Registration(Kind.RETRY, first.key(), first.body()));
    }

    @Test
    void aCountThatIsNoneIsPassedOverAndAKeyIsStronger() {
        for (String count : new String[] {"-1", "x", "", "99999999999"}) {
            send(COUNT, count, BACKGROUND).expectStatus().isEqualTo(202);
            assertThat(last().registration()).isNull();
        }
        harness.responses.decide(Mono.just(new Verdict.Accepted()));
        harness.client(WebHarness.ACME)
                .post()
                .uri("/api/v1/responses")
                .header(KEY, "k")
                .header(COUNT, "1")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(BACKGROUND)
                .exchange()
                .expectStatus()
                .isEqualTo(202);
        assertThat(registration().kind()).isEqualTo(Kind.KEY);
    }

    private static Request.Submit last() {
        return (Request.Submit) harness.log.requests().getLast();
    }

    private static Registration registration() {
        return last().registration();
    }

    private static WebTestClient.ResponseSpec send(String header, String value, String body) {
        return harness.client(WebHarness.ACME)
                .post()
                .uri("/api/v1/responses")
                .header(header, value)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body)
                .exchange();
    }
}
