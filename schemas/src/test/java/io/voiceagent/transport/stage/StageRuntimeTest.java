package io.voiceagent.transport.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.TurnError;
import io.voiceagent.transport.KafkaBroker;
import io.voiceagent.transport.TopicSpecs;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The stage against a real broker: what an orchestrator sees of it. */
@ExtendWith(KafkaBroker.class)
class StageRuntimeTest {
    private static final Duration LEASE = Duration.ofSeconds(5);
    private static final CallOutput OUTPUT = new CallOutput.Tool("42", null);
    private static Telemetry telemetry;
    private static StageClient client;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private StageRuntime stage;

    @BeforeAll
    static void connect() {
        telemetry = Telemetry.start(
                TelemetryOptions.from(Variables.of(Map.of()), "test-stage", "0", KafkaBroker.settings()));
        client = new StageClient(KafkaBroker.settings(), Stage.TOOL);
    }

    @AfterAll
    static void disconnect() throws Exception {
        client.close();
        telemetry.close();
    }

    @AfterEach
    void closeStage() {
        if (stage != null) {
            stage.close();
        }
    }

    private String start(int slots, CallHandler handler) {
        return start(slots, Duration.ofSeconds(5), handler);
    }

    private String start(int slots, Duration drainGrace, CallHandler handler) {
        StageOptions options = new StageOptions(
                Stage.TOOL,
                KafkaBroker.settings(),
                slots,
                "1.0",
                () -> Map.of("calculator", "hash"),
                Duration.ofMillis(200),
                LEASE,
                Duration.ofMillis(500),
                drainGrace);
        stage = StageRuntime.start(options, handler, telemetry, meters);
        await().atMost(Duration.ofSeconds(15)).until(stage::living);
        return stage.incarnation();
    }

    @Test
    void streamsFramesAndThenReportsHowMany() {
        String owner = start(4, call -> {
            for (int i = 0; i < 100; i++) {
                call.frames().write(new Frame.Text(i + " "));
            }
            return new Outcome.Completed(OUTPUT);
        });
        CallRef ref = StageClient.newRef();

        Call.Tool call = client.call(owner, ref);

        CallResult.Completed result = (CallResult.Completed) client.result(ref, 0);
        assertThat(result.output()).isEqualTo(OUTPUT);
        assertThat(result.conversation()).isEqualTo(call.conversation());
        assertThat(result.incarnation()).isEqualTo(owner);
        await().until(() -> client.frames(ref).size() == result.frames());
        assertThat(client.frames(ref).getFirst()).isEqualTo(new Frame.Opened(ref, call.conversation(), owner));
        for (int i = 1; i < result.frames(); i++) {
            assertThat(((Frame.Deltas) client.frames(ref).get(i)).index()).isEqualTo(i);
        }
        assertThat(((Frame.Deltas) client.frames(ref).get(1)).deltas()).hasSize(1);
        assertThat(client.text(ref)).startsWith("0 1 2 ").endsWith("98 99 ");
        await().until(() -> stage.held() == 0);
    }

    @Test
    void takesNoCallOfADecisionThatIsRolledBack() {
        AtomicInteger runs = new AtomicInteger();
        String owner = start(4, call -> {
            runs.incrementAndGet();
            return new Outcome.Completed(OUTPUT);
        });
        Call.Tool rolledBack = client.callAndRollBack(owner, StageClient.newRef());
        CallRef next = StageClient.newRef();
        client.call(owner, next);

        assertThat(client.result(next, 0)).isInstanceOf(CallResult.Completed.class);
        assertThat(runs).hasValue(1);
        client.stop(rolledBack);
        assertThat(client.result(rolledBack.ref(), 0)).isInstanceOf(CallResult.NeverStarted.class);
    }

    @Test
    void announcesWhereItReadsAndWhatItHolds() {
        Semaphore release = new Semaphore(0);
        String owner = start(4, call -> {
            release.acquire();
            return new Outcome.Completed(OUTPUT);
        });
        long before = client.announcement(owner).position();
        CallRef ref = StageClient.newRef();

        client.call(owner, ref);

        await().until(() -> client.announcement(owner).held().equals(List.of(ref.toString())));
        assertThat(client.announcement(owner).position()).isGreaterThan(before);
        assertThat(client.announcement(owner).free()).isEqualTo(3);
        assertThat(client.announcement(owner).tools()).isEqualTo(Map.of("calculator", "hash"));
        release.release();
        client.result(ref, 0);
        await().until(() -> client.announcement(owner).held().isEmpty());
    }

    @Test
    void passesOverCallsOfOthers() {
        AtomicInteger runs = new AtomicInteger();
        String owner = start(4, call -> {
            runs.incrementAndGet();
            return new Outcome.Completed(OUTPUT);
        });
        CallRef theirs = StageClient.newRef();
        CallRef ours = StageClient.newRef();
        Call.Tool call = new Call.Tool(
                theirs,
                StageClient.newConversation(),
                "acme",
                "ffffffffffffffff",
                Long.MAX_VALUE / 2,
                "c",
                "calculator",
                "hash",
                "{}");
        client.giveRaw(owner, io.voiceagent.messages.Json.text(call));
        client.call(owner, ours);

        client.result(ours, 0);

        assertThat(client.results(theirs)).isEmpty();
        assertThat(runs).hasValue(1);
    }

