package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.StepEnded;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.StepEvent.StepStarted;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The committed events of one turn, checked one by one by somebody who does not know how they were decided. */
final class TurnRecord {
    final List<StepEvent> events = new ArrayList<>();
    private final List<StepStarted> steps = new ArrayList<>();
    private final List<StepEnded> boundaries = new ArrayList<>();
    private final int maxAttempts;
    private final Tally tally;
    private StepEvent.Accepted accepted;
    private StepEvent.Ended ended;
    private boolean deleted;
    private boolean stopping;
    private boolean open;
    private int[] attempts = {};
    private int[] failures = {};
    private boolean[] assigned = {};

    TurnRecord(int maxAttempts, Tally tally) {
        this.maxAttempts = maxAttempts;
        this.tally = tally;
    }

    StepEvent.Accepted accepted() {
        return accepted;
    }

    StepEvent.Ended ended() {
        return ended;
    }

    /** Whether nothing of it may be kept. */
    boolean gone() {
        return deleted || (ended != null && !accepted.spec().store());
    }

    List<StepStarted> steps() {
        return steps;
    }

    List<StepEnded> boundaries() {
        return boundaries;
    }

    void take(StepEvent event) {
        if (event instanceof StepEvent.Deleted) {
            require(accepted == null || ended != null, Invariant.GONE, event);
        } else {
            require(ended == null && !deleted, Invariant.ENDS_ONCE, event);
            boolean first = event instanceof StepEvent.Accepted
                    || event instanceof StepEvent.Refused
                    || event instanceof StepEvent.Repeated;
            require((accepted == null) == first, Invariant.ENDS_ONCE, event);
        }
        events.add(event);
        switch (event) {
            case StepEvent.Accepted begin -> accepted = begin;
            case StepEvent.Refused _, StepEvent.Repeated _, StepEvent.Moved _, StepEvent.OfConversation _ -> {}
            case StepEvent.Started begun -> accepted = accepted.after(begun.parent());
            case StepStarted started -> start(started);
            case StepEvent.CallAssigned given -> assign(given);
            case StepEvent.AttemptEnded attempt -> release(attempt);
            case StepEvent.CallEnded call -> require(open, Invariant.STEP_ENDS_FIRST, call);
            case StepEvent.StopRequested stop -> {
                require(open && !stopping, Invariant.STEP_ENDS_FIRST, stop);
                stopping = true;
            }
            case StepEnded boundary -> end(boundary);
            case StepEvent.Ended last -> {
                require(!open, Invariant.STEP_ENDS_FIRST, last);
                ended = last;
                boolean wrong = Reasons.INVALID_OUTPUT.equals(last.incompleteReason());
                if (wrong) {
                    tally.count(Happening.INVALID_OUTPUT);
                }
                require(
                        last.status() == StepEvent.Status.FAILED
                                || last.status() == StepEvent.Status.CANCELLED
                                || wrong
                                        == answers().stream()
                                                .anyMatch(answer ->
                                                        ((CallOutput.Model) answer.output()).violations() != null),
                        Invariant.REPAIRED_ONCE,
                        last);
                tally.count(Happening.valueOf(last.status().name()));
                if (!accepted.spec().store()) {
                    tally.count(Happening.NOT_KEPT);
                }
            }
            case StepEvent.Deleted deletion -> {
                require(accepted == null || deletion.tenant().equals(accepted.tenant()), Invariant.GONE, deletion);
                deleted = true;
                tally.count(Happening.DELETED);
            }
        }
    }

    private void start(StepStarted started) {
        require(!stopping, Invariant.NOTHING_AFTER_STOP, started);
        require(!open && started.step() == steps.size(), Invariant.STEP_ENDS_FIRST, started);
        steps.add(started);
        int calls = started.kind() == StepKind.MODEL ? 1 : started.calls().size();
        if (calls > 1) {
            tally.count(Happening.PARALLEL_TOOLS);
        }
        open = true;
        attempts = new int[calls];
        failures = new int[calls];
        assigned = new boolean[calls];
    }

    private void assign(StepEvent.CallAssigned given) {
        require(!stopping, Invariant.NOTHING_AFTER_STOP, given);
        int call = given.ref().call();
        require(open && !assigned[call], Invariant.ATTEMPTS_RISE, given);
        require(given.ref().attempt() == attempts[call], Invariant.ATTEMPTS_RISE, given);
        assigned[call] = true;
        tally.count(given.ref().attempt() == 0 ? Happening.ATTEMPT : Happening.SECOND_ATTEMPT);
    }

    private void release(StepEvent.AttemptEnded attempt) {
        int call = attempt.ref().call();
        require(assigned[call] && attempt.ref().attempt() == attempts[call], Invariant.ATTEMPTS_RISE, attempt);
        require(attempt.nextAttempt() == attempts[call] + 1, Invariant.ATTEMPTS_RISE, attempt);
        assigned[call] = false;
        attempts[call]++;
        tally.count(Happening.valueOf("ATTEMPT_" + attempt.reason().toUpperCase(java.util.Locale.ROOT)));
        if (attempt.reason().equals(Reasons.FAILED) || attempt.reason().equals(Reasons.LOST)) {
            failures[call]++;
            require(failures[call] < maxAttempts, Invariant.ATTEMPTS_BOUNDED, attempt);
        }
    }

