package io.voiceagent.agent.core;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.TurnError;
import java.util.List;

/**
 * The orchestrator's rules, pure: the same arguments give the same decision.
 *
 * <p>How a turn goes: it is accepted; a model step runs; hosted tools that the model asks for run side by side in a tools step; then
 * the next model step; until an answer asks for no hosted tool, or a limit is reached. A turn that asks for a tool of the client's, or
 * for one that waits for the client's approval, ends there. An answer that is not of the format that was asked
 * for is repaired once, see {@link Repair}. How a single call is given away, retried, lost
 * and stopped is told in {@link Draft}.
 */
public final class Decider {
    private static final String EMPTY_INPUT = "";

    private final Limits limits;
    private final Guards guards;

    /** A decider with all rules in force. */
    public Decider(Limits limits) {
        this(limits, Guards.ALL);
    }

    Decider(Limits limits, Guards guards) {
        this.limits = limits;
        this.guards = guards;
    }

    /**
     * What follows from {@code input}.
     *
     * @param now milliseconds since the epoch, never less than at the decision before
     */
    public Decision decide(Turn turn, Input input, long now, Workers workers) {
        Draft draft = new Draft(turn, now, workers, limits, guards);
        switch (input) {
            case Input.Submit submit -> submit(draft, turn, submit);
            case Input.Cancel cancel -> cancel(draft, turn, cancel.request());
            case Input.Begin begin -> begin(draft, turn, begin);
            case Input.Move move -> draft.move(move.position());
            case Input.Interrupt _ -> stop(draft, turn, Reasons.INTERRUPTED);
            case Input.Delete delete -> delete(draft, turn, delete.request());
            case Input.Result result -> result(draft, turn, result.result());
            case Input.Tick _ -> tick(draft, turn);
            case Input.Unlisted unlisted -> draft.ask(unlisted.ref());
            case Input.Abort abort -> abort(draft, turn, abort);
        }
        return draft.decision();
    }

    private void submit(Draft draft, Turn turn, Input.Submit submit) {
        if (!(turn instanceof Turn.Unknown)) {
            return; // the same submission again
        }
        Request.Submit request = submit.request();
        if (repeats(draft, submit)) {
            return;
        }
        switch (submit.admission()) {
            case ConversationRules.Admission.Refuse refused -> {
                draft.refuse(request, refused.error());
                return;
            }
            case ConversationRules.Admission.Wait wait -> {
                draft.accept(submit, request.spec(), submit.catalogue(), null, wait.position());
                return;
            }
            case ConversationRules.Admission.Run run ->
                draft.accept(submit, request.spec(), submit.catalogue(), run.parent(), null);
            case null -> draft.accept(submit, request.spec(), submit.catalogue());
        }
        switch (submit.parent()) {
            case MISSING ->
                draft.fail(new TurnError(
                        ErrorCodes.PREVIOUS_NOT_FOUND, "The previous response is not, or no longer, there."));
            case RUNNING ->
                draft.fail(new TurnError(ErrorCodes.PREVIOUS_RUNNING, "The previous response has not ended."));
            case NONE, ENDED -> startUnlessLate(draft, submit.approvals());
        }
    }

    /** Whether no turn comes of it because it is, or collides with, one that came before. */
    private static boolean repeats(Draft draft, Input.Submit submit) {
        Registered earlier = submit.earlier();
        Registered.Verdict verdict = Registered.judge(submit.request(), earlier);
        if (earlier == null || verdict == Registered.Verdict.FRESH) {
            return false;
        }
        draft.repeat(submit.request(), earlier, verdict == Registered.Verdict.REPETITION);
        return true;
    }

    private void startUnlessLate(Draft draft, List<ApprovalRequest> approvals) {
        if (draft.open().accepted().deadlineAt() <= draft.now()) {
            draft.fail(deadline());
        } else {
            firstStep(draft, approvals);
        }
    }

    /** A turn that waited. */
    private void begin(Draft draft, Turn turn, Input.Begin begin) {
        if (!(turn instanceof Turn.Queued)) {
            return;
        }
        draft.begin(begin.parent());
        if (begin.unfit() != null) {
            draft.fail(begin.unfit());
        } else {
            startUnlessLate(draft, begin.approvals());
        }
    }

