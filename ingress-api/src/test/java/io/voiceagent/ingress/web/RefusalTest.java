package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.voiceagent.ingress.follow.FollowingLostException;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.spec.Limits;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.publisher.Flux;

/** Every refusal: its status, its body, and that nothing reached the log. */
class RefusalTest extends WebTest {
    private static final String BODY = "{\"input\":\"hello\",\"background\":true}";

    static Stream<Arguments> bodies() {
        return Stream.of(
                arguments("", "invalid_json", null),
                arguments("{\"input\":", "invalid_json", null),
                arguments("{\"input\":\"a\",\"max_tokens\":5}", "unknown_parameter", "max_tokens"),
                arguments("{\"input\":\"a\",\"conversation\":7}", "invalid_type", "conversation"),
                arguments("{\"input\":7}", "invalid_type", "input"),
                arguments("{\"input\":\"a\",\"temperature\":\"hot\"}", "invalid_type", "temperature"),
                arguments("{\"input\":\"a\",\"temperature\":3}", "invalid_value", "temperature"),
                arguments("{\"model\":\"m\"}", "missing_required_parameter", "input"),
                arguments(
                        "{\"input\":\"a\",\"tools\":[{\"type\":\"web_search\"}]}",
                        "tool_not_available",
                        "tools[0].type"),
                arguments(
                        "{\"input\":\"a\",\"previous_response_id\":\"resp_1\"}",
                        "previous_response_not_found",
                        "previous_response_id"));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void aBadBodyIsA400(String body, String code, String param) {
        assertError(post("/responses", body), 400, code, param);
        assertNothingAccepted();
    }

    @Test
    void withoutAKeyNothingIsAnswered() {
        assertError(
                create(harness.anonymous(), MediaType.APPLICATION_JSON, BODY), 401, "invalid_api_key", "Authorization");
        assertError(
                harness.anonymous().get().uri("/api/v1/nothing").exchange(), 401, "invalid_api_key", "Authorization");
        assertError(harness.anonymous().get().uri("/").exchange(), 401, "invalid_api_key", "Authorization");
        assertNothingAccepted();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer wrong-key-0123456789",
                "Bearer acme-key-012345678",
                "Bearer acme-key-01234567890",
                "Bearer",
                "Bearer ",
                "Basic YWNtZTphY21lLWtleS0wMTIzNDU2Nzg5",
                "acme-key-0123456789"
            })
    void aWrongKeyIsA401ThatDoesNotRepeatIt(String authorization) {
        var answer = harness.anonymous()
                .post()
                .uri("/api/v1/responses")
                .header("Authorization", authorization)
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(BODY)
                .exchange();
        answer.expectHeader().valueMatches("WWW-Authenticate", "Bearer realm=.*");
        assertThat(assertError(answer, 401, "invalid_api_key", "Authorization")
                        .get("message")
                        .stringValue())
                .doesNotContain("0123456789");
        assertNothingAccepted();
    }

    @Test
    void anotherTenantsResponseIsExactlyAsUnknownAsAnInventedOne() {
        FakeResponses.Followed ours = submitted();
        harness.log.requests().clear();
        String invented = "resp_" + "0".repeat(48);
        var foreign = assertError(
                get(WebHarness.GLOBEX, "/responses/" + ours.id()), 404, "response_not_found", "response_id");
        var unknown =
                assertError(get(WebHarness.GLOBEX, "/responses/" + invented), 404, "response_not_found", "response_id");
        assertThat(foreign).isEqualTo(unknown);
        for (String path : List.of("/responses/" + ours.id() + "?stream=true", "/responses/nonsense")) {
            assertThat(assertError(get(WebHarness.GLOBEX, path), 404, "response_not_found", "response_id"))
                    .isEqualTo(unknown);
        }
        assertError(
                harness.client(WebHarness.GLOBEX)
                        .post()
                        .uri("/api/v1/responses/" + ours.id() + "/cancel")
                        .exchange(),
                404,
                "response_not_found",
                "response_id");
        assertError(
                create(
                        harness.client(WebHarness.GLOBEX),
                        MediaType.APPLICATION_JSON,
                        "{\"input\":\"a\",\"previous_response_id\":\"%s\"}".formatted(ours.id())),
                400,
                "previous_response_not_found",
                "previous_response_id");
        assertNothingAccepted();
    }

    @Test
    void aParentThatStillRunsIsRefused() {
        FakeResponses.Followed parent = submitted();
        harness.log.requests().clear();
        assertError(
                post("/responses", "{\"input\":\"a\",\"previous_response_id\":\"%s\"}".formatted(parent.id())),
                400,
                "previous_response_in_progress",
                "previous_response_id");
        assertNothingAccepted();
    }

    @Test
    void aBodyOverTheLimitIsA413HoweverItIsSent() {
        String tooLarge = "{\"input\":\"" + "a".repeat(Limits.BODY_BYTES) + "\"}";
        assertError(post("/responses", tooLarge), 413, "request_too_large", null);
        // Without a length: the limit is met while it is read
        var chunked = harness.client(WebHarness.ACME)
                .post()
                .uri("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .body(
                        Flux.fromStream(() ->
                                Stream.generate(() -> "a".repeat(64 << 10)).limit(200)),
                        String.class)
                .exchange();
        assertError(chunked, 413, "request_too_large", null);
        assertNothingAccepted();
    }

