package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Stage;
import io.voiceagent.transport.stage.WorkerRules;
import io.voiceagent.transport.stage.WorkerRules.Reaction;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/** One incarnation of a worker: answers by the rules of a real one, and streams and reports through a network that has its moods. */
final class SimulatedWorker {
    final String incarnation;
    final Stage stage;
    final WorkerRules rules;
    final Map<CallRef, SimulatedAttempt> running = new LinkedHashMap<>();
    final Simulation simulation;
    final World world;
    private final Map<String, String> tools;
    private final int partition;
    private final int slots;
    /** How far its clock is ahead of the world's, milliseconds. */
    private final long skew;

    private final Log<Call> calls;
    private final IntConsumer reader = this::appended;
    private int position;
    private long sequence;
    private long pausedUntil;
    private long silentUntil;
    private long lastArrival;
    private long lastAnnouncement;
    private boolean dead;
    private boolean draining;
    private boolean leaving;

    SimulatedWorker(Simulation simulation, String incarnation, Stage stage, Map<String, String> tools) {
        this.simulation = simulation;
        this.world = simulation.world;
        this.incarnation = incarnation;
        this.stage = stage;
        this.tools = new HashMap<>(tools);
        this.slots = world.between(1, 4);
        this.skew = simulation.weather.skewed() && world.chance(0.3) ? world.between(-300_000, 300_000) : 0;
        this.partition = world.between(0, Logs.CALL_PARTITIONS - 1);
        this.rules = new WorkerRules(incarnation, slots);
        this.calls = simulation.logs.calls(stage, partition);
        this.position = calls.end();
        calls.follow(reader);
        world.after(world.between(0, 300), this::announce);
    }

    // ---- what befalls it

    boolean alive() {
        return !dead;
    }

    boolean paused() {
        return world.now() < pausedUntil;
    }

    boolean leaves() {
        return draining;
    }

    boolean holds(CallRef ref) {
        return !dead && rules.held().contains(ref.toString());
    }

    void crash() {
        dead = true;
        calls.unfollow(reader);
    }

    /** Does nothing at all for a while, and then goes on as if nothing had been. */
    void pause(long millis) {
        pausedUntil = Math.max(pausedUntil, world.now() + millis);
    }

    /** Works on, but its announcements do not come through. */
    void silence(long millis) {
        silentUntil = Math.max(silentUntil, world.now() + millis);
    }

    /** Takes nothing new, waits for what runs, hands back the rest, leaves. */
    void drain() {
        draining = true;
        later(world.between(500, 6_000), () -> running.values().forEach(SimulatedAttempt::handBack));
        later(7_000, () -> leaving = true);
    }

    /** Runs {@code action} when this worker lives and is awake. */
    void later(long delay, Runnable action) {
        world.after(delay, () -> whenAwake(action));
    }

    private void whenAwake(Runnable action) {
        if (dead) {
            return;
        }
        if (paused()) {
            world.at(pausedUntil + world.between(0, 40), () -> whenAwake(action));
        } else {
            action.run();
        }
    }

    /** Hands something to the network: it arrives in the order of sending, and half of what is under way survives the sender. */
    void send(int latency, Runnable arrival) {
        lastArrival = Math.max(lastArrival, world.now() + latency);
        arrive(lastArrival, arrival);
    }

    /** As {@link #send}, in no order. */
    private void sendAlone(int latency, Runnable arrival) {
        arrive(world.now() + latency, arrival);
    }

    private void arrive(long time, Runnable arrival) {
        world.at(time, () -> {
            if (!dead || world.chance(0.5)) {
                arrival.run();
            }
        });
    }

    // ---- announcements and the lease

    private void announce() {
        long sentAt = world.now();
        Announcement announcement = new Announcement.Worker(
                incarnation, sequence++, stage, partition, position, slots, rules.held(), draining, "simulated", tools);
        boolean lost = sentAt < silentUntil || world.chance(simulation.weather.announcementLost());
        if (lost) {
            world.tally.count(Happening.ANNOUNCEMENT_LOST);
        } else {
            lastAnnouncement = Math.max(lastAnnouncement, sentAt + world.between(1, 15));
            arrive(lastAnnouncement, () -> {
                simulation.logs.workers.append(announcement);
                long appendedAt = world.elapsed();
                later(world.between(1, 10), () -> rules.announced(sentAt - World.START + skew, clock(), appendedAt));
            });
        }
        if (leaving && rules.held().isEmpty()) {
            crash();
            world.trace(() -> incarnation + " has left");
            return;
        }
        later(Announcement.INTERVAL_MILLIS + world.between(0, 30), this::announce);
    }