    private void end(StepEnded boundary) {
        require(open && boundary.step() == steps.size() - 1, Invariant.STEP_ENDS_FIRST, boundary);
        require(boundary.outcomes().size() == attempts.length, Invariant.STEP_ENDS_FIRST, boundary);
        for (int i = 0; i < attempts.length; i++) {
            CallRef ref = boundary.outcomes().get(i).ref();
            require(ref.call() == i && ref.attempt() == attempts[i], Invariant.ATTEMPTS_RISE, boundary);
        }
        boundaries.add(boundary);
        open = false;
        long repaired = boundaries.stream().filter(TurnRecord::rejected).count();
        require(repaired <= 1, Invariant.REPAIRED_ONCE, boundary);
        if (rejected(boundary)) {
            require(!stopping, Invariant.REPAIRED_ONCE, boundary);
            tally.count(Happening.ANSWER_REPAIRED);
        }
    }

    /** Whether the answer is of another format than was asked for, and does not count. */
    static boolean rejected(StepEnded boundary) {
        CallOutcome outcome = boundary.outcomes().getFirst();
        return !outcome.accepted()
                && outcome.output() instanceof CallOutput.Model answer
                && answer.violations() != null;
    }

    private void require(boolean holds, Invariant invariant, StepEvent event) {
        if (!holds) {
            throw new BrokenInvariantException(invariant, event + " after " + events);
        }
    }

    /** A hosted call of the turn, with what was recorded of it. */
    record HostedCall(PlannedTool planned, CallOutcome outcome) {}

    Stream<HostedCall> hostedCalls() {
        return boundaries.stream()
                .filter(boundary -> steps.get(boundary.step()).kind() == StepKind.TOOLS)
                .flatMap(boundary -> boundary.outcomes().stream()
                        .map(outcome -> new HostedCall(
                                steps.get(boundary.step())
                                        .calls()
                                        .get(outcome.ref().call()),
                                outcome)));
    }

    /** The outcomes of the model calls whose answers count. */
    List<CallOutcome> answers() {
        return boundaries.stream()
                .filter(boundary -> steps.get(boundary.step()).kind() == StepKind.MODEL)
                .map(boundary -> boundary.outcomes().getFirst())
                .filter(outcome -> outcome.accepted() && outcome.output() instanceof CallOutput.Model)
                .toList();
    }

    /** What counts of what the model said, in order. */
    List<Item> saidItems() {
        return answers().stream()
                .flatMap(outcome -> ((CallOutput.Model) outcome.output()).items().stream())
                .toList();
    }

    /** Whether a later turn of the conversation is told nothing of it. */
    boolean leftOut() {
        return accepted.spec().conversationId() != null
                && ended.status() == StepEvent.Status.FAILED
                && boundaries.stream()
                        .flatMap(boundary -> boundary.outcomes().stream())
                        .filter(CallOutcome::accepted)
                        .noneMatch(outcome -> outcome.output() instanceof CallOutput.Tool
                                || outcome.output() instanceof CallOutput.Model model
                                        && model.items().stream().anyMatch(item -> !(item instanceof Item.Reasoning)));
    }

    /** Whether the call waits for the client's approval. */
    boolean waits(Item.ToolCall call) {
        ToolDescription tool = hosted(call.name());
        return tool != null && Approvals.needed(accepted.spec(), tool);
    }

    /** The calls that the client is asked to approve when the turn is over, in the order of their requests. */
    List<Item.ToolCall> callsToApprove() {
        if (ended == null || ended.status() != StepEvent.Status.COMPLETED) {
            return List.of();
        }
        return saidItems().stream()
                .filter(Item.ToolCall.class::isInstance)
                .map(Item.ToolCall.class::cast)
                .filter(this::waits)
                .toList();
    }

    /** What the turn answers of what earlier turns asked. */
    List<Item.ApprovalAnswer> approvalAnswers() {
        return accepted.spec().input().stream()
                .filter(Item.ApprovalAnswer.class::isInstance)
                .map(Item.ApprovalAnswer.class::cast)
                .toList();
    }

    ToolDescription hosted(String name) {
        return accepted.catalogue().stream()
                .filter(tool -> tool.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** The calls that wait for the client when the turn is over. */
    List<Item.ToolCall> callsForTheClient() {
        return saidItems().stream()
                .filter(Item.ToolCall.class::isInstance)
                .map(Item.ToolCall.class::cast)
                .filter(call -> hosted(call.name()) == null && isFunction(call.name()))
                .toList();
    }

    private boolean isFunction(String name) {
        return accepted.spec().tools().stream()
                .anyMatch(tool -> tool instanceof ToolSpec.Function function
                        && function.name().equals(name));
    }
}
