package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;

/** Scopes, exchange of keys, other origins, and the headers that every answer has. */
class SecurityTest {
    private static final String READER = "reader-key-0123456789";
    private static final String WRITER = "writer-key-0123456789";
    private static final String ADMIN = "admin-key-0123456789";
    private static final String ORIGIN = "https://app.example.com";
    private static final String BODY = "{\"input\":\"hello\",\"background\":true}";

    @TempDir
    static Path directory;

    private static Path file;
    /** Ends with the process: the threads of all servers of a process are the same, and end with the first of them. */
    private static WebHarness harness;

    @BeforeAll
    static void start() throws Exception {
        file = directory.resolve("keys");
        Files.writeString(
                file, line("acme", READER, ":read") + line("acme", WRITER, ":submit") + line("acme", ADMIN, ":admin"));
        harness = WebHarness.start(Map.of("API_KEYS_FILE", file.toString(), "CORS_ORIGINS", ORIGIN));
    }

    private static String line(String tenant, String key, String scopes) throws Exception {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        return "%s:sha256:%s%s\n".formatted(tenant, HexFormat.of().formatHex(hash), scopes);
    }

    private static WebTestClient.ResponseSpec submit(String key) {
        return harness.client(key)
                .post()
                .uri("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .bodyValue(BODY)
                .exchange();
    }

    private static WebTestClient.ResponseSpec models(String key) {
        return harness.client(key).get().uri("/api/v1/models").exchange();
    }

    @Test
    void aKeyMayDoWhatItsScopesSay() {
        submit(WebHarness.ACME).expectStatus().isEqualTo(202);
        submit(WRITER).expectStatus().isEqualTo(202);
        submit(ADMIN).expectStatus().isEqualTo(202);
        harness.log.requests().clear();
        assertThat(WebTest.assertError(submit(READER), 403, "insufficient_scope", "Authorization")
                        .get("message")
                        .stringValue())
                .contains("'submit'");
        assertThat(harness.log.requests()).isEmpty();
        models(READER).expectStatus().isOk();
        models(ADMIN).expectStatus().isOk();
        assertThat(WebTest.assertError(models(WRITER), 403, "insufficient_scope", "Authorization")
                        .get("message")
                        .stringValue())
                .contains("'read'");
    }

    @Test
    void keysAreExchangedWithoutARestart() throws Exception {
        String before = Files.readString(file);
        String fresh = "fresh-key-0123456789";
        models(fresh).expectStatus().isUnauthorized();
        Files.writeString(file, before + line("acme", fresh, ""));
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> models(fresh).expectStatus().isOk());
        Files.writeString(file, before);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> models(fresh).expectStatus().isUnauthorized());
    }

    @Test
    void aPageOfAnAllowedOriginMayAskAndOthersMayNot() {
        var preflight = preflight(ORIGIN);
        preflight.expectStatus().isOk();
        preflight.expectHeader().valueEquals("Access-Control-Allow-Origin", ORIGIN);
        preflight.expectHeader().valueEquals("Access-Control-Allow-Headers", "authorization, content-type");
        var asked = harness.client(READER)
                .get()
                .uri("/api/v1/models")
                .header("Origin", ORIGIN)
                .exchange();
        asked.expectStatus().isOk().expectHeader().valueEquals("Access-Control-Allow-Origin", ORIGIN);
        // Also a refusal must be readable for the page
        harness.client("wrong-key-0123456789")
                .get()
                .uri("/api/v1/models")
                .header("Origin", ORIGIN)
                .exchange()
                .expectStatus()
                .isUnauthorized()
                .expectHeader()
                .valueEquals("Access-Control-Allow-Origin", ORIGIN);
        for (String other : List.of("https://evil.example.com", "http://app.example.com", "null")) {
            WebTest.assertError(preflight(other), 403, "origin_not_allowed", "Origin");
        }
    }

    private static WebTestClient.ResponseSpec preflight(String origin) {
        return harness.anonymous()
                .options()
                .uri("/api/v1/responses")
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization, content-type")
                .exchange();
    }

    @Test
    void everyAnswerHasTheHeadersThatBrowsersObey() {
        for (var answer : List.of(
                submit(ADMIN),
                submit("wrong-key-0123456789"),
                harness.anonymous().get().uri("/api/v1/health").exchange(),
                harness.client(READER).get().uri("/api/v1/nothing").exchange())) {
            answer.expectHeader()
                    .valueEquals("X-Content-Type-Options", "nosniff")
                    .expectHeader()
                    .valueEquals("X-Frame-Options", "DENY")
                    .expectHeader()
                    .valueEquals("Referrer-Policy", "no-referrer")
                    .expectHeader()
                    .valueEquals("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
                    .expectHeader()
                    .valueMatches("Cache-Control", ".*no-store.*")
                    .expectHeader()
                    .doesNotExist("Strict-Transport-Security")
                    .expectHeader()
                    .doesNotExist("Set-Cookie");
        }
    }

    @Test
    void whatIsOpenStaysOpenWhateverKeyIsSent() {
        for (String path : List.of(
                "/api/v1/health",
                "/actuator/health",
                "/actuator/health/liveness",
                "/actuator/prometheus",
                "/docs/openapi.json")) {
            harness.anonymous().get().uri(path).exchange().expectStatus().isOk();
            harness.client("wrong-key-0123456789")
                    .get()
                    .uri(path)
                    .exchange()
                    .expectStatus()
                    .isOk();
        }
        for (String path : List.of("/actuator", "/actuator/env", "/actuator/heapdump", "/", "/api/v1")) {
            harness.anonymous().get().uri(path).exchange().expectStatus().isUnauthorized();
        }
        harness.anonymous()
                .method(HttpMethod.HEAD)
                .uri("/api/v1/models")
                .exchange()
                .expectStatus()
                .isUnauthorized();
    }
}
