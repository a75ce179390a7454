package io.voiceagent.messages.fold;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.StepEvent.CallOutcome;
import org.jspecify.annotations.Nullable;

/** What the frames of one call of the open step came to: which attempt counts at this place in the log, and how far it came. */
final class CallTrack {
    /** What to do with a frame. */
    enum Verdict {
        /** Nothing: it is of an attempt, a sender or a place that does not count. */
        DROP,
        /** It begins an attempt; the one before, if any, is superseded. */
        SUPERSEDE,
        /** Its deltas count. */
        TAKE
    }

    private int attempt = -1;
    private @Nullable String incarnation;
    /** Number of frames of the current attempt so far. */
    private int frames;
    /** Highest attempt of which a seal was seen. */
    private int sealed = -1;

    Verdict see(Frame frame) {
        int of = frame.ref().attempt();
        return switch (frame) {
            case Frame.Opened opened -> open(of, opened.incarnation());
            case Frame.Deltas deltas -> follow(of, deltas);
            case Frame.Seal _ -> seal(of);
        };
    }

    private Verdict open(int of, String by) {
        if (of <= attempt || of <= sealed) {
            return Verdict.DROP;
        }
        attempt = of;
        incarnation = by;
        frames = 1;
        return Verdict.SUPERSEDE;
    }

    /**
     * Only the next frame counts. A sender that is in doubt sends again from the doubtful frame on, so the log may have a frame twice, or
     * have one before the frame that it follows.
     */
    private Verdict follow(int of, Frame.Deltas deltas) {
        if (of != attempt || of <= sealed || !deltas.incarnation().equals(incarnation) || deltas.index() != frames) {
            return Verdict.DROP;
        }
        frames++;
        return Verdict.TAKE;
    }

    /** The seal of an attempt that never opened supersedes the one before, as its opening would have. */
    private Verdict seal(int of) {
        if (of <= sealed || of < attempt) {
            return Verdict.DROP;
        }
        sealed = of;
        if (of == attempt) {
            return Verdict.DROP;
        }
        attempt = of;
        incarnation = null;
        frames = 0;
        return Verdict.SUPERSEDE;
    }

    /** Whether all frames that {@code outcome} counts in have been seen. */
    boolean reached(CallOutcome outcome) {
        int of = outcome.ref().attempt();
        if (outcome.sealed()) {
            return sealed >= of;
        }
        return outcome.frames() == 0 || attempt > of || (attempt == of && frames >= outcome.frames());
    }
}
