package io.voiceagent.agent.core;

import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.StepEnded;
import io.voiceagent.messages.fold.ResponseEvent;
import io.voiceagent.messages.fold.ResponseFold;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A reader without one of the rules about attempts. It hides from the fold what the rule looks at: frames that the rule would drop, or would
 * begin anew with, are told as if they went on with what was there.
 */
final class LaxReader {
    private static final class Followed {
        private final String incarnation;
        private final CallRef ref;
        private int attempt;
        private int frames = 1;

        private Followed(Frame.Opened opened) {
            incarnation = opened.incarnation();
            ref = opened.ref();
            attempt = ref.attempt();
        }
    }

    private final boolean supersedes;
    private final Map<String, Followed> calls = new HashMap<>();
    /** Attempt → its next frame: each is taken once and in order by this reader, too. */
    private final Map<CallRef, Integer> next = new HashMap<>();

    private LaxReader(boolean supersedes) {
        this.supersedes = supersedes;
    }

    /** The reader that {@code breach} is about, null when it is about none. */
    static LaxReader of(Breach breach) {
        return switch (breach) {
            case READER_SUPERSEDES_NOTHING -> new LaxReader(false);
            case READER_TAKES_OLD_FRAMES -> new LaxReader(true);
            default -> null;
        };
    }

    /** All frames, and then all decisions. */
    List<ResponseEvent> read(ResponseFold fold, List<StepEvent> steps, List<Frame> frames) {
        List<ResponseEvent> events = new ArrayList<>();
        for (Frame frame : frames) {
            Frame told = told(frame);
            if (told != null) {
                events.addAll(fold.apply(told));
            }
        }
        steps.forEach(step -> events.addAll(fold.apply(told(step))));
        return events;
    }

    private Frame told(Frame frame) {
        String call = frame.ref().idempotencyKey();
        Followed followed = calls.get(call);
        return switch (frame) {
            case Frame.Opened opened -> {
                next.putIfAbsent(opened.ref(), 1);
                boolean begins = followed == null || opened.ref().attempt() > followed.attempt;
                if (followed == null || (begins && supersedes)) {
                    calls.put(call, new Followed(opened));
                    yield opened;
                }
                followed.attempt = Math.max(followed.attempt, opened.ref().attempt());
                yield null;
            }
            case Frame.Deltas deltas -> followed == null ? null : told(followed, deltas);
            case Frame.Seal _ -> null;
        };
    }

    private Frame told(Followed followed, Frame.Deltas deltas) {
        boolean fresh = deltas.ref().attempt() == followed.attempt;
        if ((!fresh && !supersedes) || !next.replace(deltas.ref(), deltas.index(), deltas.index() + 1)) {
            return null;
        }
        return new Frame.Deltas(
                followed.ref, deltas.conversation(), followed.incarnation, followed.frames++, deltas.deltas());
    }

    /** Steps end where the frames end, for the fold can't count what was hidden from it. */
    private static StepEvent told(StepEvent event) {
        if (!(event instanceof StepEnded ended)) {
            return event;
        }
        List<CallOutcome> outcomes = ended.outcomes().stream()
                .map(outcome ->
                        new CallOutcome(outcome.ref(), 0, false, outcome.accepted(), outcome.output(), outcome.error()))
                .toList();
        return new StepEnded(ended.responseId(), ended.conversation(), ended.at(), ended.step(), outcomes);
    }
}
