package io.voiceagent.transport.stage;

import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The rules by which a real worker answers, opened to a simulation; they have no I/O and no clock of their own. */
public final class WorkerRules {
    private final String incarnation;
    private final CallLedger ledger;
    private final OwnLease lease =
            new OwnLease(Duration.ofMillis(Announcement.LEASE_MILLIS), -TimeUnit.DAYS.toNanos(1));
    private final BrokerClock clock = new BrokerClock();

    /** What to do about a record of the calls topic. */
    public sealed interface Reaction {
        record Pass() implements Reaction {}

        record Start() implements Reaction {}

        record Answer(CallResult result) implements Reaction {}

        record Cancel() implements Reaction {}
    }

    /** Why an attempt ended before its handler came to an outcome. */
    public enum Break {
        STOPPED,
        LEASE_LOST,
        FRAMES_FAILED,
        DEFECT
    }

    public WorkerRules(String incarnation, int slots) {
        this.incarnation = incarnation;
        this.ledger = new CallLedger(incarnation, slots);
    }

    public Reaction onCall(Call call, long notAfter, long now, boolean leaseHeld, boolean draining) {
        return reaction(ledger.onCall(call, notAfter, new CallLedger.Situation(now, leaseHeld, draining)));
    }

    public Reaction onStop(Call.Stop stop) {
        return reaction(ledger.onStop(stop));
    }

    /**
     * An announcement is in the log. All times are milliseconds.
     *
     * @param sentAt and {@code acknowledgedAt} by the worker's clock, {@code appendedAt} by the broker's
     */
    public void announced(long sentAt, long acknowledgedAt, long appendedAt) {
        lease.acknowledged(TimeUnit.MILLISECONDS.toNanos(sentAt));
        clock.observe(sentAt, acknowledgedAt, appendedAt);
    }

    /** What the broker's clock shows when the worker's shows that. */
    public long brokerTime(long own) {
        return clock.at(own);
    }

    /** Whether an effect may begin at that time of the worker's clock, milliseconds. */
    public boolean leaseHeld(long now) {
        return lease.held(TimeUnit.MILLISECONDS.toNanos(now));
    }

    public void finished(CallResult result) {
        ledger.finished(result, 500);
    }

    public void acknowledged(CallResult result) {
        ledger.acknowledged(result);
    }

    public List<String> held() {
        return ledger.held();
    }

    /** What is reported of an attempt whose handler came to an outcome. */
    public CallResult ended(
            Call call, Outcome outcome, boolean ordered, boolean handedBack, boolean broken, int frames) {
        return conclude(call, new Conclusion.End.Returned(outcome), ordered, handedBack, broken, frames);
    }

    /** What is reported of an attempt that was broken off. */
    public CallResult broken(Call call, Break why, boolean ordered, boolean handedBack, boolean broken, int frames) {
        Exception thrown = switch (why) {
            case STOPPED -> new CallStoppedException("stopped", null);
            case LEASE_LOST -> new LeaseLostException("lease", null);
            case FRAMES_FAILED -> new FramesFailedException("frames", null);
            case DEFECT -> new IllegalStateException("defect");
        };
        return conclude(call, new Conclusion.End.Threw(thrown), ordered, handedBack, broken, frames);
    }

    /** An attempt's outcome when it was told to stop. */
    public static Outcome stopped(CallOutput output) {
        return new Outcome.Stopped(output);
    }

    private CallResult conclude(
            Call call, Conclusion.End end, boolean ordered, boolean handedBack, boolean broken, int frames) {
        Conclusion.StopKind stop =
                ordered ? Conclusion.StopKind.ORDERED : handedBack ? Conclusion.StopKind.HANDED_BACK : null;
        CallRef ref = call.ref();
        return new Conclusion(end, stop, broken).result(ref, call.conversation(), incarnation, frames);
    }

    private static Reaction reaction(CallLedger.Decision decision) {
        return switch (decision) {
            case CallLedger.Decision.Pass _ -> new Reaction.Pass();
            case CallLedger.Decision.Start _ -> new Reaction.Start();
            case CallLedger.Decision.Answer answer -> new Reaction.Answer(answer.result());
            case CallLedger.Decision.Cancel _ -> new Reaction.Cancel();
        };
    }
}
