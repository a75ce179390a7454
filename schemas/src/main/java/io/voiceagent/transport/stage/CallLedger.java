package io.voiceagent.transport.stage;

import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.TurnError;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one incarnation knows of the calls that were given to it, and what it answers to a call or a stop. No I/O and no
 * clock: what happened comes in, what to do goes out.
 *
 * <p>An attempt is assigned once. What became of it here stays so, whatever comes later, be it that a record is in the log
 * twice or behind one that it came before: an attempt that did run is never run again, its result is told again; and one
 * that was refused, or whose stop was read first, is never begun, for by then another may be under way.
 *
 * <p>Thread-safe.
 */
final class CallLedger {
    /** Most results that are kept whole, in bytes of their records. */
    static final long MAX_KEPT_BYTES = 32L << 20;

    /** Most ended attempts, and most refused ones, that are remembered at all; beyond, the oldest are forgotten. */
    static final int MAX_REMEMBERED = 50_000;

    /** How far the clocks of orchestrator, broker and worker may differ before a call counts as too late. */
    static final long CLOCK_TOLERANCE_MILLIS = 500;

    /** What to do about a record. */
    sealed interface Decision {
        /** Not ours, or in hand already. */
        record Pass() implements Decision {}

        /** Run it; it is held from now on. */
        record Start() implements Decision {}

        /** Send this; it is held until {@link #acknowledged}. */
        record Answer(CallResult result) implements Decision {}

        /** Tell the running attempt to stop. */
        record Cancel() implements Decision {}
    }

    /**
     * @param brokerTime now, by the broker's clock, milliseconds since the epoch
     * @param leaseHeld whether this worker is sure to be believed alive
     * @param draining whether it takes nothing new
     */
    record Situation(long brokerTime, boolean leaseHeld, boolean draining) {}

    private sealed interface State {
        record Running() implements State {}

        record Delivering(CallResult result, int bytes) implements State {}
    }

    /** @param result null when it was too old or large to be kept */
    private record Ended(int frames, @Nullable CallResult result, int bytes) {}

    private static final Decision PASS = new Decision.Pass();
    private final String incarnation;
    private final int slots;
    private final Map<CallRef, State> held = new HashMap<>();
    private final LinkedHashMap<CallRef, Ended> ended = new LinkedHashMap<>();
    /** Attempts that were answered without being begun. */
    private final LinkedHashSet<CallRef> refused = new LinkedHashSet<>();

    private final Deque<CallRef> keptWhole = new ArrayDeque<>();
    private long keptBytes;

    CallLedger(String incarnation, int slots) {
        this.incarnation = incarnation;
        this.slots = slots;
    }

    /** @param notAfter as in the call */
    synchronized Decision onCall(Call call, long notAfter, Situation now) {
        CallRef ref = call.ref();
        if (!call.owner().equals(incarnation) || inHand(ref)) {
            return PASS;
        }
        Ended before = ended.get(ref);
        if (before != null) {
            return answer(again(call, before), before.bytes());
        }
        if (refused.contains(ref) || now.brokerTime() > notAfter + CLOCK_TOLERANCE_MILLIS) {
            return refuse(new CallResult.NeverStarted(ref, call.conversation(), incarnation));
        }
        if (now.draining() || !now.leaseHeld() || busySlots() >= slots) {
            return refuse(new CallResult.Busy(ref, call.conversation(), incarnation));
        }
        held.put(ref, new State.Running());
        return new Decision.Start();
    }

    synchronized Decision onStop(Call.Stop stop) {
        CallRef ref = stop.ref();
        if (!stop.owner().equals(incarnation)) {
            return PASS;
        }
        if (held.get(ref) instanceof State.Running) {
            return new Decision.Cancel();
        }
        if (inHand(ref)) {
            return PASS;
        }
        Ended before = ended.get(ref);
        return before == null
                ? refuse(new CallResult.NeverStarted(ref, stop.conversation(), incarnation))
                : answer(again(stop, before), before.bytes());
    }

