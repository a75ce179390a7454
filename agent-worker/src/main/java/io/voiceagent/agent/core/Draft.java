package io.voiceagent.agent.core;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.TurnError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decision in the making: events are applied as they are added, so the state is their fold by construction. The rules of a single
 * call live here.
 *
 * <p>A call is given to one worker. Only that worker's answer to that attempt counts. A busy worker, or one that never started it,
 * costs nothing: the call is given away anew. A failed or lost attempt is followed by another one, up to the limit; except that a
 * tool that is not idempotent has no second attempt once it may have started: its outcome is then unknown, and the model is told
 * so. Whoever is replaced is told to stop, for it may only have been asleep.
 *
 * <p>Results of attempts that are no longer awaited are dropped and not answered: a result says that its attempt is over, so there is
 * nothing to stop, and a worker answers a stop of a finished attempt with its result again.
 */
final class Draft {
    private final long now;
    private final Workers workers;
    private final Limits limits;
    private final Guards guards;
    private final List<StepEvent> events = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
    /** Slots taken within this decision; {@code workers} does not know of them yet. */
    private final Map<String, Integer> taken = new HashMap<>();

    private Turn turn;
    private boolean refused;

    Draft(Turn turn, long now, Workers workers, Limits limits, Guards guards) {
        this.turn = turn;
        this.now = now;
        this.workers = workers;
        this.limits = limits;
        this.guards = guards;
    }

    Decision decision() {
        return new Decision(events, commands, turn, refused);
    }

    long now() {
        return now;
    }

    Turn turn() {
        return turn;
    }

    Turn.Open open() {
        return (Turn.Open) turn;
    }

    void refuse() {
        refused = true;
    }

    private void emit(StepEvent event) {
        turn = turn.apply(event);
        events.add(event);
    }

    // ---- the turn

    void accept(Input.Submit submit, ResponseSpec spec, List<ToolDescription> catalogue) {
        accept(submit, spec, catalogue, null, null);
    }

    /** @see StepEvent.Accepted */
    void accept(
            Input.Submit submit,
            ResponseSpec spec,
            List<ToolDescription> catalogue,
            @Nullable String parent,
            @Nullable Integer position) {
        Request.Submit request = submit.request();
        emit(new StepEvent.Accepted(
                request.responseId(),
                request.conversation(),
                request.tenant(),
                now,
                request.submittedAt(),
                request.deadlineAt(),
                submit.foldVersion(),
                spec,
                catalogue,
                submit.traceparent(),
                parent,
                position));
    }

    /** No turn comes of the submission, for this reason. */
    void refuse(Request.Submit request, TurnError error) {
        emit(new StepEvent.Refused(request.responseId(), request.conversation(), now, error));
    }

    /** A turn that waited goes on from {@code parent}. */
    void begin(@Nullable String parent) {
        emit(new StepEvent.Started(open().responseId(), open().accepted().conversation(), now, parent));
    }

    /** A turn that waits does so at another position. */
    void move(int position) {
        if (turn instanceof Turn.Queued queued) {
            emit(new StepEvent.Moved(queued.responseId(), queued.accepted().conversation(), now, position));
        }
    }

    /** No turn comes of the submission. */
    void repeat(Request.Submit request, Registered earlier, boolean same) {
        emit(new StepEvent.Repeated(request.responseId(), request.conversation(), now, earlier.responseId(), same));
    }

    /** The turn is over, and nothing of it is kept any more. */
    void delete(Request.Delete request) {
        emit(new StepEvent.Deleted(request.responseId(), request.conversation(), request.tenant(), now));
    }

    void fail(TurnError error) {
        end(Status.FAILED, error, null);
    }

    void end(Status status, @Nullable TurnError error, @Nullable String incompleteReason) {
        Turn.Open open = open();
        emit(new StepEvent.Ended(
                open.responseId(),
                open.accepted().conversation(),
                now,
                status,
                error,
                incompleteReason,
                open.usage(),
                Spending.cost(open)));
    }

    void startStep(StepKind kind, List<PlannedTool> calls) {
        Turn.Open open = open();
        emit(new StepEvent.StepStarted(
                open.responseId(),
                open.accepted().conversation(),
                now,
                open.steps().size(),
                kind,
                calls));
    }

    /** Whether a step is open and every call of it has its outcome. */
    boolean allDone() {
        return turn instanceof Turn.Active active
                && active.step().calls().stream().allMatch(CallState.Done.class::isInstance);
    }

    /** Ends the open step; all its calls are done. */
    Turn.ClosedStep endStep() {
        Turn.Active active = (Turn.Active) turn;
        List<CallOutcome> outcomes = active.step().calls().stream()
                .map(call -> ((CallState.Done) call).outcome())
                .toList();
        // The boundary carries all outcomes: an event of this decision that says one of them would only repeat it
        events.removeIf(StepEvent.CallEnded.class::isInstance);
        emit(new StepEvent.StepEnded(
                active.responseId(),
                active.accepted().conversation(),
                now,
                active.step().number(),
                outcomes));
        return open().steps().getLast();
    }

