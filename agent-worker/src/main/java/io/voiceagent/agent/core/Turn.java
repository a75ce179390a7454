package io.voiceagent.agent.core;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.Accepted;
import io.voiceagent.messages.StepEvent.AttemptEnded;
import io.voiceagent.messages.StepEvent.CallAssigned;
import io.voiceagent.messages.StepEvent.CallEnded;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.Deleted;
import io.voiceagent.messages.StepEvent.Ended;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.Repeated;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.StepEvent.StepEnded;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.StepEvent.StepStarted;
import io.voiceagent.messages.StepEvent.StopRequested;
import io.voiceagent.messages.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The state of a turn: the fold of its events, and nothing else.
 *
 * <pre>
 * Unknown ──Accepted──▶ Idle ──StepStarted──▶ Running ──StopRequested──▶ Stopping
 *                        │ ▲                     │                          │
 *                        │ └────── StepEnded ────┴────────── StepEnded ─────┘
 *                        ├──Ended──▶ Over ──Deleted──▶ Gone
 *                        └──Ended, not to be kept────────▶ Gone
 * </pre>
 *
 * A turn that its conversation lets wait is {@link Queued} between Unknown and Idle.
 *
 * An event that does not fit the state is a defect and throws {@link IllegalStateException}.
 */
public sealed interface Turn {
    /** The turn. */
    String responseId();

    /** The state that follows from the event. */
    Turn apply(StepEvent event);

    /** A turn without events. */
    static Turn unknown(String responseId) {
        return new Unknown(responseId);
    }

    /** The state after all of the events. */
    static Turn fold(String responseId, List<StepEvent> events) {
        Turn turn = unknown(responseId);
        for (StepEvent event : events) {
            turn = turn.apply(event);
        }
        return turn;
    }

    /** Accepted and not over. */
    sealed interface Open extends Turn {
        /** How it began. */
        Accepted accepted();

        /** The steps that have ended, in order. */
        List<ClosedStep> steps();

        @Override
        default String responseId() {
            return accepted().responseId();
        }

        /** Tokens of all model calls so far. */
        default Usage usage() {
            return steps().stream()
                    .flatMap(step -> step.outcomes().stream())
                    .map(outcome -> outcome.output() instanceof CallOutput.Model model ? model.usage() : Usage.NONE)
                    .reduce(Usage.NONE, Usage::plus);
        }
    }

    /** A step is open. */
    sealed interface Active extends Open {
        /** The open step. */
        OpenStep step();
    }

    /** Nothing is known of it, or that no turn comes of it. */
    record Unknown(String responseId) implements Turn {
        @Override
        public Turn apply(StepEvent event) {
            return switch (event) {
                case Accepted accepted ->
                    accepted.position() == null ? new Idle(accepted, List.of()) : new Queued(accepted);
                case Repeated _, StepEvent.Refused _ -> this;
                case Deleted deleted -> Gone.of(deleted, null);
                default -> illegal(this, event);
            };
        }
    }

    /** It waits until its conversation has time for it. */
    record Queued(Accepted accepted) implements Open {
        @Override
        public List<ClosedStep> steps() {
            return List.of();
        }

        @Override
        public Turn apply(StepEvent event) {
            return switch (event) {
                case StepEvent.Moved _ -> this;
                case StepEvent.Started started -> new Idle(accepted.after(started.parent()), List.of());
                case Ended ended -> over(this, ended);
                default -> illegal(this, event);
            };
        }
    }

    /** Between two steps; no decision leaves a turn here. */
    record Idle(Accepted accepted, List<ClosedStep> steps) implements Open {
        public Idle {
            steps = List.copyOf(steps);
        }

        @Override
        public Turn apply(StepEvent event) {
            return switch (event) {
                case StepStarted started -> start(started);
                case Ended ended -> over(this, ended);
                case Accepted _,
                        Repeated _,
                        Deleted _,
                        CallAssigned _,
                        AttemptEnded _,
                        CallEnded _,
                        StopRequested _,
                        StepEnded _,
                        StepEvent.Refused _,
                        StepEvent.Moved _,
                        StepEvent.Started _,
                        StepEvent.OfConversation _ -> illegal(this, event);
            };
        }

