package io.voiceagent.ingress.follow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;

/** What is kept in memory, and what goes when there is too much. */
class TurnsTest {
    private static final int BOUND = 1 << 20;
    private static final Duration MAX_AGE = Duration.ofMinutes(10);

    private final Instant start = Instant.now();
    private Instant now = start;
    private final Turns turns =
            new Turns(FollowOptions.of(MAX_AGE, BOUND, BOUND, Duration.ofSeconds(1)), () -> now, Schedulers.parallel());

    private static Request.Submit submit(int number, Instant at, int inputChars, int instructionChars) {
        byte[] signed = ResponseId.signedBytes(1, ResponseId.conversation(0, number), at, number);
        ResponseId id = ResponseId.parse(ResponseId.format(signed, new byte[ResponseId.MAC_BYTES]));
        ResponseSpec spec = ResponseSpec.inBackground(
                "m",
                List.of(new Item.Message(Item.Role.USER, "x".repeat(inputChars))),
                "y".repeat(instructionChars),
                List.of());
        return new Request.Submit(
                id.toString(), id.conversation(), "acme", at.toEpochMilli(), at.toEpochMilli() + 600_000, spec);
    }

    private TurnLog follow(int number, int inputChars, int instructionChars) {
        Request.Submit submit = submit(number, start.plusMillis(number), inputChars, instructionChars);
        return turns.follow(submit.responseId(), submit);
    }

    @Test
    void theInputOfATurnThatWaitsIsNotKept() {
        TurnLog turn = follow(1, 1 << 20, 10);

        assertThat(turn.json()).contains("\"status\":\"queued\"");
        assertThat(turn.weight()).isBetween(turn.json().length(), 4_000);
    }

    @Test
    void whatNobodyWaitsForGoesWhenThereIsTooMuchTheOldestFirst() {
        TurnLog awaited = follow(0, 10, BOUND / 4);
        Disposable waiting = awaited.whenEnded().subscribe();
        List<TurnLog> others = IntStream.rangeClosed(1, 20)
                .mapToObj(number -> follow(number, 10, BOUND / 10))
                .collect(Collectors.toCollection(ArrayList::new));
        assertThat(turns.crowded()).isTrue();
        assertThat(turns.runningBytes()).isGreaterThan(2 * BOUND);

        turns.sweep();

        assertThat(turns.runningBytes()).isLessThanOrEqualTo(BOUND);
        assertThat(turns.crowded()).isFalse();
        assertThat(turns.holds(awaited)).isTrue();
        assertThat(others.stream().map(turns::holds).toList())
                .startsWith(false)
                .endsWith(true)
                .isSorted();
        waiting.dispose();
        turns.sweep();
        assertThat(turns.holds(awaited)).isTrue();
    }

    @Test
    void whatIsOlderThanATurnMayGetGoesUnlessSomebodyWaits() {
        TurnLog left = follow(1, 10, 10);
        TurnLog awaited = follow(2, 10, 10);
        Disposable waiting = awaited.whenEnded().subscribe();
        now = start.plus(MAX_AGE).plus(Turns.MARGIN).plusSeconds(1);

        turns.sweep();

        assertThat(turns.holds(left)).isFalse();
        assertThat(turns.holds(awaited)).isTrue();
        waiting.dispose();
        turns.sweep();
        assertThat(turns.running()).isZero();
    }

    @Test
    void turnsThatEndedAreBoundedToo() {
        for (int number = 0; number < 100; number++) {
            turns.archived("resp_" + number, "acme", "z".repeat(BOUND / 10), List.of());
        }

        // Evicted a moment later, on another thread
        await().untilAsserted(() -> assertThat(IntStream.range(0, 100)
                        .filter(number -> turns.find("resp_" + number) != null)
                        .count())
                .isBetween(1L, 10L));
    }
}
