package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;

/** {@code POST /responses} in its three ways. */
class CreateTest {
    private static WebHarness harness;

    @BeforeAll
    static void start() {
        harness = WebHarness.start();
    }

    @AfterAll
    static void stop() {
        harness.close();
    }

    @BeforeEach
    void clear() {
        harness.clear();
    }

    @Test
    void aBackgroundTurnIsAcceptedAtOnce() {
        var answer = post("{\"input\":\"hello\",\"background\":true}")
                .expectStatus()
                .isEqualTo(202)
                .expectHeader()
                .valueEquals("Retry-After", "1")
                .expectHeader()
                .exists("x-request-id")
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("queued")
                .returnResult();
        Request.Submit submit = onlySubmit();
        assertThat(answer.getResponseHeaders().getLocation()).hasPath("/api/v1/responses/" + submit.responseId());
        assertThat(submit.tenant()).isEqualTo("acme");
        assertThat(submit.spec().model()).isEqualTo(WebHarness.MODEL);
        assertThat(submit.spec().background()).isTrue();
        assertThat(submit.spec().input()).isEqualTo(List.of(new Item.Message(Item.Role.USER, "hello")));
        ResponseId id = ResponseId.parse(submit.responseId());
        assertThat(id.conversation()).isEqualTo(submit.conversation());
        assertThat(id.partition()).isBetween(0, 3);
        assertThat(id.submittedAt().toEpochMilli()).isEqualTo(submit.submittedAt());
        assertThat(submit.deadlineAt() - submit.submittedAt()).isEqualTo(600_000);
    }

    @Test
    void aWaitingTurnIsAnsweredWhenItEnds() {
        harness.log.onAppend(request -> Thread.startVirtualThread(() -> {
            await().until(() -> harness.responses.get(request.responseId()) != null);
            harness.responses.get(request.responseId()).emit("response.created");
            harness.responses.get(request.responseId()).end("completed");
        }));
        post("{\"input\":\"hello\"}")
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("completed");
    }

    @Test
    void aStreamHasEveryEventFromTheFirst() {
        harness.log.onAppend(request -> Thread.startVirtualThread(() -> {
            await().until(() -> harness.responses.get(request.responseId()) != null);
            harness.responses.get(request.responseId()).emit("response.created");
            harness.responses.get(request.responseId()).emit("response.in_progress");
            harness.responses.get(request.responseId()).end("completed");
        }));
        String body = post("{\"input\":\"hello\",\"stream\":true}")
                .expectStatus()
                .isOk()
                .expectHeader()
                .contentTypeCompatibleWith(MediaType.TEXT_EVENT_STREAM)
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
        assertThat(body).isEqualTo("""
                id: 0
                event: response.created
                data: {"type":"response.created","sequence_number":0}

                id: 1
                event: response.in_progress
                data: {"type":"response.in_progress","sequence_number":1}

                id: 2
                event: response.completed
                data: {"type":"response.completed","sequence_number":2}

                data: [DONE]

                """);
    }

    private static Request.Submit onlySubmit() {
        assertThat(harness.log.requests()).hasSize(1);
        return (Request.Submit) harness.log.requests().getFirst();
    }

    private static WebTestClient.ResponseSpec post(String body) {
        return harness.client(WebHarness.ACME)
                .post()
                .uri("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body)
                .exchange();
    }
}
