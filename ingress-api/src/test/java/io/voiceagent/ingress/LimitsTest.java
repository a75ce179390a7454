package io.voiceagent.ingress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.ingress.follow.TurnWriter;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.apache.kafka.clients.producer.Producer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The limits of a tenant, before a real broker; a turn ends when the test writes its steps. */
class LimitsTest {
    private static final String BODY = "{\"input\":\"hello\",\"background\":true}";
    private static final int TURNS = 3;
    private static final int REQUESTS = 1_000;

    @TempDir
    static Path directory;

    private static EmbeddedBroker broker;
    private static RunningIngress service;
    private static RequestsInLog log;
    private static Producer<String, byte[]> producer;

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(directory, 0);
        service = RunningIngress.start(
                        broker.bootstrapServers(),
                        "--MAX_RUNNING_TURNS_PER_TENANT=" + TURNS,
                        "--RATE_LIMIT_REQUESTS_PER_MINUTE=" + REQUESTS,
                        "--RATE_LIMIT_TOKENS_PER_MINUTE=1")
                .ready();
        KafkaSettings kafka = KafkaSettings.local(broker.bootstrapServers(), RunningIngress.PARTITIONS, 1);
        log = new RequestsInLog(kafka, "test-limits");
        producer = Producers.stage(kafka, "test-limits-writer");
    }

    @AfterAll
    static void stop() {
        producer.close();
        log.close();
        service.close();
        broker.close();
    }

    private static void assertRefused(HttpResponse<String> answer, String code) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(429);
        assertThat(RunningIngress.json(answer).at("/error/code").stringValue()).isEqualTo(code);
        assertThat(RunningIngress.json(answer).at("/error/type").stringValue()).isEqualTo("rate_limit_error");
        assertThat(Integer.parseInt(answer.headers().firstValue("Retry-After").orElseThrow()))
                .isBetween(1, 60);
    }

    private static HttpResponse<String> submit(String key) throws Exception {
        return service.send(service.request(key, "/responses").POST(BodyPublishers.ofString(BODY)));
    }

    @Test
    void asManyTurnsAndTokensAndRequestsAsMay() throws Exception {
        String first = service.submit();
        for (int i = 1; i < TURNS; i++) {
            service.submit();
        }
        long accepted = log.count();
        assertRefused(submit(RunningIngress.ACME), "too_many_turns");
        assertThat(log.count()).isEqualTo(accepted);
        assertThat(submit(RunningIngress.GLOBEX).statusCode()).isEqualTo(202);

        // The end of one makes room, but its tokens are more than the minute has
        new TurnWriter(producer, ResponseId.parse(first)).whole(2);
        await().untilAsserted(() -> assertRefused(submit(RunningIngress.ACME), "rate_limit_exceeded"));
        HttpResponse<String> poll = service.get("/responses/" + first);
        assertThat(poll.statusCode()).isEqualTo(200);
        assertThat(poll.headers().firstValue("x-ratelimit-limit-tokens")).hasValue("1");
        assertThat(poll.headers().firstValue("x-ratelimit-remaining-tokens")).hasValue("0");
        assertThat(poll.headers().firstValue("x-ratelimit-reset-tokens").orElseThrow())
                .matches("\\d+ms");
        assertThat(poll.headers().firstValue("x-ratelimit-limit-requests")).hasValue(Integer.toString(REQUESTS));

        int remaining = Integer.parseInt(
                poll.headers().firstValue("x-ratelimit-remaining-requests").orElseThrow());
        assertThat(remaining).isBetween(1, REQUESTS - 1);
        HttpResponse<String> last = poll;
        for (int i = 0; i < 3 * REQUESTS && last.statusCode() != 429; i++) {
            last = service.get("/models");
        }
        assertRefused(last, "rate_limit_exceeded");
        assertThat(last.headers().firstValue("x-ratelimit-remaining-requests")).hasValue("0");
        // Other tenants and what needs no key are not held up
        assertThat(service.send(service.request(RunningIngress.GLOBEX, "/models")
                                .GET())
                        .statusCode())
                .isEqualTo(200);
        assertThat(service.health()).isEqualTo(200);
        assertThat(service.send(service.anonymous("/actuator/prometheus").GET()).body())
                .contains("voice_agent_limit_refused_total{limit=\"turns\"}");
    }
}
