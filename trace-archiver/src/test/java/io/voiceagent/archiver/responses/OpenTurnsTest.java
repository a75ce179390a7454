package io.voiceagent.archiver.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.archiver.ingest.DeadLetters;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

class OpenTurnsTest {

    private static final ArchiveLimits LIMITS =
            new ArchiveLimits(1 << 20, Duration.ofSeconds(60), Duration.ofSeconds(100), Duration.ofSeconds(1_000));

    private final List<ConsumerRecord<byte[], byte[]>> steps = new ArrayList<>();
    private final List<ConsumerRecord<byte[], byte[]>> stream = new ArrayList<>();

    /**
     * However the two logs interleave, and however often the archiver loses its memory and begins again at the positions that it
     * has stored, every turn is stored, as the fold has it, and in the end nothing is open.
     */
    @Property(tries = 300)
    void everyTurnIsFoldedWholeWhateverIsLostInBetween(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int count, @ForAll @IntRange(max = 20) int crashes) {
        steps.clear(); // all tries share one instance
        stream.clear();
        Random random = new Random(seed);
        List<SampleTurn> turns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            turns.add(new SampleTurn(0, random.nextLong()));
        }
        merge(turns, random);
        Map<String, FinishedResponse> stored = new HashMap<>();
        long stepsFrom = 0;
        long streamFrom = 0;
        int left = crashes;
        OpenTurns open = new OpenTurns(LIMITS, stepsFrom, streamFrom);
        int step = 0;
        int frame = 0;
        while (step < steps.size() || frame < stream.size()) {
            for (int run = random.nextInt(8); run > 0 && step < steps.size(); run--) {
                open.step(steps.get(step++));
            }
            for (int run = random.nextInt(12); run > 0 && frame < stream.size(); run--) {
                open.frame(stream.get(frame++));
            }
            if (left > 0 && random.nextInt(4) == 0) {
                left--;
                step = (int) stepsFrom;
                frame = (int) streamFrom;
                open = new OpenTurns(LIMITS, stepsFrom, streamFrom);
                continue;
            }
            open.takeFinished().forEach(row -> {
                FinishedResponse before = stored.putIfAbsent(row.responseId(), row);
                if (before != null) {
                    assertThat(text(row.events())).isEqualTo(text(before.events()));
                }
            });
            assertThat(open.stepsPosition()).isBetween(stepsFrom, (long) step);
            assertThat(open.streamPosition()).isBetween(streamFrom, (long) frame);
            stepsFrom = open.stepsPosition();
            streamFrom = open.streamPosition();
        }

