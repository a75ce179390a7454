package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Json;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.http.MediaType;
import tools.jackson.databind.JsonNode;

/** Health, metrics, spans and the headers that name them. */
class ObservabilityTest extends WebTest {
    @Test
    void aRequestIsOneServerSpanWhoseContextGoesIntoTheLog() {
        String trace = "0af7651916cd43dd8448eb211c80319c";
        var headers = harness.client(WebHarness.ACME)
                .post()
                .uri("/api/v1/responses")
                .header("traceparent", "00-%s-b7ad6b7169203331-01".formatted(trace))
                .header("x-request-id", "mine-1")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue("{\"input\":\"hello\",\"background\":true}")
                .exchange()
                .expectBody()
                .returnResult()
                .getResponseHeaders();
        SpanData span = span(trace);
        assertThat(span.getName()).isEqualTo("POST /api/v1/responses");
        assertThat(span.getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(span.getTraceId()).isEqualTo(trace);
        assertThat(span.getParentSpanId()).isEqualTo("b7ad6b7169203331");
        assertThat(span.getAttributes().asMap())
                .containsEntry(AttributeKey.stringKey("http.request.method"), "POST")
                .containsEntry(AttributeKey.stringKey("http.route"), "/api/v1/responses")
                .containsEntry(AttributeKey.longKey("http.response.status_code"), 202L)
                .containsEntry(
                        AttributeKey.stringKey("gen_ai.response.id"),
                        harness.log.requests().getFirst().responseId());
        assertThat(String.valueOf(span.getAttributes().asMap())).doesNotContain(WebHarness.ACME, "hello");
        assertThat(headers.getFirst("x-request-id")).isEqualTo("mine-1");
        assertThat(headers.getFirst("x-trace-id")).isEqualTo(trace);
        assertThat(headers.getFirst("traceparent")).isEqualTo("00-%s-%s-01".formatted(trace, span.getSpanId()));
        assertThat(Span.fromContext(harness.log.traces().getFirst())
                        .getSpanContext()
                        .getSpanId())
                .isEqualTo(span.getSpanId());
    }

    @Test
    void aFailureMarksItsSpan() {
        harness.log.fail(Refusal.of(Code.SERVICE_UNAVAILABLE, "Nothing was accepted."));
        String trace = post("/responses", "{\"input\":\"hello\"}")
                .expectStatus()
                .isEqualTo(503)
                .returnResult(String.class)
                .getResponseHeaders()
                .getFirst("x-trace-id");
        SpanData span = span(trace);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(span.getAttributes().get(AttributeKey.stringKey("error.type")))
                .isEqualTo("service_unavailable");
    }

    @Test
    void aClientCanNotHaveItsTracesSampled() {
        String trace = "1af7651916cd43dd8448eb211c80319c";
        try (WebHarness untraced = WebHarness.start(Map.of("TRACE_SAMPLE_RATE", "0"))) {
            String answered = untraced.client(WebHarness.ACME)
                    .get()
                    .uri("/api/v1/models")
                    .header("traceparent", "00-%s-b7ad6b7169203331-01".formatted(trace))
                    .exchange()
                    .expectBody()
                    .returnResult()
                    .getResponseHeaders()
                    .getFirst("traceparent");
            assertThat(answered).matches("00-" + trace + "-[0-9a-f]{16}-00");
            assertThat(untraced.spans).isEmpty();
        }
    }

    @Test
    void anUnusableRequestIdIsReplaced() {
        String id = harness.client(WebHarness.ACME)
                .get()
                .uri("/api/v1/models")
                .header("x-request-id", "has blanks in it")
                .exchange()
                .expectBody()
                .returnResult()
                .getResponseHeaders()
                .getFirst("x-request-id");
        assertThat(id).matches("req_[0-9a-f]{32}");
    }

    @Test
    void prometheusHasTheRequestsByRouteAndStatus() {
        get("/responses/nonsense").expectStatus().isNotFound();
        String metrics = harness.anonymous()
                .get()
                .uri("/actuator/prometheus")
                .exchange()
                .expectStatus()
                .isOk()
                .expectBody(String.class)
                .returnResult()
                .getResponseBody();
        assertThat(metrics)
                .contains("voice_agent_http_requests_seconds_bucket")
                .containsPattern(
                        "voice_agent_http_requests_seconds_count\\{[^}]*route=\"/api/v1/responses/\\{id}\"[^}]*status=\"404\"")
                .contains("voice_agent_http_streams")
                .doesNotContain("nonsense");
        assertThat(harness.archive().find("http.server.duration_ms").summaries())
                .isNotEmpty();
    }

    @Test
    void healthNamesEachComponent() {
        JsonNode well = health(200);
        assertThat(well.get("status").stringValue()).isEqualTo("ok");
        harness.postgresUp.set(false);
        JsonNode degraded = health(200);
        assertThat(degraded.get("status").stringValue()).isEqualTo("degraded");
        assertThat(degraded.at("/components/postgres/status").stringValue()).isEqualTo("unavailable");
        harness.kafkaUp.set(false);
        JsonNode unavailable = health(503);
        assertThat(unavailable.get("status").stringValue()).isEqualTo("unavailable");
        assertThat(unavailable.at("/components/kafka/status").stringValue()).isEqualTo("unavailable");
        assertThat(harness.spans).noneMatch(span -> span.getName().contains("health"));
    }

    @Test
    void theDefaultModelIsListed() {
        get("/models")
                .expectStatus()
                .isOk()
                .expectBody()
                .jsonPath("$.data[0].id")
                .isEqualTo(WebHarness.MODEL);
        get("/models/" + WebHarness.MODEL).expectStatus().isOk();
        assertError(get("/models/other"), 404, "model_not_found", "model");
    }

    /** The request's span, which ends a moment after the client has its answer. */
    private static SpanData span(String trace) {
        return await().until(
                        () -> harness.spans.stream()
                                .filter(span -> span.getTraceId().equals(trace))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static JsonNode health(int status) {
        return Json.tree(harness.anonymous()
                .get()
                .uri("/api/v1/health")
                .exchange()
                .expectStatus()
                .isEqualTo(status)
                .expectBody(String.class)
                .returnResult()
                .getResponseBody());
    }
}