    @Test
    void aBodyThatIsNotJsonIsA415() {
        for (MediaType type : List.of(
                MediaType.TEXT_PLAIN,
                MediaType.APPLICATION_FORM_URLENCODED,
                MediaType.MULTIPART_FORM_DATA,
                MediaType.parseMediaType("application/json;charset=utf-16"))) {
            assertError(
                    create(harness.client(WebHarness.ACME), type, BODY), 415, "unsupported_media_type", "Content-Type");
        }
        assertError(
                create(
                        harness.client(WebHarness.ACME)
                                .mutate()
                                .defaultHeader("Content-Encoding", "gzip")
                                .build(),
                        MediaType.APPLICATION_JSON,
                        BODY),
                415,
                "unsupported_media_type",
                "Content-Encoding");
        assertNothingAccepted();
    }

    @Test
    void anIdempotencyKeyIsVisibleAsciiAndOne() {
        for (List<String> keys :
                List.of(List.of(""), List.of("a b"), List.of("a\u00e9"), List.of("k".repeat(256)), List.of("a", "b"))) {
            assertError(
                    create(
                            harness.client(WebHarness.ACME)
                                    .mutate()
                                    .defaultHeader("Idempotency-Key", keys.toArray(String[]::new))
                                    .build(),
                            MediaType.APPLICATION_JSON,
                            BODY),
                    400,
                    "invalid_value",
                    "Idempotency-Key");
        }
        assertNothingAccepted();
    }

    @Test
    void queryParametersThatAreNoneAreRefused() {
        assertError(post("/responses?background=true", BODY), 400, "unknown_parameter", "background");
        assertNothingAccepted();
    }

    @Test
    void whatThePathsDoNotHaveIsRefusedByName() {
        assertError(get("/nothing"), 404, "not_found", null);
        assertError(get("/responses/"), 404, "not_found", null);
        assertError(get("/health/../responses"), 400, "invalid_request", null);
        assertError(
                harness.client(WebHarness.ACME).get().uri("/api/v2/responses").exchange(), 404, "not_found", null);
        var wrongMethod = harness.client(WebHarness.ACME)
                .put()
                .uri("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(BODY)
                .exchange();
        wrongMethod.expectHeader().valueEquals("Allow", "POST, GET");
        assertError(wrongMethod, 405, "method_not_allowed", null);
        assertError(
                harness.client(WebHarness.ACME)
                        .method(HttpMethod.valueOf("BREW"))
                        .uri("/api/v1/responses")
                        .exchange(),
                405,
                "method_not_allowed",
                null);
        assertNothingAccepted();
    }

    static Stream<UnsupportedEndpoints.Endpoint> unsupported() {
        return UnsupportedEndpoints.ALL.stream();
    }

    @ParameterizedTest
    @MethodSource("unsupported")
    void anEndpointOfTheDialectThatIsNotHereIsRefusedByName(UnsupportedEndpoints.Endpoint endpoint) {
        String path = endpoint.path().replaceAll("\\{[a-z_]+}", "x_1");
        var answer = harness.client(WebHarness.ACME)
                .method(endpoint.method())
                .uri(path)
                .exchange();
        answer.expectHeader().valueEquals("x-should-retry", "false");
        assertThat(assertError(answer, 501, "unsupported_endpoint", null)
                        .get("message")
                        .stringValue())
                .contains(endpoint.method().name(), endpoint.path());
        assertNothingAccepted();
    }

    @Test
    void anUnknownOutcomeIsA503ThatClientLibrariesDoNotRepeat() {
        harness.log.fail(Refusal.of(Code.SUBMISSION_UNKNOWN, "The outcome is not known."));
        var answer = post("/responses", BODY);
        answer.expectHeader().valueEquals("Retry-After", "2").expectHeader().valueEquals("x-should-retry", "false");
        assertError(answer, 503, "submission_unknown", null);
        harness.log.fail(Refusal.of(Code.SERVICE_UNAVAILABLE, "Nothing was accepted."));
        var away = post("/responses", BODY);
        away.expectHeader().valueEquals("Retry-After", "2").expectHeader().doesNotExist("x-should-retry");
        assertError(away, 503, "service_unavailable", null);
        assertThat(harness.responses.isEmpty()).isTrue();
    }

    @Test
    void whereASourceIsAwayNobodyGuesses() {
        FakeResponses.Followed response = submitted();
        harness.responses.away("postgres");
        var answer = get("/responses/" + response.id());
        answer.expectHeader().valueEquals("Retry-After", "2");
        assertThat(assertError(answer, 503, "service_unavailable", null)
                        .get("message")
                        .stringValue())
                .contains("postgres");
    }

    @Test
    void aDefectTellsTheRequestIdAndNothingElse() {
        onSubmit(response -> response.lose(new IllegalStateException("secret detail")));
        var answer = post("/responses", "{\"input\":\"a\"}");
        assertThat(assertError(answer, 500, "internal_error", null)
                        .get("message")
                        .stringValue())
                .doesNotContain("secret")
                .contains("req_");
    }

    @Test
    void anAcceptedTurnIsNotHiddenWhenItCannotBeFollowedAnyMore() {
        for (String more : List.of("", ",\"stream\":true")) {
            onSubmit(response -> response.lose(new FollowingLostException("shutting down")));
            var answer = post("/responses", "{\"input\":\"a\"%s}".formatted(more));
            String id = harness.log.requests().getLast().responseId();
            answer.expectHeader().valueEquals("Location", "/api/v1/responses/" + id);
            // A client library that sent it again would have it run twice
            answer.expectHeader().valueEquals("x-should-retry", "false");
            assertThat(assertError(answer, 503, "following_lost", null)
                            .get("message")
                            .stringValue())
                    .contains(id);
        }
    }

    private static WebTestClient.ResponseSpec create(WebTestClient client, MediaType type, String body) {
        return client.post()
                .uri("/api/v1/responses")
                .contentType(type)
                .bodyValue(body)
                .exchange();
    }

    private static void assertNothingAccepted() {
        assertThat(harness.log.requests()).isEmpty();
    }
}
