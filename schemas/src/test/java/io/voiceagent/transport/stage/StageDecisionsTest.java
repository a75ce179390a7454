package io.voiceagent.transport.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.Usage;
import io.voiceagent.transport.stage.Conclusion.End;
import io.voiceagent.transport.stage.Conclusion.StopKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The small decisions of a stage: lease, clock, partition, and what is reported of an attempt. */
class StageDecisionsTest {
    private static final CallOutput TOOL = new CallOutput.Tool("x", null);
    private static final CallOutput MODEL =
            new CallOutput.Model(List.of(), CallOutput.Finish.STOP, new Usage(0, 0, 0, 0), null);
    private static final Outcome.Failed FAILED = new Outcome.Failed(new TurnError("code", "text"), true, 9);

    @Test
    void theLeaseHoldsForFourFifthsAfterTheSendingOfWhatWasAcknowledged() {
        long second = 1_000_000_000;
        OwnLease lease = new OwnLease(Duration.ofSeconds(5), Long.MAX_VALUE - second);
        long now = Long.MIN_VALUE + second;
        assertThat(lease.held(now)).isFalse();

        lease.acknowledged(now);
        lease.acknowledged(now - second);

        assertThat(lease.held(now + 4 * second - 1)).isTrue();
        assertThat(lease.held(now + 4 * second)).isFalse();
    }

    @Test
    void theBrokersClockIsTakenFromTheShortestRoundTrip() {
        BrokerClock clock = new BrokerClock();
        assertThat(clock.at(5)).isEqualTo(5);

        clock.observe(1_000, 1_400, 1_900);
        clock.observe(2_000, 2_010, 2_505);
        clock.observe(3_000, 3_900, 3_200);

        assertThat(clock.at(10_000)).isEqualTo(10_500);
    }

    @Test
    void aNewWorkerReadsWhereFewestDo() {
        List<Announcement> living = List.of(
                worker(Stage.TOOL, 0),
                worker(Stage.TOOL, 2),
                worker(Stage.LLM, 1),
                worker(Stage.TOOL, 99),
                new Announcement.Orchestrator("o", 0, "1"));

        assertThat(PartitionChoice.leastUsed(living, Stage.TOOL, 4, n -> 0)).isEqualTo(1);
        assertThat(PartitionChoice.leastUsed(living, Stage.TOOL, 4, n -> n - 1)).isEqualTo(3);
    }

    @Test
    void anOrdinaryEndIsReportedAsItIs() {
        assertThat(of(new End.Returned(new Outcome.Completed(MODEL)), null, false))
                .isInstanceOf(CallResult.Completed.class);
        assertThat(of(new End.Returned(FAILED), null, false)).isInstanceOfSatisfying(CallResult.Failed.class, f -> {
            assertThat(f.error()).isEqualTo(FAILED.error());
            assertThat(f.retryAfterMillis()).isEqualTo(9);
            assertThat(f.frames()).isEqualTo(2);
        });
    }

    @Test
    void aStopIsReportedAsOneUnlessTheWorkWasDone() {
        assertThat(of(new End.Returned(new Outcome.Completed(MODEL)), StopKind.ORDERED, false))
                .isInstanceOf(CallResult.Completed.class);
        assertThat(of(new End.Returned(new Outcome.Completed(MODEL)), StopKind.ORDERED, true))
                .isInstanceOf(CallResult.Stopped.class);
        assertThat(of(new End.Returned(new Outcome.Stopped(MODEL)), StopKind.ORDERED, false))
                .isInstanceOfSatisfying(
                        CallResult.Stopped.class, s -> assertThat(s.output()).isSameAs(MODEL));
        assertThat(of(new End.Threw(new InterruptedException()), StopKind.ORDERED, true))
                .isInstanceOfSatisfying(
                        CallResult.Stopped.class, s -> assertThat(s.output()).isNull());
        assertThat(of(new End.Overdue(), StopKind.ORDERED, false)).isInstanceOf(CallResult.Stopped.class);
    }

    @Test
    void whatIsHandedBackMayBeTriedElsewhere() {
        failedWith(
                of(new End.Threw(new InterruptedException()), StopKind.HANDED_BACK, true),
                ErrorCodes.WORKER_LOST,
                true);
        failedWith(of(new End.Overdue(), StopKind.HANDED_BACK, false), ErrorCodes.WORKER_LOST, true);
        failedWith(of(new End.Threw(new LeaseLostException("", null)), null, false), ErrorCodes.WORKER_LOST, true);
        failedWith(of(new End.Threw(new FramesFailedException("", null)), null, true), ErrorCodes.WORKER_LOST, true);
    }

    @Test
    void brokenFramesUndoAModelsAnswerButNotATools() {
        failedWith(of(new End.Returned(new Outcome.Completed(MODEL)), null, true), ErrorCodes.WORKER_LOST, true);
        assertThat(of(new End.Returned(new Outcome.Completed(TOOL)), null, true))
                .isInstanceOf(CallResult.Completed.class);
    }

    @Test
    void aDefectIsNotTriedAgain() {
        failedWith(of(new End.Threw(new IllegalStateException("x")), null, false), ErrorCodes.INTERNAL, false);
        failedWith(of(new End.Returned(new Outcome.Stopped(null)), null, false), ErrorCodes.INTERNAL, false);
    }

    private static CallResult of(End end, @Nullable StopKind stop, boolean broken) {
        return new Conclusion(end, stop, broken).result(new CallRef("resp_1", 0, 0, 0), "c", "w", 2);
    }

    private static void failedWith(CallResult result, String code, boolean retryable) {
        assertThat(result).isInstanceOfSatisfying(CallResult.Failed.class, f -> {
            assertThat(f.error().code()).isEqualTo(code);
            assertThat(f.retryable()).isEqualTo(retryable);
        });
    }

    private static Announcement worker(Stage stage, int partition) {
        return new Announcement.Worker("w", 0, stage, partition, 0, 1, List.of(), false, "1", Map.of());
    }
}