        for (SampleTurn turn : turns) {
            FinishedResponse row = stored.get(turn.id);
            assertThat(row).as(turn.id).isNotNull();
            assertThat(text(row.events())).isEqualTo(new String(turn.expectedEvents(), StandardCharsets.UTF_8));
            assertThat(row.body()).isEqualTo(turn.expectedBody());
        }
        assertThat(open.takeLetters()).isEmpty();
        // Late frames of turns that were finished before a loss of memory may be left, and are soon known as what they
        // are
        open.stepsReadUpTo(SampleTurn.SUBMITTED + 10_000_000);
        assertThat(open.expire().turns()).isZero();
        assertThat(open.size()).isZero();
        assertThat(open.bytes()).isZero();
        assertThat(open.stepsPosition()).isEqualTo(steps.size());
        assertThat(open.streamPosition()).isEqualTo(stream.size());
    }

    /** A long answer takes in memory a fraction of what it will say. */
    @Example
    void anOpenTurnIsKeptCompressed() {
        SampleTurn turn = new SampleTurn(0, 1, 4_000, true);
        OpenTurns open = new OpenTurns(LIMITS, 0, 0);
        turn.steps.subList(0, turn.steps.size() - 1).forEach(step -> open.step(record(steps, step)));
        turn.frames.forEach(frame -> open.frame(record(stream, frame)));

        long said = turn.expectedEvents().length;
        assertThat(said).isGreaterThan(1_000_000);
        assertThat(open.bytes()).isLessThan(said / 3);
        open.step(record(steps, turn.steps.getLast()));
        assertThat(text(open.takeFinished().getFirst().events()))
                .isEqualTo(new String(turn.expectedEvents(), StandardCharsets.UTF_8));
    }

    @Example
    void aTurnThatIsLetGoTakesNoMemoryAndKeepsItsPlace() {
        SampleTurn turn = new SampleTurn(0, 1);
        OpenTurns open = new OpenTurns(LIMITS, 0, 0);
        open.step(record(steps, turn.steps.getFirst()));
        open.frame(record(stream, turn.frames.getFirst()));
        open.largest().letGo();
        turn.steps.stream().skip(1).forEach(step -> open.step(record(steps, step)));
        turn.frames.stream().skip(1).forEach(frame -> open.frame(record(stream, frame)));

        assertThat(open.bytes()).isZero();
        assertThat(open.largest()).isNull();
        assertThat(open.takeFinished()).isEmpty();
        assertThat(open.stepsPosition()).isZero();
        assertThat(open.streamPosition()).isZero();
        assertThat(open.toReadAgain()).hasSize(1);
    }

    @Example
    void framesWithoutATurnAreDroppedByAge() {
        SampleTurn turn = new SampleTurn(0, 1);
        OpenTurns open = new OpenTurns(LIMITS, 10, 0);
        turn.frames.forEach(frame -> open.frame(record(stream, frame)));
        long last = stream.getLast().timestamp();

        open.stepsReadUpTo(last + 30_000);
        assertThat(open.expire()).isEqualTo(new OpenTurns.Expired(0, 0));
        assertThat(open.streamPosition()).isZero();
        assertThat(open.bytes()).isPositive();

        open.stepsReadUpTo(last + 61_000);
        assertThat(open.expire()).isEqualTo(new OpenTurns.Expired(1, 0));
        assertThat(open.streamPosition()).isEqualTo(turn.frames.size());
        assertThat(open.bytes()).isZero();
    }

    @Example
    void aTurnWhoseFramesAreMissingIsGivenUpInTheEnd() {
        SampleTurn turn = new SampleTurn(0, 1);
        OpenTurns open = new OpenTurns(LIMITS, 0, 0);
        turn.steps.forEach(step -> open.step(record(steps, step)));
        long last = steps.getLast().timestamp();

        open.stepsReadUpTo(last + 10_000_000);
        open.streamReadUpTo(last + 99_000);
        assertThat(open.expire()).isEqualTo(new OpenTurns.Expired(0, 0));
        assertThat(open.stepsPosition()).isZero();

        open.streamReadUpTo(last + 101_000);
        assertThat(open.expire()).isEqualTo(new OpenTurns.Expired(0, 1));
        assertThat(open.stepsPosition()).isEqualTo(turn.steps.size());
        assertThat(open.takeFinished()).isEmpty();
    }

    @Example
    void aTurnWithoutAnEndIsGivenUpInTheEnd() {
        SampleTurn turn = new SampleTurn(0, 1);
        OpenTurns open = new OpenTurns(LIMITS, 0, 0);
        open.step(record(steps, turn.steps.getFirst()));

        open.stepsReadUpTo(steps.getFirst().timestamp() + 999_000);
        assertThat(open.expire().turns()).isZero();
        open.stepsReadUpTo(steps.getFirst().timestamp() + 1_001_000);
        assertThat(open.expire().turns()).isEqualTo(1);
    }

    @Example
    void whatTheClientDoesNotWantStoredIsNotKept() {
        SampleTurn turn = new SampleTurn(0, 1, 3, false);
        OpenTurns open = new OpenTurns(LIMITS, 0, 0);
        turn.frames.subList(0, 2).forEach(frame -> open.frame(record(stream, frame)));
        turn.steps.forEach(step -> open.step(record(steps, step)));
        turn.frames.subList(2, turn.frames.size()).forEach(frame -> open.frame(record(stream, frame)));

        assertThat(open.takeFinished()).isEmpty();
        assertThat(open.size()).isZero();
        assertThat(open.streamPosition()).isEqualTo(turn.frames.size());
    }

    @Example
    void anUnreadableFrameIsPassedOverAndAnUnreadableStepCostsItsTurnAlone() {
        SampleTurn spoilt = new SampleTurn(0, 1);
        SampleTurn lost = new SampleTurn(0, 3);
        SampleTurn whole = new SampleTurn(0, 2);
        OpenTurns open = new OpenTurns(LIMITS, 0, 0);
        whole.steps.forEach(step -> open.step(record(steps, step)));
        spoilt.steps.forEach(step -> open.step(record(steps, step)));
        open.step(record(steps, lost.steps.getFirst()));
        open.step(add(steps, lost.id, "{nonsense".getBytes(StandardCharsets.UTF_8)));
        lost.steps.stream().skip(1).forEach(step -> open.step(record(steps, step)));
        lost.frames.forEach(frame -> open.frame(record(stream, frame)));
        open.frame(record(stream, spoilt.frames.getFirst()));
        open.frame(add(stream, spoilt.id, "{nonsense".getBytes(StandardCharsets.UTF_8)));
        open.frame(add(stream, null, null));
        spoilt.frames.subList(1, spoilt.frames.size()).forEach(frame -> open.frame(record(stream, frame)));
        whole.frames.forEach(frame -> open.frame(record(stream, frame)));

        assertThat(open.takeFinished()).extracting(FinishedResponse::responseId).containsExactly(spoilt.id, whole.id);
        assertThat(open.takeLetters())
                .extracting(OpenTurnsTest::reason)
                .satisfiesExactly(
                        step -> assertThat(step)
                                .contains("not a readable StepEvent")
                                .contains(lost.id),
                        frame -> assertThat(frame)
                                .contains("not a readable Frame")
                                .doesNotContain(spoilt.id),
                        empty -> assertThat(empty).isEqualTo("the record has no value"));
        assertThat(open.size()).isZero();
    }

    private static String reason(DeadLetters.Letter letter) {
        return letter.reason();
    }

    private void merge(List<SampleTurn> turns, Random random) {
        List<List<?>> logs = new ArrayList<>();
        turns.forEach(turn -> {
            logs.add(new ArrayList<>(turn.steps));
            logs.add(new ArrayList<>(turn.frames));
        });
        while (!logs.isEmpty()) {
            List<?> log = logs.get(random.nextInt(logs.size()));
            switch (log.removeFirst()) {
                case StepEvent step -> record(steps, step);
                case Frame frame -> record(stream, frame);
                default -> throw new IllegalStateException();
            }
            logs.removeIf(List::isEmpty);
        }
    }

    private static ConsumerRecord<byte[], byte[]> record(List<ConsumerRecord<byte[], byte[]>> log, Object message) {
        String id = message instanceof Frame frame ? frame.ref().responseId() : ((StepEvent) message).responseId();
        return add(log, id, Json.write(message));
    }

    private static ConsumerRecord<byte[], byte[]> add(
            List<ConsumerRecord<byte[], byte[]>> log, String id, byte[] value) {
        RecordHeaders headers = new RecordHeaders();
        if (id != null) {
            headers.add(Headers.RESPONSE_ID, id.getBytes(StandardCharsets.UTF_8));
        }
        long offset = log.size();
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>(
                "log",
                0,
                offset,
                SampleTurn.SUBMITTED + offset,
                TimestampType.LOG_APPEND_TIME,
                0,
                value == null ? -1 : value.length,
                new byte[0],
                value,
                headers,
                Optional.empty());
        log.add(record);
        return record;
    }

    static String text(byte[] gzip) {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
