package io.voiceagent.transport.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.transport.stage.CallLedger.Decision;
import io.voiceagent.transport.stage.CallLedger.Situation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What a worker answers, for single cases and for any order of calls, stops, ends and acknowledgements. */
class CallLedgerTest {
    private static final String ME = "me";
    private static final Situation FINE = new Situation(1_000, true, false);

    @Example
    void anotherOwnersRecordsArePassedOver() {
        CallLedger ledger = new CallLedger(ME, 1);

        assertThat(ledger.onCall(call(0, "other"), 2_000, FINE)).isInstanceOf(Decision.Pass.class);
        assertThat(ledger.onStop(stop(0, "other"))).isInstanceOf(Decision.Pass.class);
    }

    @Example
    void nothingBeginsWithoutSlotLeaseOrTime() {
        CallLedger ledger = new CallLedger(ME, 1);

        assertThat(answer(ledger.onCall(call(0, ME), 2_000, new Situation(1_000, false, false))))
                .isInstanceOf(CallResult.Busy.class);
        assertThat(answer(ledger.onCall(call(1, ME), 2_000, new Situation(1_000, true, true))))
                .isInstanceOf(CallResult.Busy.class);
        assertThat(answer(ledger.onCall(call(2, ME), 2_000, new Situation(2_501, true, false))))
                .isInstanceOf(CallResult.NeverStarted.class);
        assertThat(ledger.onCall(call(3, ME), 2_000, new Situation(2_500, true, false)))
                .isInstanceOf(Decision.Start.class);
        assertThat(answer(ledger.onCall(call(4, ME), 2_000, FINE))).isInstanceOf(CallResult.Busy.class);
    }

    @Example
    void aResultOfARunIsToldAgainAndAnAnswerThatNothingRanIsNot() {
        CallLedger ledger = new CallLedger(ME, 1);
        ledger.onCall(call(0, ME), 2_000, FINE);
        CallResult result = completed(0);
        ledger.finished(result, 10);
        assertThat(ledger.onStop(stop(0, ME))).isInstanceOf(Decision.Pass.class);
        assertThat(ledger.held()).containsExactly(call(0, ME).ref().toString());
        ledger.acknowledged(result);
        assertThat(ledger.held()).isEmpty();

        assertThat(answer(ledger.onStop(stop(0, ME)))).isSameAs(result);
        assertThat(ledger.heldCount()).isEqualTo(1);

        CallResult busy = answer(ledger.onCall(call(1, ME), 0, new Situation(400, false, false)));
        ledger.acknowledged(busy);
        assertThat(answer(ledger.onStop(stop(1, ME)))).isInstanceOf(CallResult.NeverStarted.class);
    }

    @Example
    void anAttemptThatWasRefusedIsNeverBegunHoweverOftenItComes() {
        CallLedger ledger = new CallLedger(ME, 1);
        CallResult stoppedFirst = answer(ledger.onStop(stop(0, ME)));
        assertThat(answer(ledger.onCall(call(0, ME), 2_000, FINE))).isInstanceOf(CallResult.NeverStarted.class);
        ledger.acknowledged(stoppedFirst);
        assertThat(answer(ledger.onCall(call(0, ME), 2_000, FINE))).isInstanceOf(CallResult.NeverStarted.class);

        CallResult busy = answer(ledger.onCall(call(1, ME), 2_000, new Situation(1_000, false, false)));
        assertThat(answer(ledger.onCall(call(1, ME), 2_000, FINE))).isInstanceOf(CallResult.NeverStarted.class);
        ledger.acknowledged(busy);
        assertThat(answer(ledger.onCall(call(1, ME), 2_000, FINE))).isInstanceOf(CallResult.NeverStarted.class);

        assertThat(ledger.onCall(call(2, ME), 2_000, FINE)).as("a slot is free").isInstanceOf(Decision.Start.class);
    }

