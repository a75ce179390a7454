package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.TurnError;
import java.util.ArrayList;
import java.util.List;

/** One turn under the test's hands: inputs in, events and commands out; the state is checked against the fold of its events each time. */
final class Table {
    static final long START = 1_000_000;
    static final long DEADLINE = START + 60_000;

    final String id = Fixtures.responseId(1, START);
    final String conversation = io.voiceagent.messages.ResponseId.parse(id).conversation();
    final List<StepEvent> events = new ArrayList<>();
    Fixtures.FixedWorkers workers;
    List<Command> commands = List.of();
    List<StepEvent> latest = List.of();
    Turn turn = Turn.unknown(id);
    boolean refused;
    long now = START;
    private final Decider decider;

    Table(Fixtures.FixedWorkers workers) {
        this(workers, Limits.DEFAULT);
    }

    Table(Fixtures.FixedWorkers workers, Limits limits) {
        this.workers = workers;
        this.decider = new Decider(limits);
    }

    Table submit(ResponseSpec spec) {
        return give(Fixtures.submit(id, START, DEADLINE, spec));
    }

    Table give(Input input) {
        Decision decision = decider.decide(turn, input, now, workers);
        turn = decision.after();
        commands = decision.commands();
        latest = decision.events();
        refused = decision.refused();
        events.addAll(decision.events());
        assertThat(turn).isEqualTo(Turn.fold(id, events));
        return this;
    }

    Table tickAt(long at) {
        now = at;
        return give(new Input.Tick());
    }

    /** The current attempt of the call. */
    CallState.Assigned assigned(int call) {
        return (CallState.Assigned) ((Turn.Active) turn).step().calls().get(call);
    }

    Table complete(int call, CallOutput output) {
        CallState.Assigned state = assigned(call);
        return give(new Input.Result(new CallResult.Completed(state.ref(), conversation, state.owner(), 2, output)));
    }

    Table failed(int call, int frames, boolean retryable) {
        CallState.Assigned state = assigned(call);
        return give(new Input.Result(new CallResult.Failed(
                state.ref(),
                conversation,
                state.owner(),
                frames,
                new TurnError("server_error", "broke"),
                retryable,
                0)));
    }

    Table busy(CallRef ref, String owner) {
        return give(new Input.Result(new CallResult.Busy(ref, conversation, owner)));
    }

    StepEvent.Ended ended() {
        return (StepEvent.Ended) events.getLast();
    }

    StepEvent.CallOutcome outcome(int step, int call) {
        return events.stream()
                .filter(StepEvent.StepEnded.class::isInstance)
                .map(StepEvent.StepEnded.class::cast)
                .filter(event -> event.step() == step)
                .findFirst()
                .orElseThrow()
                .outcomes()
                .get(call);
    }

    <E extends StepEvent> List<E> all(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }
}