    @Test
    void stopsARunningCallAndSaysHowFarItCame() throws Exception {
        CountDownLatch wrote = new CountDownLatch(1);
        AtomicBoolean streamClosed = new AtomicBoolean();
        String owner = start(4, call -> {
            call.onStop(() -> streamClosed.set(true));
            call.frames().write(new Frame.Text("a"));
            wrote.countDown();
            Thread.sleep(Duration.ofMinutes(1));
            return new Outcome.Completed(OUTPUT);
        });
        CallRef ref = StageClient.newRef();
        Call.Tool call = client.call(owner, ref);
        wrote.await(10, TimeUnit.SECONDS);

        client.stop(call);

        CallResult.Stopped result = (CallResult.Stopped) client.result(ref, 0);
        assertThat(result.frames()).isEqualTo(2);
        await().untilTrue(streamClosed);
        assertThat(client.frames(ref)).hasSize(2);
    }

    @Test
    void reportsAStoppedCallWhoseHandlerDoesNotListen() {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean refused = new AtomicBoolean();
        String owner = start(4, call -> {
            begun.countDown();
            while (true) {
                try {
                    end.await();
                    break;
                } catch (InterruptedException e) {
                    // Deaf on purpose
                }
            }
            try {
                call.frames().write(new Frame.Text("late"));
            } catch (CallStoppedException e) {
                refused.set(true);
            }
            return new Outcome.Completed(OUTPUT);
        });
        CallRef ref = StageClient.newRef();
        Call.Tool call = client.call(owner, ref);
        await().until(() -> begun.getCount() == 0);

        client.stop(call);

        assertThat(client.result(ref, 0)).isInstanceOf(CallResult.Stopped.class);
        end.countDown();
        await().untilTrue(refused);
        assertThat(client.results(ref)).hasSize(1);
        assertThat(client.frames(ref)).hasSize(1);
    }

    @Test
    void answersAStopOfWhatNeverCameAndTellsAResultAgain() {
        AtomicInteger runs = new AtomicInteger();
        String owner = start(4, call -> {
            runs.incrementAndGet();
            return new Outcome.Failed(new TurnError(ErrorCodes.TOOL_FAILED, "no"), true, 7);
        });
        Call.Tool never = new Call.Tool(
                StageClient.newRef(),
                StageClient.newConversation(),
                "acme",
                owner,
                Long.MAX_VALUE / 2,
                "c",
                "calculator",
                "hash",
                "{}");
        client.stop(never);
        assertThat(client.result(never.ref(), 0)).isInstanceOf(CallResult.NeverStarted.class);

        CallRef ref = StageClient.newRef();
        Call.Tool call = client.call(owner, ref);
        CallResult first = client.result(ref, 0);
        await().until(() -> stage.held() == 0);
        client.stop(call);
        assertThat(client.result(ref, 1)).isEqualTo(first);
        // The same attempt once more: it ran, so it is not run again
        client.give(call, io.opentelemetry.context.Context.root());
        assertThat(client.result(ref, 2)).isEqualTo(first);
        assertThat(runs).hasValue(1);
    }

    @Test
    void isBusyWhenFullAndRefusesWhatIsTooLate() {
        Semaphore release = new Semaphore(0);
        String owner = start(1, call -> {
            release.acquire();
            return new Outcome.Completed(OUTPUT);
        });
        CallRef first = StageClient.newRef();
        CallRef second = StageClient.newRef();
        CallRef late = StageClient.newRef();
        client.call(owner, first);
        Call.Tool refused = client.call(owner, second);
        client.call(owner, late, System.currentTimeMillis() - 60_000);

        assertThat(client.result(second, 0)).isInstanceOf(CallResult.Busy.class);
        assertThat(client.result(late, 0)).isInstanceOf(CallResult.NeverStarted.class);
        release.release(2);
        client.result(first, 0);
        await().until(() -> stage.held() == 0);
        // The same record once more: by now the call may be with another worker
        client.give(refused, io.opentelemetry.context.Context.root());
        assertThat(client.result(second, 1)).isInstanceOf(CallResult.NeverStarted.class);
        client.call(owner, second.next());
        assertThat(client.result(second.next(), 0)).isInstanceOf(CallResult.Completed.class);
    }

    @Test
    void reportsADefectOfTheHandler() {
        String owner = start(1, call -> {
            throw new IllegalStateException("secret");
        });
        CallRef ref = StageClient.newRef();
        client.call(owner, ref);

        CallResult.Failed result = (CallResult.Failed) client.result(ref, 0);

        assertThat(result.retryable()).isFalse();
        assertThat(result.error().code()).isEqualTo(ErrorCodes.INTERNAL);
        assertThat(result.error().message()).doesNotContain("secret");
    }