    @Example
    void aLargeResultIsForgottenButNotThatTheAttemptRan() {
        CallLedger ledger = new CallLedger(ME, 2);
        ledger.onCall(call(0, ME), 2_000, FINE);
        ledger.onCall(call(1, ME), 2_000, FINE);
        for (int i = 0; i < 2; i++) {
            CallResult result = completed(i);
            ledger.finished(result, (int) (CallLedger.MAX_KEPT_BYTES / 2 + 1));
            ledger.acknowledged(result);
        }

        assertThat(answer(ledger.onCall(call(0, ME), 2_000, FINE)))
                .isInstanceOfSatisfying(
                        CallResult.Failed.class, f -> assertThat(f.frames()).isEqualTo(3));
        assertThat(answer(ledger.onStop(stop(1, ME)))).isInstanceOf(CallResult.Completed.class);
    }

    /** One thing that happens to attempt {@code id}. */
    private record Step(int kind, int id, boolean lease, boolean draining, long time) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.of(true, true, true, false),
                        Arbitraries.of(false, false, false, true),
                        Arbitraries.longs().between(0, 4_000))
                .as(Step::new)
                .list()
                .ofMaxSize(200);
    }

    @Property(tries = 2_000)
    void noAttemptRunsTwiceOrIsDeniedAfterItRanOrRunsAfterItWasDenied(@ForAll("steps") List<Step> steps) {
        int slots = 2;
        CallLedger ledger = new CallLedger(ME, slots);
        Set<Integer> running = new HashSet<>();
        Set<Integer> ran = new HashSet<>();
        Set<Integer> denied = new HashSet<>();
        Map<CallResult, Boolean> underWay = new HashMap<>();
        for (Step step : steps) {
            Decision decision = switch (step.kind()) {
                case 0 ->
                    ledger.onCall(
                            call(step.id(), ME), 2_000, new Situation(step.time(), step.lease(), step.draining()));
                case 1 -> ledger.onStop(stop(step.id(), ME));
                case 2 -> {
                    if (running.remove(step.id())) {
                        CallResult result = completed(step.id());
                        ledger.finished(result, 100);
                        underWay.put(result, true);
                    }
                    yield new Decision.Pass();
                }
                default -> {
                    new ArrayList<>(underWay.keySet())
                            .stream().filter(r -> r.ref().call() == step.id()).forEach(r -> {
                                ledger.acknowledged(r);
                                underWay.remove(r);
                            });
                    yield new Decision.Pass();
                }
            };
            switch (decision) {
                case Decision.Start _ -> {
                    assertThat(step.lease() && !step.draining() && step.time() <= 2_500)
                            .isTrue();
                    assertThat(ran.add(step.id())).as("runs once").isTrue();
                    assertThat(denied).as("runs though it was refused").doesNotContain(step.id());
                    running.add(step.id());
                    assertThat(running.size()).isLessThanOrEqualTo(slots);
                }
                case Decision.Answer(CallResult result) -> {
                    boolean denies = result instanceof CallResult.Busy || result instanceof CallResult.NeverStarted;
                    assertThat(denies).isEqualTo(!ran.contains(step.id()));
                    if (denies) {
                        denied.add(step.id());
                    }
                    underWay.put(result, true);
                }
                case Decision.Cancel _ -> assertThat(running).contains(step.id());
                case Decision.Pass _ -> {}
            }
            assertThat(ledger.held())
                    .containsAll(running.stream()
                            .map(id -> call(id, ME).ref().toString())
                            .toList());
            assertThat(ledger.held())
                    .containsAll(underWay.keySet().stream()
                            .map(r -> r.ref().toString())
                            .toList());
        }
    }

    private static CallResult answer(Decision decision) {
        return ((Decision.Answer) decision).result();
    }

    private static CallRef ref(int id) {
        return new CallRef("resp_1", 0, id, 0);
    }

    private static Call call(int id, String owner) {
        return new Call.Tool(ref(id), "c", "t", owner, 0, "id", "tool", "hash", "{}");
    }

    private static Call.Stop stop(int id, String owner) {
        return new Call.Stop(ref(id), "c", owner, "why");
    }

    private static CallResult completed(int id) {
        return new CallResult.Completed(ref(id), "c", ME, 3, new CallOutput.Tool("x", null));
    }
}