    boolean leaseHeld() {
        return rules.leaseHeld(clock());
    }

    /** What its own clock shows. */
    private long clock() {
        return world.elapsed() + skew;
    }

    // ---- calls

    private void appended(int end) {
        later(world.between(1, 30), () -> readTo(end));
    }

    private void readTo(int end) {
        while (position < end && !dead) {
            take(calls.get(position++));
        }
    }

    private void take(Call read) {
        Call call = simulation.setup.breach() == Breach.RUNS_WHAT_IS_ANOTHERS ? asOwn(read) : read;
        boolean mine = call.owner().equals(incarnation);
        if (!mine) {
            if (!(call instanceof Call.Stop) && world.chance(simulation.weather.stray())) {
                stray(call);
            }
        } else if (world.chance(simulation.weather.unreadable())) {
            world.tally.count(Happening.CALL_RECORD_UNREADABLE);
            world.trace(() -> incarnation + " can't read " + call.ref());
            return;
        }
        Reaction reaction = switch (call) {
            case Call.Model model -> onCall(model, model.notAfter());
            case Call.Tool tool -> onCall(tool, tool.notAfter());
            case Call.Stop stop -> rules.onStop(stop);
        };
        if (mine) {
            world.trace(() -> incarnation + " reads " + call.getClass().getSimpleName() + " " + call.ref() + " → "
                    + reaction.getClass().getSimpleName());
        }
        switch (reaction) {
            case Reaction.Pass _ -> {}
            case Reaction.Start _ -> start(call);
            case Reaction.Answer(CallResult result) -> {
                simulation.invariants.answers(result);
                deliver(result);
                if (simulation.setup.breach() == Breach.RUNS_WHAT_IT_REFUSED
                        && result instanceof CallResult.NeverStarted
                        && stage == Stage.TOOL) {
                    simulation.truth.effect(call.ref(), incarnation);
                }
            }
            case Reaction.Cancel _ -> {
                SimulatedAttempt attempt = running.get(call.ref());
                if (attempt != null) {
                    attempt.order();
                }
            }
        }
    }

    private Call asOwn(Call call) {
        return switch (call) {
            case Call.Model model ->
                new Call.Model(
                        model.ref(),
                        model.conversation(),
                        model.tenant(),
                        incarnation,
                        model.notAfter(),
                        model.request());
            case Call.Tool tool ->
                new Call.Tool(
                        tool.ref(),
                        tool.conversation(),
                        tool.tenant(),
                        incarnation,
                        tool.notAfter(),
                        tool.callId(),
                        tool.tool(),
                        tool.hash(),
                        tool.arguments());
            case Call.Stop stop -> stop;
        };
    }

    private Reaction onCall(Call call, long notAfter) {
        boolean believes = simulation.setup.breach() == Breach.BELIEVES_ITS_CLOCK;
        long brokerTime = World.START + (believes ? clock() : rules.brokerTime(clock()));
        boolean sure = leaseHeld();
        Reaction reaction = rules.onCall(call, notAfter, brokerTime, sure, draining);
        if (sure) {
            simulation.invariants.reacts(call, notAfter, reaction);
        }
        return reaction;
    }

    private void start(Call call) {
        if (call instanceof Call.Tool tool) {
            simulation.invariants.toolBegins(tool, tools.get(tool.tool()));
        }
        SimulatedAttempt attempt = new SimulatedAttempt(this, call, simulation.scripts.of(call));
        running.put(call.ref(), attempt);
        attempt.begin();
    }

    /** A worker that is not well says something of a call that is not its own. */
    private void stray(Call call) {
        world.tally.count(Happening.STRAY_RESULT);
        CallResult result = world.chance(0.5)
                ? new CallResult.Busy(call.ref(), call.conversation(), incarnation)
                : new CallResult.NeverStarted(call.ref(), call.conversation(), incarnation);
        sendAlone(
                world.between(1, 200), () -> simulation.logs.results.get(stage).append(result));
    }

    /** Sends an answer until it is acknowledged. */
    void deliver(CallResult result) {
        int latency = world.chance(0.03) ? world.between(500, 6_000) : world.between(1, 20);
        boolean again = world.chance(simulation.weather.resultRepeated());
        sendAlone(latency, () -> {
            simulation.logs.results.get(stage).append(result);
            if (again) {
                world.tally.count(Happening.RESULT_SENT_AGAIN);
                later(world.between(50, 3_000), () -> deliver(result));
            } else {
                later(world.between(1, 10), () -> rules.acknowledged(result));
            }
        });
    }
}