    /**
     * A running attempt has ended with this result, which is now to be delivered.
     *
     * @param bytes size of its record
     */
    synchronized void finished(CallResult result, int bytes) {
        if (!(held.get(result.ref()) instanceof State.Running)) {
            throw new IllegalStateException(result.ref() + " does not run");
        }
        held.put(result.ref(), new State.Delivering(result, bytes));
    }

    /** The log has this result. */
    synchronized void acknowledged(CallResult result) {
        CallRef ref = result.ref();
        // A later answer may have taken the place of this one
        if (!(held.get(ref) instanceof State.Delivering(CallResult delivered, int bytes)) || delivered != result) {
            return;
        }
        held.remove(ref);
        if (ran(result)) {
            remember(ref, result, bytes);
        }
    }

    /** The attempts that run or whose answer is not acknowledged, in text form. */
    synchronized List<String> held() {
        return held.keySet().stream().map(CallRef::toString).toList();
    }

    /** Whether the attempt is in hand, or has run here. */
    synchronized boolean knows(CallRef ref) {
        return held.containsKey(ref) || ended.containsKey(ref);
    }

    /** Number of {@link #held}. */
    synchronized int heldCount() {
        return held.size();
    }

    /** Running, or with a result of its run under way; an answer that it did not run takes no slot. */
    private boolean inHand(CallRef ref) {
        return switch (held.get(ref)) {
            case null -> false;
            case State.Running _ -> true;
            case State.Delivering delivering -> ran(delivering.result());
        };
    }

    private long busySlots() {
        return held.keySet().stream().filter(this::inHand).count();
    }

    private Decision refuse(CallResult result) {
        refused.add(result.ref());
        if (refused.size() > MAX_REMEMBERED) {
            refused.removeFirst();
        }
        return answer(result, 0);
    }

    private Decision answer(CallResult result, int bytes) {
        held.put(result.ref(), new State.Delivering(result, bytes));
        return new Decision.Answer(result);
    }

    private CallResult again(Call call, Ended before) {
        CallResult result = before.result();
        return result != null
                ? result
                : new CallResult.Failed(
                        call.ref(),
                        call.conversation(),
                        incarnation,
                        before.frames(),
                        new TurnError(ErrorCodes.WORKER_LOST, "The attempt ran, but its result is no longer kept"),
                        true,
                        0);
    }

    private void remember(CallRef ref, CallResult result, int bytes) {
        Ended old = ended.put(ref, new Ended(frames(result), result, bytes));
        if (old != null && old.result() != null) {
            // Told again: it stays where it was in line
            return;
        }
        keptWhole.addLast(ref);
        keptBytes += bytes;
        while (keptBytes > MAX_KEPT_BYTES) {
            CallRef oldest = keptWhole.removeFirst();
            Ended whole = ended.get(oldest);
            if (whole != null) {
                keptBytes -= whole.bytes();
                ended.put(oldest, new Ended(whole.frames(), null, 0));
            }
        }
        Iterator<Map.Entry<CallRef, Ended>> eldest = ended.entrySet().iterator();
        while (ended.size() > MAX_REMEMBERED) {
            var forgotten = eldest.next();
            eldest.remove();
            if (keptWhole.remove(forgotten.getKey())) {
                keptBytes -= forgotten.getValue().bytes();
            }
        }
    }

    /** Whether the attempt did run, so that it must not run again. */
    private static boolean ran(CallResult result) {
        return !(result instanceof CallResult.Busy || result instanceof CallResult.NeverStarted);
    }

    private static int frames(CallResult result) {
        return switch (result) {
            case CallResult.Completed r -> r.frames();
            case CallResult.Failed r -> r.frames();
            case CallResult.Stopped r -> r.frames();
            case CallResult.Busy _ -> 0;
            case CallResult.NeverStarted _ -> 0;
        };
    }
}
