package io.voiceagent.ingress.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Usage;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The outbox in a real database: what holds when its users die, are replaced, or are several. */
class OutboxTest {
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    @TempDir
    static Path directory;

    private static EmbeddedPostgresServer postgres;
    private static HikariDataSource pool;
    private static Outbox outbox;

    private String topic = "";
    private Endpoint endpoint = endpoint(0);

    @BeforeAll
    static void start() {
        postgres = EmbeddedPostgresServer.start(directory, 0);
        pool = new HikariDataSource();
        pool.setJdbcUrl(postgres.jdbcUrl());
        pool.setUsername(postgres.user());
        pool.setPassword(postgres.password());
        pool.setMaximumPoolSize(8);
        outbox = new Outbox(pool);
        outbox.migrate();
    }

    @AfterAll
    static void stop() throws Exception {
        pool.close();
        postgres.close();
    }

    @BeforeEach
    void anew() {
        int number = NUMBERS.incrementAndGet();
        topic = "topic-" + number;
        endpoint = endpoint(number);
        outbox.createPosition(topic, 0, 10);
    }

    @Test
    void aReaderThatWasReplacedStoresNothing() {
        append(10, 11, delivery());
        Delivery late = delivery();
        assertThatThrownBy(() -> append(10, 12, late)).isInstanceOf(PositionLostException.class);
        assertThat(outbox.positions(topic)).containsExactly(Map.entry(0, 11L));
        assertThat(claim(10)).hasSize(1).noneMatch(claimed -> claimed.id().equals(late.id()));
    }

    @Test
    void anEndThatIsReadTwiceIsOneDelivery() {
        Delivery delivery = delivery();
        append(10, 11, delivery);
        append(11, 12, delivery);
        assertThat(claim(10)).extracting(Outbox.Claimed::id).containsExactly(delivery.id());
    }

    @Test
    void severalSendersShareWhatIsDueAndNoneHasTheSame() {
        append(10, 50, IntStream.range(0, 40).mapToObj(i -> delivery()).toArray(Delivery[]::new));
        List<String> claimed = IntStream.range(0, 20)
                .parallel()
                .mapToObj(i -> claim(2))
                .flatMap(List::stream)
                .map(Outbox.Claimed::id)
                .toList();
        assertThat(claimed).hasSize(40).doesNotHaveDuplicates();
        assertThat(claim(10)).isEmpty();
    }

    @Test
    void aClaimOfADeadSenderRunsOutAndALateAnswerOfItChangesNoPause() {
        append(10, 11, delivery());
        Outbox.Claimed dead = claim(1).getFirst();
        assertThat(claim(1)).isEmpty();
        sql("UPDATE webhooks.deliveries SET next_attempt_at = now() WHERE id = ?", dead.id());
        Outbox.Claimed second = claim(1).getFirst();
        assertThat(second.attempts()).isEqualTo(2);
        outbox.retry(dead, Duration.ZERO, 500, "late");
        assertThat(claim(1)).isEmpty();
        outbox.delivered(second, 200);
        outbox.giveUp(dead, 500, "later still");
        assertThat(entry().state()).isEqualTo("delivered");
    }

    @Test
    void aPauseIsKeptAndANewAttemptCounted() {
        append(10, 11, delivery());
        outbox.retry(claim(1).getFirst(), Duration.ofHours(1), 503, "the answer was 503");
        assertThat(claim(1)).isEmpty();
        assertThat(entry().nextAttemptAt()).isAfter(Instant.now().plusSeconds(3_000));
        outbox.retry(claimedAfresh(), Duration.ZERO, null, "no answer");
        assertThat(claim(1).getFirst().attempts()).isEqualTo(3);
    }

    @Test
    void aDisabledEndpointGetsNothingUntilItsEntryChanges() {
        append(10, 11, delivery());
        outbox.disable(endpoint, "gone");
        assertThat(entry().state()).isEqualTo("given_up");
        append(11, 12, delivery());
        assertThat(claim(10)).isEmpty();
        Secret other = Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        endpoint = new Endpoint(endpoint.tenant(), endpoint.url(), List.of(other), endpoint.events());
        append(12, 13, delivery());
        assertThat(claim(10)).hasSize(1);
    }

    @Test
    void whatNobodyHasAnEndpointForIsGivenUpAfterThreeDaysAndForgottenAfterThirty() {
        append(10, 12, delivery(), delivery());
        sql(
                "UPDATE webhooks.deliveries SET created_at = now() - interval '4 days' WHERE id = ?",
                outbox.entries(endpoint.tenant(), 1, Long.MAX_VALUE).getFirst().id());
        outbox.sweep();
        assertThat(entry().state()).isEqualTo("given_up");
        assertThat(claim(10)).hasSize(1);
        sql("UPDATE webhooks.deliveries SET ended_at = now() - interval '31 days' WHERE id = ?", entry().id());
        outbox.sweep();
        assertThat(outbox.entries(endpoint.tenant(), 10, Long.MAX_VALUE)).hasSize(1);
    }

    private Outbox.Claimed claimedAfresh() {
        sql("UPDATE webhooks.deliveries SET next_attempt_at = now() WHERE endpoint = ?", endpoint.id());
        return claim(1).getFirst();
    }

    private List<Outbox.Claimed> claim(int room) {
        return outbox.claim(Map.of(endpoint.id(), room));
    }

    private DeliveryLog.Entry entry() {
        return outbox.entries(endpoint.tenant(), 1, Long.MAX_VALUE).getFirst();
    }

    private void append(long expected, long next, Delivery... deliveries) {
        outbox.append(topic, List.of(new Outbox.Move(0, expected, next)), List.of(deliveries));
    }

    private Delivery delivery() {
        byte[] signed = ResponseId.signedBytes(
                1,
                ResponseId.conversation(0, ThreadLocalRandom.current().nextLong()),
                Instant.now(),
                NUMBERS.incrementAndGet());
        String id = ResponseId.format(signed, new byte[ResponseId.MAC_BYTES]);
        return Delivery.of(
                new StepEvent.Ended(
                        id,
                        ResponseId.parse(id).conversation(),
                        1_000,
                        StepEvent.Status.COMPLETED,
                        null,
                        null,
                        Usage.NONE),
                endpoint);
    }

    private static Endpoint endpoint(int number) {
        return EndpointsFile.parse(
                        "{\"tenant-%d\":[{\"url\":\"https://a.example\",\"secret\":\"whsec_%s\"}]}"
                                .formatted(number, "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
                        false)
                .all()
                .iterator()
                .next();
    }

    private static void sql(String statement, Object... values) {
        assertThat(JdbcClient.create(pool).sql(statement).params(values).update())
                .isPositive();
    }
}
