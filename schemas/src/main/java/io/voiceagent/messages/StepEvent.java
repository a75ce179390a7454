package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record of {@link Topics#STEPS}: a decision of the orchestrator, committed together with the state and the commands that follow from
 * it. Folding the events of a turn gives its state.
 *
 * <p>A turn is {@link Accepted}, then any number of steps ({@link StepStarted} … {@link StepEnded}), then one {@link Ended}. A step is one
 * model call, or the tool calls that the model asked for, side by side. A submission of which no turn comes is {@link Repeated}, and
 * nothing else.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = StepEvent.Accepted.class, name = "accepted"),
    @JsonSubTypes.Type(value = StepEvent.Repeated.class, name = "repeated"),
    @JsonSubTypes.Type(value = StepEvent.StepStarted.class, name = "step_started"),
    @JsonSubTypes.Type(value = StepEvent.CallAssigned.class, name = "call_assigned"),
    @JsonSubTypes.Type(value = StepEvent.AttemptEnded.class, name = "attempt_ended"),
    @JsonSubTypes.Type(value = StepEvent.CallEnded.class, name = "call_ended"),
    @JsonSubTypes.Type(value = StepEvent.StopRequested.class, name = "stop_requested"),
    @JsonSubTypes.Type(value = StepEvent.StepEnded.class, name = "step_ended"),
    @JsonSubTypes.Type(value = StepEvent.Ended.class, name = "ended")
})
public sealed interface StepEvent {
    /** The turn. */
    String responseId();

    /** The record's key. */
    String conversation();

    /** Time of the decision, milliseconds since the epoch. */
    long at();

    /**
     * The turn exists and will end.
     *
     * @param submittedAt the response's {@code created_at}, milliseconds since the epoch
     * @param deadlineAt the turn has ended by then, milliseconds since the epoch
     * @param foldVersion version of the fold by which all readers derive the public events
     * @param catalogue the hosted tools that the turn may use, as they were at this moment
     * @param traceparent of the request (W3C): the parent of the turn's own span, null when it is not traced. The turn's span has
     *     an id that follows from the response id; the {@link Headers#TRACEPARENT} of all later records names that span
     */
    record Accepted(
            String responseId,
            String conversation,
            String tenant,
            long at,
            long submittedAt,
            long deadlineAt,
            int foldVersion,
            ResponseSpec spec,
            List<ToolDescription> catalogue,
            @Nullable String traceparent)
            implements StepEvent {
        public Accepted {
            catalogue = catalogue == null ? List.of() : List.copyOf(catalogue);
        }
    }

    /**
     * The submission repeats an earlier one of the same {@link Request.Registration#key}: no turn comes of it, and its id is nobody's.
     *
     * @param earlier the response that the earlier submission became
     * @param same whether the bodies are equal; if so {@code earlier} is the answer, if not the key was used for something else
     */
    record Repeated(String responseId, String conversation, long at, String earlier, boolean same)
            implements StepEvent {}

    /** What a step does. */
    enum StepKind {
        @JsonProperty("model")
        MODEL,
        @JsonProperty("tools")
        TOOLS
    }

    /**
     * A step begins; its calls wait for workers.
     *
     * @param step 0 and up, without gaps
     * @param calls empty for a model step (its one call is number 0); for a tools step call {@code i} runs the i-th entry
     */
    record StepStarted(
            String responseId, String conversation, long at, int step, StepKind kind, List<PlannedTool> calls)
            implements StepEvent {
        public StepStarted {
            calls = calls == null ? List.of() : List.copyOf(calls);
        }
    }

    /**
     * A hosted tool call of a tools step.
     *
     * @param callId the model's id of the call, as in its frames
     */
    record PlannedTool(String callId, String tool, String arguments) {}

    /** An attempt was given to a worker. */
    record CallAssigned(
            String responseId,
            String conversation,
            long at,
            CallRef ref,
            Stage stage,
            String owner,
            int partition,
            long notAfter)
            implements StepEvent {}

    /**
     * An attempt ended without an outcome that counts, and the call goes on.
     *
     * @param reason {@code busy}, {@code failed}, {@code lost} (its worker is dead), {@code never_started}
     * @param error for {@code failed}
     * @param retryAt when the next attempt may be assigned, milliseconds since the epoch
     * @param nextAttempt number of the attempt that follows, always one more: a number is never given to two workers, so a late or
     *     repeated answer can be told from the one that is awaited
     */
    record AttemptEnded(
            String responseId,
            String conversation,
            long at,
            CallRef ref,
            String reason,
            @Nullable TurnError error,
            long retryAt,
            int nextAttempt)
            implements StepEvent {}

    /**
     * A call of a step has its outcome while others of the step go on. Readers of the public events need not act on it: the boundary
     * repeats the outcome.
     */
    record CallEnded(String responseId, String conversation, long at, CallOutcome outcome) implements StepEvent {}

    /** The running step is to be stopped, and the turn will then end as said. */
    record StopRequested(
            String responseId,
            String conversation,
            long at,
            Status status,
            @Nullable TurnError error,
            @Nullable String incompleteReason)
            implements StepEvent {}

    /**
     * The boundary: every call of the step has an outcome. Readers emit what the frames up to each cut give, then what the boundary gives.
     *
     * @param outcomes one for each call of the step, in the order of their numbers
     */
    record StepEnded(String responseId, String conversation, long at, int step, List<CallOutcome> outcomes)
            implements StepEvent {
        public StepEnded {
            outcomes = List.copyOf(outcomes);
        }
    }

    /**
     * How a call ended, and where its frames end.
     *
     * @param ref the attempt that counts
     * @param frames number of its frames, 0 when it was never opened; without meaning when {@code sealed}
     * @param sealed true: nobody knows the number of its frames; they end at the first {@link Frame.Seal} of this attempt
     * @param accepted whether what the frames gave belongs to the output; if not, its items stay in the event history alone
     * @param output what the call brought; null when it brought nothing
     * @param error why it failed; null when it did not
     */
    record CallOutcome(
            CallRef ref,
            int frames,
            boolean sealed,
            boolean accepted,
            @Nullable CallOutput output,
            @Nullable TurnError error) {}

    /** How a turn ended. */
    enum Status {
        @JsonProperty("completed")
        COMPLETED,
        @JsonProperty("failed")
        FAILED,
        @JsonProperty("cancelled")
        CANCELLED,
        @JsonProperty("incomplete")
        INCOMPLETE
    }

    /**
     * The last event of a turn.
     *
     * @param error only with {@link Status#FAILED}
     * @param incompleteReason only with {@link Status#INCOMPLETE}, for example {@code max_output_tokens}
     */
    record Ended(
            String responseId,
            String conversation,
            long at,
            Status status,
            @Nullable TurnError error,
            @Nullable String incompleteReason,
            Usage usage)
            implements StepEvent {}
}