    private void firstStep(Draft draft, List<ApprovalRequest> approvals) {
        Turn.Open turn = draft.open();
        switch (ApprovalRules.judge(turn, approvals, limits.approvalLife(), guards)) {
            case ApprovalRules.Verdict.Unfit(TurnError error) -> draft.fail(error);
            case ApprovalRules.Verdict.Fit(List<PlannedTool> approved) when approved.isEmpty() -> startModelStep(draft);
            case ApprovalRules.Verdict.Fit(List<PlannedTool> approved)
            when exceeds(turn, approved.size()) -> draft.end(Status.INCOMPLETE, null, Reasons.MAX_TOOL_CALLS);
            case ApprovalRules.Verdict.Fit(List<PlannedTool> approved) -> {
                draft.startStep(StepKind.TOOLS, approved);
                draft.assignWaiting();
            }
        }
    }

    /** Whether so many more calls of hosted tools are more than the client allowed. */
    private static boolean exceeds(Turn.Open turn, int more) {
        Integer most = turn.accepted().spec().maxToolCalls();
        long calls = turn.steps().stream()
                .filter(step -> step.kind() == StepKind.TOOLS)
                .mapToLong(step -> step.planned().size())
                .sum();
        return most != null && calls + more > most;
    }

    private void cancel(Draft draft, Turn turn, Request.Cancel request) {
        if (turn instanceof Turn.Open open && open.accepted().tenant().equals(request.tenant())) {
            stop(draft, turn, Reasons.CANCELLED);
        }
    }

    private void stop(Draft draft, Turn turn, String reason) {
        switch (turn) {
            case Turn.Running _ -> {
                draft.stop(Status.CANCELLED, null, reason);
                finishIfDone(draft);
            }
            case Turn.Queued _ -> draft.end(Status.CANCELLED, null, null);
            case Turn.Stopping _, Turn.Idle _, Turn.Over _, Turn.Gone _, Turn.Unknown _ -> {}
        }
    }

    /** Of a turn that is not known here any more the archive may have something, and it is the archive's to ask whose it is. */
    private static void delete(Draft draft, Turn turn, Request.Delete request) {
        boolean ended = switch (turn) {
            case Turn.Over over -> !over.byHand() && over.tenant().equals(request.tenant());
            case Turn.Gone gone -> gone.tenant().equals(request.tenant());
            case Turn.Unknown _ -> true;
            case Turn.Open _ -> false;
        };
        if (ended) {
            draft.delete(request);
        }
    }

    private void tick(Draft draft, Turn turn) {
        switch (turn) {
            case Turn.Running running
            when running.accepted().deadlineAt() <= draft.now() && guards.hold(Guard.DEADLINE) ->
                draft.stop(Status.FAILED, deadline(), Reasons.DEADLINE);
            case Turn.Running _ -> {
                draft.loseDead();
                draft.assignWaiting();
            }
            case Turn.Stopping stopping ->
                draft.giveUpStopped(stopping.stop().at() + limits.stopGrace() <= draft.now());
            case Turn.Queued queued when queued.accepted().deadlineAt() <= draft.now() -> draft.fail(deadline());
            case Turn.Queued _ -> {}
            case Turn.Unknown _, Turn.Idle _, Turn.Over _, Turn.Gone _ -> {}
        }
        finishIfDone(draft);
    }

    private void result(Draft draft, Turn turn, CallResult result) {
        if (turn instanceof Turn.Active && draft.take(result)) {
            draft.assignWaiting();
            finishIfDone(draft);
        } else {
            draft.refuse();
        }
    }

    /** Needs little room: it is what remains when a record of the turn is too large. */
    private static void abort(Draft draft, Turn turn, Input.Abort abort) {
        switch (turn) {
            case Turn.Unknown _
            when abort.submit() != null -> {
                acceptBriefly(draft, abort.submit(), abort.error());
            }
            case Turn.Active _ -> {
                draft.abandon();
                draft.endStep();
                draft.fail(abort.error());
            }
            case Turn.Idle _, Turn.Queued _ -> draft.fail(abort.error());
            case Turn.Unknown _, Turn.Over _, Turn.Gone _ -> {}
        }
    }

    /** Without the input and the catalogue: they may be what does not fit. */
    private static void acceptBriefly(Draft draft, Input.Submit submit, TurnError error) {
        if (repeats(draft, submit)) {
            return;
        }
        var spec = Draft.withInput(submit.request().spec(), EMPTY_INPUT);
        switch (submit.admission()) {
            case ConversationRules.Admission.Refuse refused -> {
                draft.refuse(submit.request(), refused.error());
                return;
            }
            case ConversationRules.Admission.Wait wait -> draft.accept(submit, spec, List.of(), null, wait.position());
            case ConversationRules.Admission.Run run -> draft.accept(submit, spec, List.of(), run.parent(), null);
            case null -> draft.accept(submit, spec, List.of());
        }
        draft.fail(error);
    }

