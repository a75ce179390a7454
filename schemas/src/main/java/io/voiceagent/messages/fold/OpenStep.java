package io.voiceagent.messages.fold;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.StepEnded;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The step that runs: takes the frames of its calls in log order until every call has reached its cut. */
abstract sealed class OpenStep permits ModelStep, ToolsStep {
    final Output output;
    private final List<CallTrack> calls;
    private @Nullable StepEnded boundary;

    OpenStep(Output output, int calls) {
        this.output = output;
        this.calls = Stream.generate(CallTrack::new).limit(calls).toList();
    }

    /** Takes the next frame of this step. */
    void frame(Frame frame) {
        int number = frame.ref().call();
        if (number < 0 || number >= calls.size() || cut(number)) {
            return;
        }
        switch (calls.get(number).see(frame)) {
            case DROP -> {}
            case SUPERSEDE -> superseded();
            case TAKE -> {
                if (frame instanceof Frame.Deltas deltas) {
                    deltas.deltas().forEach(delta -> delta(number, delta));
                }
            }
        }
    }

    /** The orchestrator has drawn the line; frames up to it may still come. */
    void boundary(StepEnded ended) {
        boundary = ended;
    }

    /** Whether the boundary is known and all frames that it counts in have been seen. */
    boolean complete() {
        StepEnded ended = boundary;
        return ended != null
                && ended.outcomes().stream()
                        .allMatch(outcome -> outcome.ref().call() >= calls.size()
                                || cut(outcome.ref().call()));
    }

    private boolean cut(int number) {
        CallOutcome outcome = outcome(number);
        return outcome != null && calls.get(number).reached(outcome);
    }

    /** What the boundary says of a call, null as long as nobody knows. */
    final @Nullable CallOutcome outcome(int number) {
        if (boundary == null) {
            return null;
        }
        return boundary.outcomes().stream()
                .filter(outcome -> outcome.ref().call() == number)
                .findFirst()
                .orElse(null);
    }

    /** A piece of what call {@code number} brings. */
    abstract void delta(int number, Frame.Delta delta);

    /** A higher attempt of a call begins: what there was of it does not count any more. */
    abstract void superseded();

    /** All is there: ends the items of this step. */
    abstract void end();
}