    // ---- one call: giving it away

    /** Gives each waiting call whose time has come to a worker, where there is one. */
    void assignWaiting() {
        if (!(turn instanceof Turn.Running running)) {
            return;
        }
        for (CallState call : running.step().calls()) {
            if (call instanceof CallState.Waiting waiting && waiting.notBefore() <= now) {
                assign(running, waiting);
            }
        }
    }

    private void assign(Turn.Running running, CallState.Waiting waiting) {
        CallRef ref = waiting.ref();
        boolean model = running.step().kind() == StepKind.MODEL;
        PlannedTool planned = model ? null : running.step().planned().get(ref.call());
        ToolDescription tool = planned == null ? null : describe(running, planned);
        Stage stage = model ? Stage.LLM : Stage.TOOL;
        Workers.Candidate owner = choose(ref, workers.candidates(stage, tool));
        if (owner == null) {
            return;
        }
        taken.merge(owner.incarnation(), 1, Integer::sum);
        long notAfter = Math.min(running.accepted().deadlineAt(), now + limits.startWithin());
        emit(new StepEvent.CallAssigned(
                running.responseId(),
                running.accepted().conversation(),
                now,
                ref,
                stage,
                owner.incarnation(),
                owner.partition(),
                notAfter));
        commands.add(
                planned == null || tool == null
                        ? new Command.CallModel(
                                ref, owner.incarnation(), owner.partition(), notAfter, limits.contextTokens())
                        : new Command.CallTool(ref, owner.incarnation(), owner.partition(), notAfter, planned, tool));
    }

    private static ToolDescription describe(Turn.Active active, PlannedTool planned) {
        ToolDescription tool = Prompt.description(active, planned.tool());
        if (tool == null) {
            throw new IllegalStateException("the turn's catalogue has no tool " + planned.tool());
        }
        return tool;
    }

    private Workers.@Nullable Candidate choose(CallRef ref, List<Workers.Candidate> candidates) {
        List<Workers.Candidate> free =
                candidates.stream().filter(candidate -> free(candidate) > 0).toList();
        if (free.isEmpty()) {
            return null;
        }
        int[] choices = Decider.twoChoices(ref, free.size());
        Workers.Candidate first = free.get(choices[0]);
        Workers.Candidate second = free.get(choices[1]);
        return free(second) > free(first) ? second : first;
    }

    private int free(Workers.Candidate candidate) {
        return candidate.free() - taken.getOrDefault(candidate.incarnation(), 0);
    }

    // ---- one call: its answer

    /** Takes an answer in; false when it does not count. */
    boolean take(CallResult result) {
        Turn.Active active = (Turn.Active) turn;
        CallState.Assigned call = awaited(active, result);
        if (call == null) {
            return false;
        }
        boolean stopping = active instanceof Turn.Stopping;
        switch (result) {
            case CallResult.Completed completed
            when !fits(active, completed.output()) ->
                done(
                        call,
                        completed.frames(),
                        false,
                        null,
                        new TurnError(ErrorCodes.INTERNAL, "The worker answered with an output of another kind."));
            case CallResult.Completed completed
            when !stopping && Repair.due(active, completed.output(), guards.hold(Guard.ONE_REPAIR)) ->
                // Kept, though it is not accepted: the next step tells the model what is wrong with it
                outcome(call, completed.frames(), false, false, completed.output(), null);
            case CallResult.Completed completed ->
                done(call, completed.frames(), true, completed.output(), error(completed.output()));
            case CallResult.Failed failed when stopping -> stopped(call, failed.frames(), false, null, failed.error());
            case CallResult.Failed failed ->
                failed(call, failed.frames(), failed.error(), failed.retryable(), failed.retryAfterMillis());
            case CallResult.Stopped stopped
            when stopping ->
                stopped(
                        call,
                        stopped.frames(),
                        false,
                        stopped.output() != null && fits(active, stopped.output()) ? stopped.output() : null,
                        stoppedError());
            case CallResult.Stopped stopped -> failed(call, stopped.frames(), stoppedError(), true, 0);
            case CallResult.Busy _, CallResult.NeverStarted _
            when stopping -> done(call, 0, false, null, stoppedError());
            case CallResult.Busy _ -> again(call, Reasons.BUSY, null, refusedUntil(call));
            case CallResult.NeverStarted _ -> again(call, Reasons.NEVER_STARTED, null, refusedUntil(call));
        }
        return true;
    }