        private Turn start(StepStarted event) {
            if (event.step() != steps.size()) {
                return illegal(this, event);
            }
            int calls = event.kind() == StepKind.MODEL ? 1 : event.calls().size();
            List<CallState> waiting = IntStream.range(0, calls)
                    .<CallState>mapToObj(i -> new CallState.Waiting(
                            new CallRef(responseId(), event.step(), i, 0), CallState.Tries.NONE, event.at()))
                    .toList();
            return new Running(
                    accepted, steps, new OpenStep(event.step(), event.kind(), event.calls(), waiting, event.at()));
        }
    }

    /** A step is going on. */
    record Running(Accepted accepted, List<ClosedStep> steps, OpenStep step) implements Active {
        public Running {
            steps = List.copyOf(steps);
        }

        @Override
        public Turn apply(StepEvent event) {
            return switch (event) {
                case CallAssigned assigned -> new Running(accepted, steps, step.assign(assigned));
                case AttemptEnded ended -> new Running(accepted, steps, step.release(ended));
                case CallEnded ended -> new Running(accepted, steps, step.end(ended.outcome()));
                case StopRequested stop -> new Stopping(accepted, steps, step, stop);
                case StepEnded ended -> new Idle(accepted, step.close(steps, ended));
                default -> illegal(this, event);
            };
        }
    }

    /** A step is being stopped; no call of it is given to anybody any more. */
    record Stopping(Accepted accepted, List<ClosedStep> steps, OpenStep step, StopRequested stop) implements Active {
        public Stopping {
            steps = List.copyOf(steps);
        }

        @Override
        public Turn apply(StepEvent event) {
            return switch (event) {
                case CallEnded ended -> new Stopping(accepted, steps, step.end(ended.outcome()), stop);
                case StepEnded ended -> new Idle(accepted, step.close(steps, ended));
                default -> illegal(this, event);
            };
        }
    }

    /**
     * It has ended; what later turns need of it.
     *
     * @param previous the turn that it continued
     * @param input what the client sent
     * @param output what belongs to the context of a later turn, see {@link Prompt#outputs}
     * @param byHand it never ran: its input was added to a conversation
     * @param approvals what it left to the client to approve
     * @param traceparent as of {@link Accepted}, by which traces of later turns refer to its own; null when it has none
     */
    record Over(
            String responseId,
            String tenant,
            @Nullable String previous,
            List<Item> input,
            List<Item> output,
            Status status,
            long at,
            boolean byHand,
            List<ApprovalRequest> approvals,
            @Nullable String traceparent)
            implements Turn {
        public Over {
            input = List.copyOf(input);
            output = List.copyOf(output);
            approvals = approvals == null ? List.of() : List.copyOf(approvals);
        }

        /** The same when the turn {@code by} has begun with the answer to that request. */
        public Over approvalAnswered(String requestId, String by) {
            List<ApprovalRequest> after = approvals.stream()
                    .map(request -> request.id().equals(requestId) ? request.answered(by) : request)
                    .toList();
            return new Over(responseId, tenant, previous, input, output, status, at, byHand, after, traceparent);
        }

        /** A turn that ran. */
        public Over(
                String responseId,
                String tenant,
                @Nullable String previous,
                List<Item> input,
                List<Item> output,
                Status status,
                long at) {
            this(responseId, tenant, previous, input, output, status, at, false, List.of(), null);
        }

        private static Over of(Open turn, Ended ended) {
            Accepted accepted = turn.accepted();
            List<Item> output = Prompt.outputs(turn);
            // In a conversation nobody can go on from the turn before, so a turn that brought nothing must not be in
            // the way
            boolean leftOut =
                    accepted.spec().conversationId() != null && ended.status() == Status.FAILED && output.isEmpty();
            return new Over(
                    accepted.responseId(),
                    accepted.tenant(),
                    accepted.previous(),
                    leftOut ? List.of() : accepted.spec().input(),
                    output,
                    ended.status(),
                    ended.at(),
                    false,
                    ended.status() == Status.COMPLETED ? ApprovalRules.open(turn, ended.at()) : List.of(),
                    accepted.traceparent());
        }

        @Override
        public Turn apply(StepEvent event) {
            return event instanceof Deleted deleted ? Gone.of(deleted, previous) : illegal(this, event);
        }
    }

