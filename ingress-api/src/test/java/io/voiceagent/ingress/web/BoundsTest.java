package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.security.ApiSecurity;
import io.voiceagent.ingress.security.ResponseIds;
import io.voiceagent.ingress.submit.Submissions;
import io.voiceagent.ingress.submit.spec.CreateRequestParser;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.springframework.http.MediaType;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What one process takes at once: bytes of bodies, and requests that wait for events. */
class BoundsTest {
    private static final int BOUND = 1_000;

    private final FakeRequestLog log = new FakeRequestLog();
    private final FakeResponses responses = new FakeResponses();

    private static MockServerHttpRequest request(String body) {
        return MockServerHttpRequest.post("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .body(body);
    }

    private static void assertOverloaded(Mono<?> answer) {
        assertThatThrownBy(answer::block)
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.code()).isEqualTo(Code.OVERLOADED));
    }

    @Test
    void theBytesOfOpenRequestsAreBoundedAndGivenBack() {
        Bodies bodies = new Bodies(BOUND);
        Sinks.One<String> open = Sinks.one();
        Disposable first =
                bodies.json(request("a".repeat(600)), body -> open.asMono()).subscribe();
        assertThat(bodies.open()).isEqualTo(600);

        assertOverloaded(bodies.json(request("a".repeat(600)), body -> Mono.just(body.length)));
        assertThat(bodies.json(request("a".repeat(300)), body -> Mono.just(body.length))
                        .block())
                .isEqualTo(300);
        assertThat(bodies.open()).isEqualTo(600);

        first.dispose();
        assertThat(bodies.open()).isZero();
        assertThatThrownBy(() -> bodies.json(request("a"), body -> Mono.error(new IllegalStateException("late")))
                        .block())
                .hasMessage("late");
        assertThat(bodies.open()).isZero();
    }

    @Test
    void requestsThatWaitForEventsAreBoundedBeforeAnythingIsAccepted() {
        ResponsesHandler handler = handler(1);
        Disposable waiting =
                handler.create(exchange("{\"input\":\"a\",\"stream\":true}")).subscribe();
        assertThat(log.requests()).hasSize(1);

        assertOverloaded(handler.create(exchange("{\"input\":\"b\",\"stream\":true}")));
        assertOverloaded(handler.create(exchange("{\"input\":\"b\"}")));
        assertThat(log.requests()).hasSize(1);
        handler.create(exchange("{\"input\":\"c\",\"background\":true}")).block();
        assertThat(log.requests()).hasSize(2);

        waiting.dispose();
        Disposable next = handler.create(exchange("{\"input\":\"d\"}")).subscribe();
        assertThat(log.requests()).hasSize(3);
        next.dispose();
    }

    @Test
    void aSubmissionThatNobodyDecidesIsNotWaitedForForEver() {
        MockServerWebExchange keyed = exchange(MockServerHttpRequest.post("/api/v1/responses")
                .contentType(MediaType.APPLICATION_JSON)
                .header("Idempotency-Key", "k")
                .body("{\"input\":\"a\",\"background\":true}"));
        assertThatThrownBy(handler(1).create(keyed)::block)
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.code()).isEqualTo(Code.SUBMISSION_UNKNOWN))
                .message()
                .doesNotContain("resp_");
        assertThat(log.requests()).hasSize(1);
        assertThat(responses.watched()).isZero();
    }

    private static MockServerWebExchange exchange(String body) {
        return exchange(request(body));
    }

    private static MockServerWebExchange exchange(MockServerHttpRequest request) {
        MockServerWebExchange exchange = MockServerWebExchange.from(request);
        exchange.getAttributes().put(ApiSecurity.TENANT, "acme");
        return exchange;
    }

    private ResponsesHandler handler(int followers) {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Submissions submissions = new Submissions(
                new Submissions.Options(
                        4, Duration.ofMinutes(10), Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofHours(1)),
                ResponseIds.parse("1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
                log,
                responses,
                InstantSource.system(),
                new SecureRandom());
        return new ResponsesHandler(
                new Bodies(),
                new CreateRequestParser(FakeCatalogue.of(), "m"),
                submissions,
                new EventStream(EventStream.HEARTBEAT, new RequestMetrics(registry, registry)),
                Duration.ofMinutes(10),
                followers);
    }
}
