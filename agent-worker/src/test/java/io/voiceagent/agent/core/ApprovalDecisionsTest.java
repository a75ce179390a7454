package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.ToolSpec.ApprovalRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ApprovalDecisionsTest {
    private static final ToolSpec BY_NAME =
            new ToolSpec.Mcp("builtin", null, null, new ApprovalRule(ApprovalRule.Mode.BY_NAME, List.of("once"), null));
    private static final ToolSpec ALWAYS = new ToolSpec.Mcp("builtin", null, null, ApprovalRule.ALWAYS);

    private final Fixtures.FixedWorkers workers = Fixtures.FixedWorkers.of("w1", "w2");

    private Turn.Over asked(ToolSpec tools, Item.ToolCall... calls) {
        Table table = new Table(workers).submit(Fixtures.spec(null, null, tools));
        table.complete(0, Fixtures.asks(calls));
        if (table.turn instanceof Turn.Active active) {
            for (int i = 0; i < active.step().calls().size(); i++) {
                table.complete(i, new CallOutput.Tool("ran", null));
            }
        }
        assertThat(table.ended().status()).isEqualTo(Status.COMPLETED);
        return (Turn.Over) table.turn;
    }

    private static Item.ApprovalAnswer answer(String requestId, boolean approve) {
        return new Item.ApprovalAnswer(requestId, approve, approve ? null : "too dear");
    }

    /** A turn that goes on from {@code before} with these answers. */
    private Table answering(Turn.Over before, long submittedAt, ResponseSpec spec, Item... answers) {
        Table table = new Table(workers);
        table.now = submittedAt;
        ResponseSpec whole = spec.toBuilder()
                .previousResponseId(before.responseId())
                .input(List.of(answers))
                .build();
        Input.Submit submit = Fixtures.submit(table.id, submittedAt, submittedAt + 60_000, whole);
        return table.give(new Input.Submit(
                submit.request(),
                Input.Parent.ENDED,
                submit.catalogue(),
                1,
                null,
                null,
                null,
                ApprovalRules.answered(List.of(answers), List.of(before))));
    }

    private static String callId(Turn.Over asked) {
        return ApprovalRules.callId(asked.approvals().getFirst());
    }

    private static String failure(Table table) {
        assertThat(table.ended().status()).isEqualTo(Status.FAILED);
        return table.ended().error().code();
    }

    @Test
    void otherCallsRunAndTheTurnEndsWithWhatWaits() {
        Table table = new Table(workers).submit(Fixtures.spec(null, null, BY_NAME));
        table.complete(0, Fixtures.asks(Fixtures.call("c1", "once"), Fixtures.call("c2", "pure")));

        assertThat(table.all(StepEvent.StepStarted.class).getLast().calls())
                .containsExactly(new PlannedTool("c2", "pure", "{}"));
        table.complete(0, new CallOutput.Tool("ran", null));
        assertThat(table.ended().status()).isEqualTo(Status.COMPLETED);
        assertThat(((Turn.Over) table.turn).approvals())
                .containsExactly(
                        new ApprovalRequest(Approvals.requestId(table.id, 0), "c1", "once", "{}", table.now, null));
    }

    @Test
    void aTurnOfWhichAllCallsWaitEndsAtOnce() {
        Turn.Over over = asked(ALWAYS, Fixtures.call("c1", "once"), Fixtures.call("c2", "pure"));

        assertThat(over.approvals()).extracting(ApprovalRequest::callId).containsExactly("c1", "c2");
    }

    @Test
    void aCancelledTurnLeavesNothingToApprove() {
        Table table = new Table(workers).submit(Fixtures.spec(null, null, BY_NAME));
        table.complete(0, Fixtures.asks(Fixtures.call("c1", "once"), Fixtures.call("c2", "pure")));
        table.give(new Input.Cancel(new Request.Cancel(table.id, table.conversation, Fixtures.TENANT)));
        table.complete(0, new CallOutput.Tool("ran", null));

        assertThat(((Turn.Over) table.turn).status()).isEqualTo(Status.CANCELLED);
        assertThat(((Turn.Over) table.turn).approvals()).isEmpty();
    }

    @Test
    void whatIsApprovedRunsFirstAsItWasAskedForAndTheModelIsTold() {
        Turn.Over over = asked(BY_NAME, new Item.ToolCall("c1", "once", "{\"amount\":7}"));
        String id = over.approvals().getFirst().id();
        Table table = answering(over, Table.START + 10, Fixtures.spec(null, null, BY_NAME), answer(id, true));

        StepEvent.StepStarted first = table.all(StepEvent.StepStarted.class).getFirst();
        assertThat(first.kind()).isEqualTo(StepKind.TOOLS);
        assertThat(first.calls()).containsExactly(new PlannedTool(callId(over), "once", "{\"amount\":7}", id));
        table.complete(0, new CallOutput.Tool("paid", null));

        assertThat(Prompt.request((Turn.Open) table.turn, List.of(over), 128_000)
                        .messages())
                .containsSubsequence(
                        new Item.ToolCall(callId(over), "once", "{\"amount\":7}"),
                        new Item.ToolResult(callId(over), "paid", false, "once"))
                .noneMatch(Item.ApprovalAnswer.class::isInstance)
                .filteredOn(Item.ToolCall.class::isInstance)
                .hasSize(1);
    }

    @Test
    void ofWhatIsDeclinedTheModelIsToldAndItGoesOn() {
        Turn.Over over = asked(BY_NAME, Fixtures.call("c1", "once"));
        Table table = answering(
                over,
                Table.START + 10,
                Fixtures.spec(null, null, BY_NAME),
                answer(over.approvals().getFirst().id(), false));

        assertThat(table.all(StepEvent.StepStarted.class).getFirst().kind()).isEqualTo(StepKind.MODEL);
        List<Item> told =
                Prompt.request((Turn.Open) table.turn, List.of(over), 128_000).messages();
        assertThat(told)
                .endsWith(
                        Fixtures.call(callId(over), "once"),
                        new Item.ToolResult(
                                callId(over),
                                "The user declined this call; it was not run. Reason: too dear",
                                true,
                                "once"));
        table.complete(0, Fixtures.answer("as you wish"));
        assertThat(table.ended().status()).isEqualTo(Status.COMPLETED);
        // A later turn of this branch is told the same
        Table later = answering((Turn.Over) table.turn, Table.START + 20, Fixtures.spec(null, null, BY_NAME));
        assertThat(Prompt.request((Turn.Open) later.turn, List.of(over, (Turn.Over) table.turn), 128_000)
                        .messages())
                .containsAll(told);
    }

    @Test
    void whatWasAnsweredOrIsTooOldOrIsNotThereFails() {
        Turn.Over over = asked(BY_NAME, Fixtures.call("c1", "once"));
        String id = over.approvals().getFirst().id();
        long askedAt = over.at();
        long life = Limits.DEFAULT.approvalLife();
        ResponseSpec spec = Fixtures.spec(null, null, BY_NAME);

        assertThat(failure(answering(over.approvalAnswered(id, "resp_other"), askedAt + 1, spec, answer(id, true))))
                .isEqualTo(ErrorCodes.APPROVAL_ANSWERED);
        assertThat(failure(answering(over, askedAt + 1, spec, answer(id, true), answer(id, false))))
                .isEqualTo(ErrorCodes.APPROVAL_ANSWERED);
        assertThat(failure(answering(over, askedAt + life, spec, answer(id, true))))
                .isEqualTo(ErrorCodes.APPROVAL_EXPIRED);
        assertThat(failure(answering(over, askedAt + 1, spec, answer(Approvals.requestId(over.responseId(), 9), true))))
                .isEqualTo(ErrorCodes.APPROVAL_NOT_FOUND);
        assertThat(failure(answering(over, askedAt + 1, Fixtures.spec(null, null), answer(id, true))))
                .isEqualTo(ErrorCodes.TOOL_NOT_AVAILABLE);
        assertThat(answering(over, askedAt + life - 1, spec, answer(id, true)).turn)
                .isInstanceOf(Turn.Running.class);
    }

    @Test
    void approvedCallsCountAsCalls() {
        Turn.Over over = asked(ALWAYS, Fixtures.call("c1", "once"), Fixtures.call("c2", "pure"));
        Table table = answering(
                over,
                Table.START + 10,
                Fixtures.spec(null, 1, ALWAYS),
                answer(over.approvals().getFirst().id(), true),
                answer(over.approvals().getLast().id(), true));

        assertThat(table.ended().incompleteReason()).isEqualTo(Reasons.MAX_TOOL_CALLS);
        assertThat(new Decision(table.events, List.of(), table.turn, false).approvalsAnswered())
                .isEmpty();
    }

    /** Whoever answers in whatever order: each request is used up at most once, by a turn whose answers all held. */
    @Property(tries = 500)
    void anyAnswersUseUpEachRequestAtMostOnce(
            @ForAll @IntRange(min = 1, max = 4) int requests,
            @ForAll @Size(min = 1, max = 6) List<@Size(max = 4) List<@IntRange(max = 7) Integer>> turns) {
        Item.ToolCall[] calls = new Item.ToolCall[requests];
        for (int i = 0; i < requests; i++) {
            calls[i] = Fixtures.call("c" + i, i % 2 == 0 ? "once" : "pure");
        }
        Turn.Over state = asked(ALWAYS, calls);
        Set<String> used = new HashSet<>();
        long at = state.at();
        for (List<Integer> picks : turns) {
            List<Item> answers = new ArrayList<>();
            for (int pick : picks) {
                answers.add(answer(Approvals.requestId(state.responseId(), pick / 2), pick % 2 == 0));
            }
            Table table = answering(state, ++at, Fixtures.spec(null, null, ALWAYS), answers.toArray(Item[]::new));
            List<String> consumed = new Decision(table.latest, List.of(), table.turn, false).approvalsAnswered();
            if (table.turn instanceof Turn.Over) {
                assertThat(consumed).isEmpty();
                assertThat(failure(table)).isIn(ErrorCodes.APPROVAL_ANSWERED, ErrorCodes.APPROVAL_NOT_FOUND);
            } else {
                assertThat(consumed).hasSize(answers.size()).allMatch(used::add);
                for (String id : consumed) {
                    state = state.approvalAnswered(id, "resp_" + at);
                }
            }
        }
        assertThat(state.approvals().stream().filter(request -> request.answeredBy() != null))
                .hasSize(used.size());
    }
}
