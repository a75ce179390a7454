package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Json;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.test.web.reactive.server.WebTestClient;
import tools.jackson.databind.JsonNode;

/** Errors as problem documents: for those who ask by name, and nobody else. */
class ProblemTest extends WebTest {
    @ParameterizedTest
    @ValueSource(strings = {"application/problem+json", "application/json, application/problem+json;q=0.5"})
    void whoAsksForItGetsAProblem(String accept) {
        String body = refused(accept)
                .expectStatus()
                .isEqualTo(404)
                .expectHeader()
                .contentType("application/problem+json")
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
        JsonNode problem = Json.tree(body);
        assertThat(problem.propertyNames()).containsExactly("type", "title", "status", "detail", "code", "param");
        assertThat(problem.get("status").intValue()).isEqualTo(404);
        assertThat(problem.get("title").stringValue()).isEqualTo("Not Found");
        assertThat(problem.get("code").stringValue()).isEqualTo("response_not_found");
        assertThat(problem.get("param").stringValue()).isEqualTo("response_id");
        assertThat(problem.get("detail").stringValue()).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"*/*", "application/*", "application/json", "application/problem+json;q=0", "no media type"})
    void nobodyElseDoes(String accept) {
        assertError(refused(accept), 404, "response_not_found", "response_id");
    }

    private static WebTestClient.ResponseSpec refused(String accept) {
        return harness.client(WebHarness.ACME)
                .get()
                .uri("/api/v1/responses/resp_1")
                .header("Accept", accept)
                .exchange();
    }
}