    private void finishIfDone(Draft draft) {
        if (!draft.allDone()) {
            return;
        }
        Turn.Active before = (Turn.Active) draft.turn();
        Turn.ClosedStep step = draft.endStep();
        if (before instanceof Turn.Stopping stopping) {
            draft.end(
                    stopping.stop().status(),
                    stopping.stop().error(),
                    stopping.stop().incompleteReason());
        } else if (step.kind() == StepKind.MODEL) {
            afterModel(draft, step);
        } else {
            afterTools(draft);
        }
    }

    private void afterModel(Draft draft, Turn.ClosedStep step) {
        var outcome = step.outcomes().getFirst();
        if (!(outcome.output() instanceof CallOutput.Model answer)) {
            draft.fail(
                    outcome.error() != null
                            ? outcome.error()
                            : new TurnError(ErrorCodes.MODEL_ERROR, "The model gave no answer."));
            return;
        }
        if (!outcome.accepted()) {
            startModelStep(draft); // it repairs the answer
        } else if (answer.violations() != null) {
            draft.end(Status.INCOMPLETE, null, Reasons.INVALID_OUTPUT);
        } else if (answer.finish() == Finish.LENGTH) {
            boolean money = Spending.boundLastAnswer(draft.open());
            draft.end(Status.INCOMPLETE, null, money ? Reasons.MAX_COST : Reasons.MAX_OUTPUT_TOKENS);
        } else if (answer.finish() == Finish.CONTENT_FILTER) {
            draft.end(Status.INCOMPLETE, null, Reasons.CONTENT_FILTER);
        } else if (Prompt.asksTools(answer)) {
            startTools(draft, answer);
        } else {
            draft.end(Status.COMPLETED, null, null);
        }
    }

    private void startTools(Draft draft, CallOutput.Model answer) {
        Turn.Open turn = draft.open();
        List<PlannedTool> hosted = Prompt.hosted(answer, turn);
        long rounds = turn.steps().stream()
                .filter(step -> step.kind() == StepKind.MODEL)
                .filter(step -> step.outcomes().getFirst().accepted())
                .count();
        if (hosted.isEmpty() && Prompt.asksClient(answer, turn)) {
            draft.end(Status.COMPLETED, null, null);
        } else if (rounds > limits.maxToolRounds() || exceeds(turn, hosted.size())) {
            draft.end(Status.INCOMPLETE, null, Reasons.MAX_TOOL_CALLS);
        } else if (hosted.isEmpty()) {
            startModelStep(draft); // it asked for a tool that nobody has, and is told so
        } else {
            draft.startStep(StepKind.TOOLS, hosted);
            draft.assignWaiting();
        }
    }

    private void afterTools(Draft draft) {
        Turn.Open turn = draft.open();
        CallOutput.Model answer = ApprovalRules.lastAnswer(turn);
        boolean client = answer != null && Prompt.asksClient(answer, turn);
        if (client) {
            draft.end(Status.COMPLETED, null, null);
        } else {
            startModelStep(draft);
        }
    }

    private void startModelStep(Draft draft) {
        Integer left = Prompt.tokensLeft(draft.open());
        if (left != null && left == 0) {
            draft.end(Status.INCOMPLETE, null, Reasons.MAX_OUTPUT_TOKENS);
            return;
        }
        if (Spending.exhausted(draft.open())) {
            draft.end(Status.INCOMPLETE, null, Reasons.MAX_COST);
            return;
        }
        draft.startStep(StepKind.MODEL, List.of());
        draft.assignWaiting();
    }

    private static TurnError deadline() {
        return new TurnError(ErrorCodes.DEADLINE, "The turn did not end before its deadline.");
    }

    /** Two candidates by two hashes of the attempt; deterministic, and spread like random choices. */
    static int[] twoChoices(CallRef ref, int candidates) {
        long hash = mix(ref.toString().hashCode() * 0x9E3779B97F4A7C15L + ref.attempt());
        int first = (int) Long.remainderUnsigned(hash, candidates);
        int second = (int) Long.remainderUnsigned(mix(hash), candidates);
        return new int[] {first, second};
    }

    /** Finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