    private CallState.@Nullable Assigned awaited(Turn.Active active, CallResult result) {
        CallRef ref = result.ref();
        CallState call = guards.hold(Guard.ATTEMPT_FENCE)
                ? active.step().call(ref)
                : active.step().calls().stream()
                        .filter(state -> state.ref().sameCall(ref))
                        .findFirst()
                        .orElse(null);
        return call instanceof CallState.Assigned assigned
                        && (!guards.hold(Guard.OWNERSHIP) || assigned.owner().equals(result.incarnation()))
                ? assigned
                : null;
    }

    private static boolean fits(Turn.Active active, CallOutput output) {
        return switch (output) {
            case CallOutput.Model _ -> active.step().kind() == StepKind.MODEL;
            case CallOutput.Tool _ -> active.step().kind() == StepKind.TOOLS;
        };
    }

    private static @Nullable TurnError error(CallOutput output) {
        return output instanceof CallOutput.Tool tool ? tool.error() : null;
    }

    private TurnError stoppedError() {
        boolean model = turn instanceof Turn.Active active && active.step().kind() == StepKind.MODEL;
        return new TurnError(model ? ErrorCodes.MODEL_ERROR : ErrorCodes.TOOL_FAILED, "The call was stopped.");
    }

    private long refusedUntil(CallState.Assigned call) {
        return now + limits.busyBackoff(call.tries().refusals() + 1);
    }

    private void failed(CallState.Assigned call, int frames, TurnError error, boolean retryable, long retryAfter) {
        int failures = call.tries().failures() + 1;
        long retryAt = now + limits.backoff(failures, retryAfter);
        if (frames > 0 && onceOnly(call)) {
            unknown(call, frames, false, error.message());
        } else if (retryable
                && attemptsLeft(failures)
                && retryAt < open().accepted().deadlineAt()) {
            again(call, Reasons.FAILED, error, retryAt);
        } else {
            gaveUp(call, frames, false, error);
        }
    }

    /** Every assigned call whose owner is dead goes to another worker, or ends. */
    void loseDead() {
        for (CallState state : ((Turn.Active) turn).step().calls()) {
            if (state instanceof CallState.Assigned call && workers.life(call.owner()) == Workers.Life.DEAD) {
                lost(call);
            }
        }
    }

    private void lost(CallState.Assigned call) {
        commands.add(new Command.Stop(call.ref(), call.stage(), call.owner(), call.partition(), Reasons.LOST));
        if (onceOnly(call)) {
            unknown(call, 0, true, "its worker is gone");
        } else if (attemptsLeft(call.tries().failures() + 1)) {
            again(call, Reasons.LOST, null, now);
        } else {
            gaveUp(call, 0, true, new TurnError(ErrorCodes.WORKER_LOST, "Every worker that took the call was lost."));
        }
    }

    private boolean attemptsLeft(int failures) {
        return !guards.hold(Guard.ATTEMPT_BOUND) || failures < limits.maxAttempts();
    }

    private boolean onceOnly(CallState.Assigned call) {
        return guards.hold(Guard.ONCE_ONLY) && !idempotent(call.ref());
    }

    private boolean idempotent(CallRef ref) {
        Turn.Active active = (Turn.Active) turn;
        return active.step().kind() == StepKind.MODEL
                || describe(active, active.step().planned().get(ref.call())).idempotent();
    }

    private void again(CallState.Assigned call, String reason, @Nullable TurnError error, long retryAt) {
        emit(new StepEvent.AttemptEnded(
                open().responseId(),
                open().accepted().conversation(),
                now,
                call.ref(),
                reason,
                error,
                retryAt,
                call.ref().attempt() + 1));
    }

    // ---- one call: its outcome

    private void unknown(CallState.Assigned call, int frames, boolean sealed, String why) {
        TurnError error = unknownError(why);
        outcome(call, frames, sealed, true, new CallOutput.Tool(error.message(), error), error);
    }

    private static TurnError unknownError(String why) {
        return new TurnError(
                ErrorCodes.OUTCOME_UNKNOWN,
                "The outcome is unknown (%s): the tool may have run, or may run yet. It was not tried again."
                        .formatted(why));
    }

    /**
     * A started call of a step that is being stopped has come to its end. Of a tool that is not idempotent "stopped" would say too
     * little: a later turn's model has to know that it may have run.
     */
    private void stopped(
            CallState.Assigned call, int frames, boolean sealed, @Nullable CallOutput output, TurnError error) {
        if ((frames > 0 || sealed) && mayHaveRun(call.ref())) {
            unknown(call, frames, sealed, "the call was stopped");
        } else {
            outcome(call, frames, sealed, output != null, output, error);
        }
    }

    private boolean mayHaveRun(CallRef ref) {
        return guards.hold(Guard.HONEST_STOP) && !idempotent(ref);
    }

