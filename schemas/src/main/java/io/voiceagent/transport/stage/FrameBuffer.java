package io.voiceagent.transport.stage;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When deltas go out: the first at once; a later one at once when nothing went out for {@link #GAP_NANOS}; otherwise
 * together with its neighbours at the next multiple of that time, or when there are {@link #MAX_DELTAS}, or {@link #MAX_CHARS}.
 *
 * <p>So a slow model's tokens wait for nothing, and a fast one's make 50 frames a second. The multiples are the same for all
 * streams of a process: their frames go out together, and share a request to the broker and an answer to its readers. No
 * clock, not thread-safe.
 */
final class FrameBuffer {
    static final long GAP_NANOS = 20_000_000;
    static final int MAX_DELTAS = 32;
    static final int MAX_CHARS = 32 * 1024;
    private static final int LOGPROB_CHARS = 64;

    /** What follows from a new delta. */
    sealed interface Next {
        /** Take and send what is there. */
        record SendNow() implements Next {}

        /** Do so after that time, unless it has happened by then. */
        record SendIn(long nanos) implements Next {}

        /** That has been arranged before. */
        record Wait() implements Next {}
    }

    private List<Frame.Delta> deltas = new ArrayList<>();
    private long chars;
    private boolean anySent;
    private long lastSent;

    /** Adds a delta at that time ({@code System.nanoTime()}). */
    Next add(Frame.Delta delta, long now) {
        deltas.add(delta);
        chars += chars(delta);
        if (!anySent || now - lastSent >= GAP_NANOS || deltas.size() >= MAX_DELTAS || chars >= MAX_CHARS) {
            return new Next.SendNow();
        }
        return deltas.size() == 1 ? new Next.SendIn(GAP_NANOS - Math.floorMod(now, GAP_NANOS)) : new Next.Wait();
    }

    /** Gives up what is there to be sent at that time; empty when there is nothing. */
    List<Frame.Delta> take(long now) {
        List<Frame.Delta> taken = deltas;
        if (!taken.isEmpty()) {
            deltas = new ArrayList<>();
            chars = 0;
            anySent = true;
            lastSent = now;
        }
        return taken;
    }

    /** About as long as they are as JSON. */
    private static int chars(@Nullable List<TokenLogprob> logprobs) {
        return logprobs == null
                ? 0
                : logprobs.stream()
                        .mapToInt(each -> (1 + each.top().size()) * LOGPROB_CHARS)
                        .sum();
    }

    /** Length of its text. */
    static int chars(Frame.Delta delta) {
        return switch (delta) {
            case Frame.Text d -> d.text().length() + chars(d.logprobs());
            case Frame.Refusal d -> d.text().length();
            case Frame.ReasoningText d -> d.text().length();
            case Frame.ToolCallStart d -> d.callId().length() + d.name().length();
            case Frame.ToolCallArguments d -> d.text().length();
            case Frame.Progress d -> d.status().length();
        };
    }
}
