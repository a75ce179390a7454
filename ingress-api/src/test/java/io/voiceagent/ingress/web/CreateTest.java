package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.http.MediaType;

/** {@code POST /responses} in its three ways. */
class CreateTest extends WebTest {
    @Test
    void aBackgroundTurnIsAcceptedAtOnce() {
        var answer = post("/responses", "{\"input\":\"hello\",\"background\":true}")
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
        onSubmit(response -> {
            response.emit("response.created");
            response.end("completed");
        });
        post("/responses", "{\"input\":\"hello\"}")
                .expectStatus()
                .isOk()
                .expectHeader()
                .valueEquals("Location", "/api/v1/responses/" + onlySubmit().responseId())
                .expectBody()
                .jsonPath("$.status")
                .isEqualTo("completed");
    }

    @Test
    void aStreamHasEveryEventFromTheFirst() {
        onSubmit(response -> {
            response.emit("response.created");
            response.emit("response.in_progress");
            response.end("completed");
        });
        String body = post("/responses", "{\"input\":\"hello\",\"stream\":true}")
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

    @Test
    void aTurnThatGoesOnTakesPlaceInTheSameConversation() {
        FakeResponses.Followed parent = submitted();
        parent.end("completed");
        post(
                        "/responses",
                        "{\"input\":\"more\",\"background\":true,\"previous_response_id\":\"%s\"}"
                                .formatted(parent.id()))
                .expectStatus()
                .isEqualTo(202);
        assertThat(harness.log.requests()).hasSize(2);
        assertThat(harness.log.requests().get(1).conversation())
                .isEqualTo(harness.log.requests().get(0).conversation());
        assertThat(harness.log.requests().get(1).responseId()).isNotEqualTo(parent.id());
    }

    @Test
    void theOutputOfAFunctionAnswersTheCallOfTheParent() {
        FakeResponses.Followed parent = submitted();
        parent.end(
                "completed", "[{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"f\",\"arguments\":\"{}\"}]");
        String body = """
                {"background":true,"previous_response_id":"%s","input":%s}""";
        String output = "[{\"type\":\"function_call_output\",\"call_id\":\"%s\",\"output\":\"42\"}]";
        assertError(post("/responses", body.formatted(parent.id(), "\"hi\"")), 400, "invalid_value", "input");
        assertError(
                post("/responses", body.formatted(parent.id(), output.formatted("c2"))), 400, "invalid_value", "input");
        assertThat(harness.log.requests()).hasSize(1);
        post("/responses", body.formatted(parent.id(), output.formatted("c1")))
                .expectStatus()
                .isEqualTo(202);
        assertThat(harness.log.requests()).hasSize(2);
    }

    private static Request.Submit onlySubmit() {
        assertThat(harness.log.requests()).hasSize(1);
        return (Request.Submit) harness.log.requests().getFirst();
    }
}