    /** No attempt is left: a tool's failure is told to the model, a model's failure is the turn's. */
    private void gaveUp(CallState.Assigned call, int frames, boolean sealed, TurnError error) {
        CallOutput told = call.stage() == Stage.TOOL ? Prompt.failure(error) : null;
        outcome(call, frames, sealed, told != null, told, error);
    }

    private void done(
            CallState.Assigned call,
            int frames,
            boolean accepted,
            @Nullable CallOutput output,
            @Nullable TurnError error) {
        outcome(call, frames, false, accepted, accepted ? output : null, error);
    }

    private void outcome(
            CallState call,
            int frames,
            boolean sealed,
            boolean accepted,
            @Nullable CallOutput output,
            @Nullable TurnError error) {
        // An attempt that never opened does not supersede in the readers' eyes; its seal does
        boolean cut = sealed
                || (frames == 0 && guards.hold(Guard.SEAL_TRACES) && tries(call).traces());
        emit(new StepEvent.CallEnded(
                open().responseId(),
                open().accepted().conversation(),
                now,
                new CallOutcome(call.ref(), frames, cut, accepted, output, error)));
    }

    private static CallState.Tries tries(CallState call) {
        return switch (call) {
            case CallState.Waiting waiting -> waiting.tries();
            case CallState.Assigned assigned -> assigned.tries();
            case CallState.Done _ -> CallState.Tries.NONE;
        };
    }

    // ---- stopping

    /** Orders the open step to stop; what nobody has ends at once. */
    void stop(Status status, @Nullable TurnError error, String reason) {
        Turn.Active active = (Turn.Active) turn;
        emit(new StepEvent.StopRequested(
                active.responseId(), active.accepted().conversation(), now, status, error, null));
        for (CallState state : active.step().calls()) {
            switch (state) {
                case CallState.Assigned call ->
                    commands.add(new Command.Stop(call.ref(), call.stage(), call.owner(), call.partition(), reason));
                case CallState.Waiting waiting -> outcome(waiting, 0, false, false, null, stoppedError());
                case CallState.Done _ -> {}
            }
        }
    }

    /** Of a stopped step: ends the calls whose owner is dead, or all of them when the time is over. */
    void giveUpStopped(boolean all) {
        for (CallState state : ((Turn.Active) turn).step().calls()) {
            if (state instanceof CallState.Assigned call && (all || workers.life(call.owner()) == Workers.Life.DEAD)) {
                stopped(call, 0, true, null, stoppedError());
            }
        }
    }

    /** Ends every call of the open step at once and drops what they brought, but not that they may have had an effect. */
    void abandon() {
        Turn.Active active = (Turn.Active) turn;
        List<CallState> ended = new ArrayList<>();
        for (CallState state : active.step().calls()) {
            if (state instanceof CallState.Assigned call) {
                commands.add(
                        new Command.Stop(call.ref(), call.stage(), call.owner(), call.partition(), Reasons.ABORTED));
            }
            ended.add(new CallState.Done(abandoned(state)));
        }
        Turn.OpenStep step = active.step();
        turn = new Turn.Running(
                active.accepted(),
                active.steps(),
                new Turn.OpenStep(step.number(), step.kind(), step.planned(), ended, step.startedAt()));
    }

    private CallOutcome abandoned(CallState state) {
        return switch (state) {
            case CallState.Assigned call -> {
                if (!mayHaveRun(call.ref())) {
                    yield new CallOutcome(call.ref(), 0, true, false, null, stoppedError());
                }
                TurnError error = unknownError("the turn was broken off");
                yield new CallOutcome(call.ref(), 0, true, true, new CallOutput.Tool(error.message(), error), error);
            }
            case CallState.Waiting waiting ->
                new CallOutcome(waiting.ref(), 0, waiting.tries().traces(), false, null, stoppedError());
            case CallState.Done done -> {
                CallOutcome outcome = done.outcome();
                CallOutput told = outcome.output() != null && mayHaveRun(outcome.ref())
                        ? new CallOutput.Tool("The tool has run. What it said was dropped.", outcome.error())
                        : null;
                yield new CallOutcome(
                        outcome.ref(), outcome.frames(), outcome.sealed(), told != null, told, outcome.error());
            }
        };
    }

    /** Asks the owner what became of the attempt; of one that is no longer awaited nothing is asked. */
    void ask(CallRef ref) {
        if (turn instanceof Turn.Active active && active.step().call(ref) instanceof CallState.Assigned call) {
            commands.add(new Command.Stop(ref, call.stage(), call.owner(), call.partition(), Reasons.UNLISTED));
        }
    }

    static ResponseSpec withInput(ResponseSpec spec, String text) {
        return spec.toBuilder()
                .input(List.of(new Item.Message(Item.Role.USER, text)))
                .instructions(null)
                .tools(List.of())
                .toolChoice(ToolChoice.AUTO)
                .text(null)
                .reasoning(null)
                .build();
    }
}
