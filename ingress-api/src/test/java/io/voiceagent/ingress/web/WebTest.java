package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import tools.jackson.databind.JsonNode;

/** Tests against the one server that all of them share; it ends with the process. */
abstract class WebTest {
    static final WebHarness harness = WebHarness.start();

    @BeforeEach
    void clear() {
        harness.clear();
    }

    static WebTestClient.ResponseSpec post(String path, String body) {
        return harness.client(WebHarness.ACME)
                .post()
                .uri("/api/v1" + path)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(body)
                .exchange();
    }

    static WebTestClient.ResponseSpec get(String path) {
        return get(WebHarness.ACME, path);
    }

    static WebTestClient.ResponseSpec get(String key, String path) {
        return harness.client(key).get().uri("/api/v1" + path).exchange();
    }

    /** Submits a turn in the background. */
    static FakeResponses.Followed submitted() {
        post("/responses", "{\"input\":\"hello\",\"background\":true}")
                .expectStatus()
                .isEqualTo(202);
        return harness.responses.get(harness.log.requests().getLast().responseId());
    }

    /** What happens to every turn that is submitted from now on. */
    static void onSubmit(Consumer<FakeResponses.Followed> script) {
        harness.log.onAppend(request -> {
            if (request instanceof Request.Submit) {
                Thread.startVirtualThread(() -> {
                    await().until(() -> harness.responses.get(request.responseId()) != null);
                    script.accept(harness.responses.get(request.responseId()));
                });
            }
        });
    }

    /** Asserts the one shape of errors; returns the error. */
    static JsonNode assertError(WebTestClient.ResponseSpec answer, int status, String code, String param) {
        var result = answer.expectStatus()
                .isEqualTo(status)
                .expectHeader()
                .exists("x-request-id")
                .expectHeader()
                .contentType(MediaType.APPLICATION_JSON)
                .expectBody(String.class)
                .returnResult();
        JsonNode body = Json.tree(result.getResponseBody());
        assertThat(body.propertyNames()).containsExactly("error");
        JsonNode error = body.get("error");
        assertThat(error.propertyNames()).containsExactly("message", "type", "param", "code");
        assertThat(error.get("code").stringValue()).isEqualTo(code);
        assertThat(error.get("param").isNull() ? null : error.get("param").stringValue())
                .isEqualTo(param);
        assertThat(error.get("message").stringValue()).isNotBlank();
        return error;
    }
}