    /**
     * It has ended and nothing of it is kept, since the client said so before or afterwards. That it was there is known, so that nothing
     * brings it back and no later turn goes on from it. In a conversation object the turns after it go on from the one before it.
     *
     * @param previous the turn that it continued, null when it continued none or that is not known any more
     * @param at when it ended, or was deleted
     */
    record Gone(String responseId, String tenant, @Nullable String previous, long at) implements Turn {
        private static Gone of(Deleted deleted, @Nullable String previous) {
            return new Gone(deleted.responseId(), deleted.tenant(), previous, deleted.at());
        }

        @Override
        public Turn apply(StepEvent event) {
            return event instanceof Deleted deleted ? of(deleted, previous) : illegal(this, event);
        }
    }

    private static Turn over(Open turn, Ended ended) {
        Accepted accepted = turn.accepted();
        return accepted.spec().store()
                ? Over.of(turn, ended)
                : new Gone(accepted.responseId(), accepted.tenant(), accepted.previous(), ended.at());
    }

    /** The step that goes on. */
    record OpenStep(int number, StepKind kind, List<PlannedTool> planned, List<CallState> calls, long startedAt) {
        public OpenStep {
            planned = List.copyOf(planned);
            calls = List.copyOf(calls);
        }

        private OpenStep assign(CallAssigned event) {
            if (call(event.ref()) instanceof CallState.Waiting waiting) {
                return with(event.ref().call(), waiting.assign(event));
            }
            throw unfit(event.ref(), event);
        }

        private OpenStep release(AttemptEnded event) {
            if (call(event.ref()) instanceof CallState.Assigned assigned) {
                return with(event.ref().call(), assigned.release(event));
            }
            throw unfit(event.ref(), event);
        }

        private OpenStep end(CallOutcome outcome) {
            CallState state = call(outcome.ref());
            if (state == null || state instanceof CallState.Done) {
                throw unfit(outcome.ref(), outcome);
            }
            return with(outcome.ref().call(), new CallState.Done(outcome));
        }

        private List<ClosedStep> close(List<ClosedStep> before, StepEnded event) {
            if (event.step() != number || event.outcomes().size() != calls.size()) {
                throw new IllegalStateException("step %d of %d calls can't end with step %d of %d"
                        .formatted(
                                number,
                                calls.size(),
                                event.step(),
                                event.outcomes().size()));
            }
            ClosedStep closed = new ClosedStep(kind, planned, event.outcomes());
            return Stream.concat(before.stream(), Stream.of(closed)).toList();
        }

        /** The call, when {@code ref} names its current attempt. */
        @Nullable
        public CallState call(CallRef ref) {
            if (ref.step() != number || ref.call() < 0 || ref.call() >= calls.size()) {
                return null;
            }
            CallState state = calls.get(ref.call());
            return state.ref().equals(ref) ? state : null;
        }

        private OpenStep with(int index, CallState state) {
            List<CallState> changed = new ArrayList<>(calls);
            changed.set(index, state);
            return new OpenStep(number, kind, planned, changed, startedAt);
        }

        private IllegalStateException unfit(CallRef ref, Record event) {
            return new IllegalStateException("call %s of step %s can't take %s"
                    .formatted(ref, calls, event.getClass().getSimpleName()));
        }
    }

    /** A step that has ended. */
    record ClosedStep(StepKind kind, List<PlannedTool> planned, List<CallOutcome> outcomes) {
        public ClosedStep {
            planned = List.copyOf(planned);
            outcomes = List.copyOf(outcomes);
        }
    }

    private static Turn illegal(Turn state, StepEvent event) {
        throw new IllegalStateException("turn %s is %s and can't take %s"
                .formatted(
                        state.responseId(),
                        state.getClass().getSimpleName(),
                        event.getClass().getSimpleName()));
    }
}
