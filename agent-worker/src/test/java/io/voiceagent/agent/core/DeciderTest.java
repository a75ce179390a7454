package io.voiceagent.agent.core;

import static io.voiceagent.agent.core.Fixtures.CLIENT;
import static io.voiceagent.agent.core.Fixtures.answer;
import static io.voiceagent.agent.core.Fixtures.asks;
import static io.voiceagent.agent.core.Fixtures.call;
import static io.voiceagent.agent.core.Fixtures.spec;
import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.agent.core.Fixtures.FixedWorkers;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.TurnError;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeciderTest {
    private static final ToolSpec HOSTED = new ToolSpec.Mcp("builtin", null, null);

    private final Table table = new Table(FixedWorkers.of("w1", "w2"));

    @Test
    void aTurnWithoutToolsIsOneModelCall() {
        table.submit(spec(null, null));
        assertThat(table.commands).singleElement().isInstanceOf(Command.CallModel.class);

        table.complete(0, answer("hi"));

        assertThat(table.ended().status()).isEqualTo(Status.COMPLETED);
        assertThat(table.ended().usage().outputTokens()).isEqualTo(5);
        assertThat(table.events)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("Accepted", "StepStarted", "CallAssigned", "StepEnded", "Ended");
    }

    @Test
    void hostedToolsRunSideBySideAndTheirAnswersGoToTheNextModelCall() {
        table.submit(spec(null, null, HOSTED)).complete(0, asks(call("a", "pure"), call("b", "once")));
        assertThat(table.commands).hasSize(2).allMatch(Command.CallTool.class::isInstance);

        table.complete(1, new CallOutput.Tool("two", null));
        assertThat(table.latest).singleElement().isInstanceOf(StepEvent.CallEnded.class);
        table.complete(0, new CallOutput.Tool("one", null));

        assertThat(table.commands).singleElement().isInstanceOf(Command.CallModel.class);
        table.complete(0, answer("both"));
        assertThat(table.ended().status()).isEqualTo(Status.COMPLETED);
        assertThat(table.outcome(1, 0).output()).isEqualTo(new CallOutput.Tool("one", null));
        assertThat(table.outcome(1, 1).output()).isEqualTo(new CallOutput.Tool("two", null));
    }

    @Test
    void aClientsFunctionEndsTheTurnAfterTheHostedTools() {
        table.submit(spec(null, null, HOSTED, CLIENT)).complete(0, asks(call("a", "client"), call("b", "pure")));
        table.complete(0, new CallOutput.Tool("one", null));
        assertThat(table.ended().status()).isEqualTo(Status.COMPLETED);
        assertThat(table.all(StepEvent.StepStarted.class)).hasSize(2);
    }

    @Test
    void aToolThatNobodyHasIsAnsweredWithAnErrorAndTheModelIsAskedAgain() {
        table.submit(spec(null, null, HOSTED)).complete(0, asks(call("a", "nonsense")));
        assertThat(table.commands).singleElement().isInstanceOf(Command.CallModel.class);
        var messages = Prompt.request((Turn.Open) table.turn, List.of(), 1_000).messages();
        assertThat(messages.getLast()).hasFieldOrPropertyWithValue("error", true);
    }

    @Test
    void toolRoundsAndToolCallsAreBounded() {
        Table rounds = new Table(FixedWorkers.of("w"), Limits.DEFAULT.withMaxToolRounds(1));
        rounds.submit(spec(null, null, HOSTED)).complete(0, asks(call("a", "pure")));
        rounds.complete(0, new CallOutput.Tool("one", null)).complete(0, asks(call("b", "pure")));
        assertThat(rounds.ended().status()).isEqualTo(Status.INCOMPLETE);
        assertThat(rounds.ended().incompleteReason()).isEqualTo("max_tool_calls");

        table.submit(spec(null, 1, HOSTED)).complete(0, asks(call("a", "pure"), call("b", "pure")));
        assertThat(table.ended().incompleteReason()).isEqualTo("max_tool_calls");
    }

    @Test
    void outputTokensAreBoundedOverTheWholeTurn() {
        table.submit(spec(5, null, HOSTED)).complete(0, asks(call("a", "pure")));
        table.complete(0, new CallOutput.Tool("one", null));
        assertThat(table.ended().incompleteReason()).isEqualTo("max_output_tokens");
    }

    private static CallOutput.Model wrong(String text) {
        return answer(text).withViolations(List.of("/age: is missing"));
    }

    @Test
    void anAnswerOfAnotherFormatIsRepairedOnce() {
        table.submit(spec(null, null)).complete(0, wrong("{}"));

        assertThat(table.commands).singleElement().isInstanceOf(Command.CallModel.class);
        assertThat(table.outcome(0, 0).accepted()).isFalse();
        var told = Prompt.request((Turn.Open) table.turn, List.of(), 1_000).messages();
        assertThat(told.get(told.size() - 2)).isEqualTo(new Item.Message(Item.Role.ASSISTANT, "{}"));
        assertThat(((Item.Message) told.getLast()).text()).contains("/age: is missing");

        table.complete(0, answer("{\"age\":1}"));
        assertThat(table.ended().status()).isEqualTo(Status.COMPLETED);
        assertThat(table.ended().usage().outputTokens()).as("of both").isEqualTo(10);
        assertThat(((Turn.Over) table.turn).output())
                .containsExactly(new Item.Message(Item.Role.ASSISTANT, "{\"age\":1}"));
    }

    @Test
    void aRepairThatIsWrongTooEndsTheTurnIncomplete() {
        table.submit(spec(null, null)).complete(0, wrong("{}")).complete(0, wrong("[]"));

        assertThat(table.ended().status()).isEqualTo(Status.INCOMPLETE);
        assertThat(table.ended().incompleteReason()).isEqualTo("invalid_output");
        assertThat(table.outcome(1, 0).accepted()).isTrue();
    }

    @Test
    void aRepairIsWithinTheBoundOfTokens() {
        table.submit(spec(5, null)).complete(0, wrong("{}"));

        assertThat(table.ended().incompleteReason()).isEqualTo("max_output_tokens");
    }

    @Test
    void aTurnThatIsStoppedRepairsNothing() {
        table.submit(spec(null, null));
        CallState.Assigned call = table.assigned(0);
        table.give(new Input.Cancel(new Request.Cancel(table.id, table.conversation, Fixtures.TENANT)));
        table.give(new Input.Result(
                new CallResult.Completed(call.ref(), table.conversation, call.owner(), 2, wrong("{}"))));

        assertThat(table.ended().status()).isEqualTo(Status.CANCELLED);
        assertThat(table.outcome(0, 0).accepted()).isTrue();
    }

    @Test
    void aContextThatIsTooLongFailsOrLosesItsOldestTurns() {
        List<Item> input = List.of(
                new Item.Message(Item.Role.SYSTEM, "stay polite"),
                new Item.Message(Item.Role.USER, "old " + "x".repeat(3_000)),
                new Item.Message(Item.Role.ASSISTANT, "older"),
                new Item.Message(Item.Role.USER, "new"));
        table.submit(spec(null, null).toBuilder().input(input).build());
        var whole = Prompt.request((Turn.Open) table.turn, List.of(), 1_000).messages();
        assertThat(whole).hasSize(5);

        Table auto = new Table(FixedWorkers.of("w"), Limits.DEFAULT.withContextTokens(1_000));
        auto.submit(spec(null, null).toBuilder()
                .input(input)
                .truncation(ResponseSpec.Truncation.AUTO)
                .build());
        Call.Model call = (Call.Model) auto.commands.getFirst().call(auto.turn, List::of);
        assertThat(call.request().messages()).containsExactly(whole.get(0), whole.get(1), whole.get(4));
    }

    @Test
    void withoutAWorkerTheCallWaits() {
        Table empty = new Table(new FixedWorkers());
        empty.submit(spec(null, null));
        assertThat(empty.commands).isEmpty();
        empty.workers = FixedWorkers.of("w1");
        empty.tickAt(Table.START + 100);
        assertThat(empty.commands).hasSize(1);
    }

    @Test
    void aBusyWorkerCostsNoAttempt() {
        table.submit(spec(null, null));
        for (int i = 0; i < 20; i++) {
            if (((Turn.Active) table.turn).step().calls().getFirst() instanceof CallState.Waiting) {
                table.tickAt(table.now + 2_000);
            }
            CallState.Assigned state = table.assigned(0);
            assertThat(state.ref().attempt()).isEqualTo(i);
            table.busy(state.ref(), state.owner());
        }
        assertThat(table.turn).isInstanceOf(Turn.Running.class);
    }

    @Test
    void failedAttemptsAreBoundedAndTheErrorIsTheTurns() {
        table.submit(spec(null, null));
        table.failed(0, 1, true).tickAt(table.now + 60);
        assertThat(table.commands).as("backoff").isEmpty();
        table.tickAt(table.now + 10_000).failed(0, 1, true);
        table.tickAt(table.now + 10_000).failed(0, 1, true);
        assertThat(table.ended().status()).isEqualTo(Status.FAILED);
        assertThat(table.ended().error()).isEqualTo(new TurnError("server_error", "broke"));
        assertThat(table.outcome(0, 0).ref().attempt()).isEqualTo(2);
    }

    @Test
    void aLostWorkersCallGoesToAnotherAndTheZombieIsToldToStop() {
        table.submit(spec(null, null));
        CallState.Assigned first = table.assigned(0);
        table.workers.kill(first.owner());
        table.tickAt(table.now + 5_000);
        assertThat(table.commands).hasExactlyElementsOfTypes(Command.Stop.class, Command.CallModel.class);
        assertThat(table.assigned(0).owner()).isNotEqualTo(first.owner());

        table.give(new Input.Result(
                new CallResult.Completed(first.ref(), table.conversation, first.owner(), 2, answer("late"))));
        assertThat(table.refused).isTrue();
        assertThat(table.latest).isEmpty();
    }

    @Test
    void aToolThatIsNotIdempotentIsNotTriedAgain() {
        table.submit(spec(null, null, HOSTED)).complete(0, asks(call("a", "once")));
        table.workers.kill(table.assigned(0).owner());
        table.tickAt(table.now + 5_000);
        var outcome = table.outcome(1, 0);
        assertThat(outcome.sealed()).isTrue();
        assertThat(outcome.accepted()).isTrue();
        assertThat(outcome.error().code()).isEqualTo(ErrorCodes.OUTCOME_UNKNOWN);
        assertThat(table.commands.getLast()).isInstanceOf(Command.CallModel.class);
    }

    @Test
    void aToolThatIsNotIdempotentIsTriedAgainWhenItNeverStarted() {
        table.submit(spec(null, null, HOSTED)).complete(0, asks(call("a", "once")));
        CallRef first = table.assigned(0).ref();
        table.give(new Input.Result(new CallResult.NeverStarted(
                first, table.conversation, table.assigned(0).owner())));
        assertThat(table.assigned(0).ref()).isEqualTo(first.next());
        table.failed(0, 0, true).tickAt(table.now + 1_000);
        assertThat(table.assigned(0).ref()).isEqualTo(first.next().next());
    }

    @Test
    void aCancelWaitsForTheAnswerOfTheOwner() {
        table.submit(spec(null, null));
        table.give(new Input.Cancel(new Request.Cancel(table.id, table.conversation, Fixtures.TENANT)));
        assertThat(table.commands).singleElement().isInstanceOf(Command.Stop.class);
        CallState.Assigned state = table.assigned(0);
        table.give(new Input.Result(
                new CallResult.Stopped(state.ref(), table.conversation, state.owner(), 3, answer("par"))));
        assertThat(table.ended().status()).isEqualTo(Status.CANCELLED);
        assertThat(table.outcome(0, 0).frames()).isEqualTo(3);
        assertThat(table.outcome(0, 0).accepted()).isTrue();
    }

    @Test
    void aCancelOfAnotherTenantDoesNothing() {
        table.submit(spec(null, null));
        table.give(new Input.Cancel(new Request.Cancel(table.id, table.conversation, "somebody")));
        assertThat(table.latest).isEmpty();
    }

    @Test
    void aDeadlineEndsATurnThatWaitsAndOneWhoseWorkerIsSilent() {
        Table waiting = new Table(new FixedWorkers());
        waiting.submit(spec(null, null)).tickAt(Table.DEADLINE);
        assertThat(waiting.ended().error().code()).isEqualTo(ErrorCodes.DEADLINE);

        table.submit(spec(null, null)).tickAt(Table.DEADLINE);
        assertThat(table.turn).isInstanceOf(Turn.Stopping.class);
        table.tickAt(Table.DEADLINE + Limits.DEFAULT.stopGrace());
        assertThat(table.ended().status()).isEqualTo(Status.FAILED);
        assertThat(table.outcome(0, 0).sealed()).isTrue();
    }

    @Test
    void aParentThatIsNotThereOrNotOverFailsTheTurn() {
        Input.Submit submit = Fixtures.submit(table.id, Table.START, Table.DEADLINE, spec(null, null));
        table.give(new Input.Submit(submit.request(), Input.Parent.MISSING, List.of(), 1, null));
        assertThat(table.ended().error().code()).isEqualTo(ErrorCodes.PREVIOUS_NOT_FOUND);

        Table other = new Table(FixedWorkers.of("w"));
        other.give(new Input.Submit(submit.request(), Input.Parent.RUNNING, List.of(), 1, null));
        assertThat(other.ended().error().code()).isEqualTo(ErrorCodes.PREVIOUS_RUNNING);
    }

    @Test
    void anAbortEndsTheTurnAtOnceAndDropsWhatTheOpenStepBrought() {
        TurnError error = new TurnError(ErrorCodes.CONTEXT_LENGTH, "too large");
        table.submit(spec(null, null, HOSTED)).complete(0, asks(call("a", "pure"), call("b", "pure")));
        table.complete(0, new CallOutput.Tool("much", null)).give(new Input.Abort(error, null));
        assertThat(table.ended().error()).isEqualTo(error);
        assertThat(table.outcome(1, 0).output()).isNull();
        assertThat(table.outcome(1, 1).sealed()).isTrue();

        Table unknown = new Table(FixedWorkers.of("w"));
        unknown.give(new Input.Abort(
                error, Fixtures.submit(unknown.id, Table.START, Table.DEADLINE, spec(null, null, HOSTED))));
        assertThat(unknown.ended().error()).isEqualTo(error);
    }

    @Test
    void aDeletedTurnIsGoneAndStaysSo() {
        Request.Delete delete = new Request.Delete(table.id, table.conversation, Fixtures.TENANT);
        table.submit(spec(null, null)).give(new Input.Delete(delete));
        assertThat(table.latest).as("it has not ended").isEmpty();

        table.complete(0, answer("hi")).give(new Input.Delete(new Request.Delete(table.id, table.conversation, "x")));
        assertThat(table.latest).as("it is somebody else's").isEmpty();

        table.give(new Input.Delete(delete));
        assertThat(table.latest).singleElement().isInstanceOf(StepEvent.Deleted.class);
        assertThat(table.turn).isEqualTo(new Turn.Gone(table.id, Fixtures.TENANT, null, table.now));
        table.give(new Input.Delete(delete));
        assertThat(table.latest).as("whoever asks again is told again").hasSize(1);

        table.submit(spec(null, null));
        assertThat(table.latest)
                .as("its submission, read again, does not bring it back")
                .isEmpty();
    }

    @Test
    void whatIsNotKnownAnyMoreCanBeDeletedFromTheArchive() {
        table.give(new Input.Delete(new Request.Delete(table.id, table.conversation, Fixtures.TENANT)));
        assertThat(table.latest).singleElement().isInstanceOf(StepEvent.Deleted.class);
        assertThat(table.turn).isInstanceOf(Turn.Gone.class);
    }

    @Test
    void ofATurnThatIsNotToBeKeptNothingIsKept() {
        table.submit(spec(null, null).toBuilder().store(false).build()).complete(0, answer("hi"));
        assertThat(table.ended().status()).isEqualTo(Status.COMPLETED);
        assertThat(table.turn).isEqualTo(new Turn.Gone(table.id, Fixtures.TENANT, null, table.now));
    }

    @Test
    void theSameSubmissionTwiceIsOneTurn() {
        table.submit(spec(null, null)).submit(spec(null, null));
        assertThat(table.latest).isEmpty();
        assertThat(table.commands).isEmpty();
    }

    @Test
    void aToolThatMustBeCalledMustBeCalledOnceOnly() {
        for (ToolChoice forced :
                List.of(new ToolChoice(ToolChoice.Mode.REQUIRED, null), new ToolChoice(ToolChoice.Mode.TOOL, "pure"))) {
            Table forcedTable = new Table(FixedWorkers.of("w1"));
            forcedTable.submit(Fixtures.withChoice(spec(null, null, HOSTED), forced));
            assertThat(choice(forcedTable)).isEqualTo(forced);

            // Another attempt at the same answer is as free as the first
            forcedTable.failed(0, 1, true).tickAt(forcedTable.now + 10_000);
            assertThat(choice(forcedTable)).isEqualTo(forced);

            forcedTable.complete(0, asks(call("a", "pure"))).complete(0, new CallOutput.Tool("one", null));
            assertThat(choice(forcedTable)).isEqualTo(ToolChoice.AUTO);
        }
    }

    private static ToolChoice choice(Table table) {
        return Prompt.request((Turn.Open) table.turn, List.of(), 1_000).toolChoice();
    }

    @Test
    void aStoppedToolThatMayHaveRunIsRecordedAsUnknown() {
        table.submit(spec(null, null, HOSTED)).complete(0, asks(call("a", "once"), call("b", "pure")));
        table.give(new Input.Cancel(new Request.Cancel(table.id, table.conversation, Fixtures.TENANT)));
        stopped(0);
        stopped(1);

        assertThat(table.ended().status()).isEqualTo(Status.CANCELLED);
        assertThat(table.outcome(1, 0).error().code()).isEqualTo(ErrorCodes.OUTCOME_UNKNOWN);
        assertThat(table.outcome(1, 0).accepted()).as("a later turn is told").isTrue();
        assertThat(table.outcome(1, 1).error().code()).isEqualTo(ErrorCodes.TOOL_FAILED);
    }

    private void stopped(int call) {
        CallState.Assigned state = table.assigned(call);
        table.give(new Input.Result(new CallResult.Stopped(state.ref(), table.conversation, state.owner(), 1, null)));
    }

    @Test
    void aToolThatFailedForGoodButMayHaveRunIsRecordedAsUnknown() {
        table.submit(spec(null, null, HOSTED)).complete(0, asks(call("a", "once")));
        table.failed(0, 1, false);
        assertThat(table.outcome(1, 0).error().code()).isEqualTo(ErrorCodes.OUTCOME_UNKNOWN);
        assertThat(table.outcome(1, 0).error().message()).contains("broke");
    }

    @Test
    void anAbortMakesNoTurnOfARepetition() {
        Table table = new Table(Fixtures.FixedWorkers.of("w"));
        Input.Submit plain = Fixtures.submit(table.id, Table.START, Table.DEADLINE, Fixtures.spec(null, null));
        Request.Submit request = plain.request();
        Input.Submit repetition = new Input.Submit(
                new Request.Submit(
                        request.responseId(),
                        request.conversation(),
                        request.tenant(),
                        request.submittedAt(),
                        request.deadlineAt(),
                        request.spec(),
                        new Request.Registration(Request.Registration.Kind.KEY, "key", "body")),
                plain.parent(),
                plain.catalogue(),
                plain.foldVersion(),
                null,
                new Registered("resp_earlier", "body", Table.START - 1),
                null);

        table.give(new Input.Abort(new TurnError(ErrorCodes.INTERNAL, "a defect"), repetition));

        assertThat(table.events)
                .singleElement()
                .isInstanceOfSatisfying(
                        StepEvent.Repeated.class,
                        repeated -> assertThat(repeated.earlier()).isEqualTo("resp_earlier"));
    }

    @Test
    void anAbortDoesNotHideThatAToolHasRun() {
        table.submit(spec(null, null, HOSTED)).complete(0, asks(call("a", "once"), call("b", "once")));
        table.complete(0, new CallOutput.Tool("much", null));
        table.give(new Input.Abort(new TurnError(ErrorCodes.CONTEXT_LENGTH, "too large"), null));
        assertThat(((CallOutput.Tool) table.outcome(1, 0).output()).output()).contains("has run");
        assertThat(table.outcome(1, 1).error().code()).isEqualTo(ErrorCodes.OUTCOME_UNKNOWN);
    }
}
