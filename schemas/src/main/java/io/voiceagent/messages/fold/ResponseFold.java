package io.voiceagent.messages.fold;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.Accepted;
import io.voiceagent.messages.StepEvent.Ended;
import io.voiceagent.messages.StepEvent.StepEnded;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.StepEvent.StepStarted;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Folds the two logs of one turn, its steps and its frames, into its public events and its response object.
 *
 * <p>Each log is applied in its own order; how the two interleave makes no difference to the events, only to when they are known. Inside a
 * step events come from frames alone, in log order; a step event acts only when all before it has been acted on, and the end of a step only
 * when every call of the step has reached its cut (see {@link StepEvent.CallOutcome}). So frames that run ahead wait here for their step,
 * and steps that run ahead wait for their frames.
 *
 * <pre>
 *  steps   accepted   step 0 started       step 0 ended (call 0: attempt 1, 3 frames)    ended
 *  frames                          0/0: opened, deltas   0/1: opened, deltas, deltas
 *  events  created, in_progress    item 0 added, delta   item 0 done (incomplete), item 1 added, delta, delta, item 1 done, completed
 * </pre>
 *
 * <p>Not safe for concurrent use. Step events before {@link Accepted} are passed over: a log that was cut off there can't be folded, and
 * {@link #accepted} stays null.
 */
public final class ResponseFold {
    /**
     * Version of the rules by which events are derived; a turn names the version that all of its readers must use.
     *
     * <p>2: refusals are parts of their own, an answer can be found to be of another format than it was asked for, and the response tells
     * of truncation and service tier. What turns of version 1 have is shown as before.
     */
    public static final int VERSION = 2;

    private final String responseId;
    private final EventWriter events = new EventWriter();
    /** Step events that wait for what is before them. */
    private final Deque<StepEvent> waiting = new ArrayDeque<>();
    /** Frames of steps that have not begun, by step. Only looked up in, so its order does not matter. */
    private final Map<Integer, List<Frame>> ahead = new HashMap<>();

    private @Nullable Accepted accepted;
    private @Nullable Output output;
    /** Of a turn that waits for its conversation. */
    private @Nullable Integer position;

    private @Nullable OpenStep step;
    private @Nullable Ended ended;
    /** Number of the step that is or was open, -1 before the first. */
    private int number = -1;

    /** A turn of which nothing is known. */
    public ResponseFold(String responseId) {
        this.responseId = responseId;
    }

    /**
     * Applies the next step event of the turn.
     *
     * @return the events that are now known, often none
     * @throws MalformedMessageException when the turn is of a version that this code does not know
     */
    public List<ResponseEvent> apply(StepEvent event) {
        if (ended != null) {
            return List.of();
        }
        switch (event) {
            case Accepted begin -> accept(begin);
            case StepStarted _, StepEnded _, Ended _ -> {
                if (accepted != null) {
                    waiting.add(event);
                }
            }
            // The attempts show themselves in the frames, and the boundary repeats what counts
            case StepEvent.Moved moved -> position = position == null ? null : Integer.valueOf(moved.position());
            case StepEvent.Started _ -> begin();
            case StepEvent.Repeated _,
                    StepEvent.Refused _,
                    StepEvent.OfConversation _,
                    StepEvent.Deleted _,
                    StepEvent.CallAssigned _,
                    StepEvent.AttemptEnded _,
                    StepEvent.CallEnded _,
                    StepEvent.StopRequested _ -> {}
        }
        advance();
        return events.take();
    }

    /**
     * Applies the next frame of the turn.
     *
     * @return the events that are now known, often none
     */
    public List<ResponseEvent> apply(Frame frame) {
        int of = frame.ref().step();
        if (ended != null || of < number) {
            return List.of();
        }
        if (of > number) {
            ahead.computeIfAbsent(of, _ -> new ArrayList<>()).add(frame);
            return List.of();
        }
        if (step != null) {
            step.frame(frame);
            advance();
        }
        return events.take();
    }

    /** Whether the last event of the turn is there. */
    public boolean ended() {
        return ended != null;
    }

    /** The response object as it is now, JSON text; null before {@link Accepted}. */
    public @Nullable String response() {
        return accepted == null ? null : EventWriter.text(responseObject(accepted)::writeFields);
    }

    /** How the turn began, null when that is not known yet. */
    public @Nullable Accepted accepted() {
        return accepted;
    }

    /** How the turn ended, null as long as its last event is not there. */
    public @Nullable Ended ending() {
        return ended;
    }

    /** Owner of the response, null before {@link Accepted}. */
    public @Nullable String tenant() {
        return accepted == null ? null : accepted.tenant();
    }

    /** The response object of a turn that nobody has accepted yet. */
    public static String queued(Request.Submit submit) {
        return EventWriter.text(
                ResponseObject.queued(submit.responseId(), submit.submittedAt(), submit.spec())::writeFields);
    }

    private void accept(Accepted begin) {
        if (accepted != null) {
            return;
        }
        if (begin.foldVersion() > VERSION) {
            throw new MalformedMessageException(
                    "the events of " + responseId + " are derived by version " + begin.foldVersion()
                            + " of the rules; this is version " + VERSION + ", update it",
                    null);
        }
        accepted = begin;
        output = new Output(events, begin);
        position = begin.position();
        responseEvent("response.created", begin);
        responseEvent(position == null ? "response.in_progress" : "response.queued", begin);
    }

    private void begin() {
        if (accepted != null && position != null) {
            position = null;
            responseEvent("response.in_progress", accepted);
        }
    }

    /** Goes as far as what is known allows. */
    private void advance() {
        Accepted begin = accepted;
        Output items = output;
        if (begin == null || items == null) {
            return;
        }
        while (true) {
            if (step != null && step.complete()) {
                step.end();
                step = null;
            }
            StepEvent next = waiting.peek();
            // Only its own end goes into an open step; all else waits until it is closed
            if (next == null || (step != null && !(next instanceof StepEnded))) {
                return;
            }
            waiting.remove();
            switch (next) {
                case StepStarted started -> start(started, items);
                case StepEnded boundary -> {
                    if (step != null && boundary.step() == number) {
                        step.boundary(boundary);
                    }
                }
                case Ended end -> {
                    end(end, begin, items);
                    return;
                }
                default -> throw new IllegalStateException("not a step event that waits: " + next);
            }
        }
    }

    private void start(StepStarted started, Output items) {
        if (started.step() <= number) {
            return;
        }
        number = started.step();
        step = started.kind() == StepKind.MODEL ? new ModelStep(items) : new ToolsStep(items, started.calls());
        List<Frame> early = ahead.remove(number);
        if (early != null) {
            early.forEach(step::frame);
        }
    }

    private void end(Ended end, Accepted begin, Output items) {
        items.endAll();
        ended = end;
        position = null;
        waiting.clear();
        ahead.clear();
        responseEvent(
                switch (end.status()) {
                    case COMPLETED -> "response.completed";
                    case FAILED -> "response.failed";
                    // The dialect has no event for it: response.status says that it was cancelled
                    case CANCELLED, INCOMPLETE -> "response.incomplete";
                },
                begin);
    }

    private void responseEvent(String type, Accepted begin) {
        events.event(type, out -> {
            out.writeName("response");
            out.writeStartObject();
            responseObject(begin).writeFields(out);
            out.writeEndObject();
        });
    }

    private ResponseObject responseObject(Accepted begin) {
        return ResponseObject.accepted(begin, output == null ? List.of() : output.items(), position, ended);
    }
}
