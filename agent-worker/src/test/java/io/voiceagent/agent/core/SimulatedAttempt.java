package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Frame;
import io.voiceagent.transport.stage.Outcome;
import io.voiceagent.transport.stage.WorkerRules.Break;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** One attempt under way at a worker: a script, the frames that came of it, and the one result at its end. */
final class SimulatedAttempt {
    /** A handler that heeds no stop is given up after this time, milliseconds. */
    private static final long STOP_GRACE = 5_000;

    private static final class Sent {
        final Frame frame;
        boolean acknowledged;

        Sent(Frame frame) {
            this.frame = frame;
        }
    }

    private final SimulatedWorker worker;
    private final World world;
    private final Call call;
    private final CallRef ref;
    private final List<Act> script;
    private final Said said = new Said();
    private final List<Sent> frames = new ArrayList<>();
    private Supplier<CallResult> conclusion;
    private int next;
    private boolean ordered;
    private boolean handedBack;
    private boolean broken;
    private boolean brokenAtEnd;
    private boolean reported;

    SimulatedAttempt(SimulatedWorker worker, Call call, List<Act> script) {
        this.worker = worker;
        this.world = worker.world;
        this.call = call;
        this.ref = call.ref();
        this.script = script;
    }

    void begin() {
        send(new Frame.Opened(ref, call.conversation(), worker.incarnation));
        act();
    }

    /** The orchestrator wants it to end. */
    void order() {
        if (!ordered && !handedBack) {
            ordered = true;
            stop();
        }
    }

    /** Its worker leaves. */
    void handBack() {
        if (!ordered && !handedBack) {
            handedBack = true;
            stop();
        }
    }

    private void stop() {
        if (world.chance(worker.simulation.weather.deaf())) {
            world.tally.count(Happening.STOP_IGNORED);
            worker.later(STOP_GRACE, () -> breakOff(Break.STOPPED));
        } else {
            worker.later(world.between(0, 60), () -> {
                boolean model = call instanceof Call.Model && !said.isEmpty();
                conclude(() -> {
                    CallOutput output = model ? said.output(Finish.STOP) : null;
                    if (output != null && ordered) {
                        world.tally.count(Happening.STOPPED_WITH_OUTPUT);
                    }
                    return worker.rules.ended(
                            call, new Outcome.Stopped(output), ordered, handedBack, brokenAtEnd, frames.size());
                });
            });
        }
    }

    private boolean stopped() {
        return ordered || handedBack;
    }

    private void breakOff(Break why) {
        conclude(() -> worker.rules.broken(call, why, ordered, handedBack, brokenAtEnd, frames.size()));
    }

    private void act() {
        if (next == script.size()) {
            return;
        }
        Act act = script.get(next++);
        worker.later(act.after(), () -> {
            if (conclusion == null) {
                act(act);
            }
        });
    }

    private void act(Act act) {
        // The first delta waits for the acknowledgement of frame 0
        if (act instanceof Act.Say && !broken && !frames.getFirst().acknowledged) {
            worker.later(5, () -> {
                if (conclusion == null) {
                    act(act);
                }
            });
            return;
        }
        switch (act) {
            case Act.Say say -> {
                if (stopped()) {
                    return; // its write throws, and the stop ends it
                }
                if (broken) {
                    breakOff(Break.FRAMES_FAILED);
                    return;
                }
                say.deltas().forEach(said::add);
                send(new Frame.Deltas(ref, call.conversation(), worker.incarnation, frames.size(), say.deltas()));
                act();
            }
            case Act.HaveEffect effect -> {
                if (stopped()) {
                    return;
                }
                boolean careful = worker.simulation.setup.breach() != Breach.BEGINS_WITHOUT_LEASE;
                if (effect.once() && !worker.leaseHeld() && careful) {
                    world.tally.count(Happening.LEASE_REFUSED_EFFECT);
                    breakOff(Break.LEASE_LOST);
                    return;
                }
                if (effect.once()) {
                    worker.simulation.invariants.effectBegins(ref, worker.incarnation);
                }
                worker.simulation.truth.effect(ref, worker.incarnation);
                act();
            }
            case Act.EndAnswer end -> {
                if (worker.simulation.setup.breach() == Breach.RESULT_SAYS_MORE) {
                    said.add(new Frame.Text(Scripts.voice(ref) + "1000 "));
                }
                conclude(() ->
                        ended(new Outcome.Completed(said.output(end.finish()).withViolations(end.violations()))));
            }
            case Act.End end -> conclude(() -> ended(end.outcome()));
            case Act.BreakOff off -> breakOff(off.why());
            case Act.Hang _ -> {}
        }
    }

    private CallResult ended(Outcome outcome) {
        return worker.rules.ended(call, outcome, ordered, handedBack, brokenAtEnd, frames.size());
    }

    private void conclude(Supplier<CallResult> how) {
        if (conclusion == null) {
            conclusion = how;
            brokenAtEnd = broken;
            settle();
        }
    }

    // ---- frames

    private void send(Frame frame) {
        Sent sent = new Sent(frame);
        frames.add(sent);
        boolean lost = world.chance(worker.simulation.weather.frameLost());
        boolean appended = !lost || world.chance(0.5);
        worker.send(world.between(1, 12), () -> {
            if (appended) {
                worker.simulation.logs.stream.append(frame);
            }
            if (!lost) {
                worker.later(world.between(1, 10), () -> acknowledge(sent));
            }
        });
        if (lost) {
            // Nobody knows whether it is in the log: no delta is taken any more, and the frame is sent again at the end
            worker.later(world.between(200, 3_000), () -> {
                broken = true;
                settle();
            });
        }
    }

    private void acknowledge(Sent sent) {
        sent.acknowledged = true;
        settle();
    }

    private void settle() {
        if (conclusion == null || reported) {
            return;
        }
        int first = firstDoubtful();
        if (worker.simulation.setup.breach() == Breach.RESULT_BEFORE_FRAMES && first < frames.size()) {
            frames.subList(first, frames.size()).forEach(sent -> sent.acknowledged = true);
            frames.add(new Sent(frames.getLast().frame));
            first = frames.size();
        }
        if (first == frames.size()) {
            report();
        } else if (broken) {
            world.tally.count(Happening.FRAME_SENT_AGAIN);
            frames.subList(first, frames.size()).forEach(this::sendAgain);
            reported = true;
            worker.send(
                    5,
                    () -> worker.later(5, () -> {
                        reported = false;
                        frames.forEach(sent -> sent.acknowledged = true);
                        report();
                    }));
        }
    }

    private int firstDoubtful() {
        for (int i = 0; i < frames.size(); i++) {
            if (!frames.get(i).acknowledged) {
                return i;
            }
        }
        return frames.size();
    }

    private void sendAgain(Sent sent) {
        worker.send(world.between(1, 40), () -> worker.simulation.logs.stream.append(sent.frame));
    }

    private void report() {
        reported = true;
        CallResult result = conclusion.get();
        worker.running.remove(ref);
        worker.simulation.truth.ended(ref, result);
        worker.rules.finished(result);
        world.trace(() -> worker.incarnation + " ends " + ref + " with "
                + result.getClass().getSimpleName());
        worker.deliver(result);
    }
}