    @Test
    void sendsWhatItCannotReadToTheDeadLetters() {
        String owner = start(1, call -> new Outcome.Completed(OUTPUT));
        client.giveRaw(owner, "{\"type\":\"tool\",");
        CallRef ref = StageClient.newRef();
        client.call(owner, ref);

        assertThat(client.result(ref, 0)).isInstanceOf(CallResult.Completed.class);
        assertThat(meters.get("voice.agent.stage.dead.letters").counter().count())
                .isEqualTo(1);
    }

    @Test
    void answersACallThatItCannotReadSoThatAnotherMayTry() {
        AtomicInteger runs = new AtomicInteger();
        String owner = start(1, call -> {
            runs.incrementAndGet();
            return new Outcome.Completed(OUTPUT);
        });
        CallRef ref = StageClient.newTurn();
        client.giveRaw(
                owner,
                "{\"type\":\"tool\",\"ref\":%s,\"conversation\":\"%s\",\"owner\":\"%s\",\"arguments\":{}}"
                        .formatted(Json.text(ref), StageClient.newConversation(), owner));

        CallResult.Failed result = (CallResult.Failed) client.result(ref, 0);
        assertThat(result.error().code()).isEqualTo(ErrorCodes.UNREADABLE);
        assertThat(result.retryable()).isTrue();
        assertThat(result.frames()).isZero();
        assertThat(client.results(ref)).hasSize(1);
        assertThat(runs).hasValue(0);
    }

    @Test
    void aRecordThatIsTooLargeForTheDeadLettersLeavesItsValueBehind() {
        String owner = start(1, call -> new Outcome.Completed(OUTPUT));
        client.giveRaw(owner, "x".repeat(TopicSpecs.MAX_RECORD_BYTES - 200));

        ConsumerRecord<String, byte[]> dead = client.deadLetter(Headers.DLT_OMITTED_BYTES);
        assertThat(dead.value()).isNull();
    }

    @Test
    void drainsWhatRunsAndTakesNothingNew() throws Exception {
        Semaphore release = new Semaphore(0);
        CountDownLatch begun = new CountDownLatch(1);
        String owner = start(2, call -> {
            begun.countDown();
            release.acquire();
            return new Outcome.Completed(OUTPUT);
        });
        CallRef ref = StageClient.newRef();
        client.call(owner, ref);
        begun.await(10, TimeUnit.SECONDS);
        Thread closing = Thread.ofVirtual().start(stage::close);
        await().until(() -> client.announcement(owner).draining());
        CallRef late = StageClient.newRef();
        client.call(owner, late);

        assertThat(client.result(late, 0)).isInstanceOf(CallResult.Busy.class);
        release.release();
        assertThat(client.result(ref, 0)).isInstanceOf(CallResult.Completed.class);
        assertThat(closing.join(Duration.ofSeconds(5))).isTrue();
        assertThat(client.announcement(owner).held()).isEmpty();
    }

    @Test
    void answersWhatWasGivenToItWhileItLeavesIdle() {
        String owner = start(2, call -> new Outcome.Completed(OUTPUT));
        Thread closing = Thread.ofVirtual().start(stage::close);
        await().pollInterval(Duration.ofMillis(5))
                .until(() -> client.announcement(owner).draining());
        CallRef late = StageClient.newRef();
        client.call(owner, late);

        assertThat(client.result(late, 0)).isInstanceOf(CallResult.Busy.class);
        await().until(() -> !closing.isAlive());
    }

    @Test
    void handsBackWhatDoesNotEndInTime() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        String owner = start(2, Duration.ofMillis(100), call -> {
            begun.countDown();
            Thread.sleep(Duration.ofMinutes(1));
            return new Outcome.Completed(OUTPUT);
        });
        CallRef ref = StageClient.newRef();
        client.call(owner, ref);
        begun.await(10, TimeUnit.SECONDS);

        stage.close();

        CallResult.Failed result = (CallResult.Failed) client.result(ref, 0);
        assertThat(result.retryable()).isTrue();
        assertThat(result.error().code()).isEqualTo(ErrorCodes.WORKER_LOST);
        assertThat(result.frames()).isEqualTo(1);
    }

    @Test
    void workersSpreadOverThePartitions() {
        // Those of other tests count until their lease is over: with one on every partition any would do
        await().atMost(Duration.ofSeconds(15))
                .until(() -> WorkersSurvey.living(KafkaBroker.settings(), "spread-survey", LEASE)
                        .isEmpty());
        String first = start(1, call -> new Outcome.Completed(OUTPUT));
        StageRuntime firstStage = stage;
        try {
            String second = start(1, call -> new Outcome.Completed(OUTPUT));
            assertThat(client.announcement(second).partition())
                    .isNotEqualTo(client.announcement(first).partition());
        } finally {
            firstStage.close();
        }
    }
}
