package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.agent.topology.SealRules;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.fold.ResponseFold;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Runs the real decisions as the processor does: each input's state, events, commands and offset become visible together, or, when
 * the transaction or the process dies, not at all. One that sleeps longer than its session is replaced by another; when it wakes up it goes on
 * with what it remembers until it learns of that, and whatever it wants to commit is fenced off.
 */
final class SimulatedOrchestrator {
    private static final int LOOK_MILLIS = 100;
    /** One that is not heard of for so long is replaced, milliseconds. */
    private static final int SESSION_MILLIS = 6_000;
    /** One that was replaced learns of it within this time of its awakening, milliseconds. */
    private static final int LEARNS_WITHIN = 3_000;

    private final Simulation simulation;
    private final World world;
    private final Logs logs;
    private final Decider decider;
    private final List<Log<?>> inputs;

    /** What a crash leaves, and who replaces it begins with; once it is replaced, its own memory of that. */
    private Partition committed;

    // One transaction
    private final Partition changes = new Partition();
    private final List<Output> outputs = new ArrayList<>();
    private boolean commitPlanned;

    /** A record of a transaction. */
    private record Output(boolean call, Runnable append) {}

    // One life
    private int life;
    private boolean up;
    private String incarnation;
    private long began;
    private long skew;
    private long time;
    private long pausedUntil;
    private long sequence;
    private long lastAnnouncement;
    private int workersOffset;
    private boolean pollPlanned;
    private Census census;
    private Watch watch;

    /** Since then nothing has befallen it. */
    private long undisturbedSince;
    /** Time in which it was down or asleep, in all. */
    private long absent;

    SimulatedOrchestrator(Simulation simulation, Partition committed, long absent) {
        this.simulation = simulation;
        this.committed = committed;
        this.absent = absent;
        this.world = simulation.world;
        this.logs = simulation.logs;
        this.decider = new Decider(simulation.limits, simulation.setup.guards());
        this.inputs = List.of(logs.requests, logs.results.get(Stage.LLM), logs.results.get(Stage.TOOL));
        inputs.forEach(log -> log.follow(_ -> planPoll()));
        logs.workers.follow(this::announced);
        start();
    }

    // ---- what befalls it

    private void start() {
        life++;
        up = true;
        incarnation = simulation.nextOrchestrator();
        skew = world.between(-150, 150);
        sequence = 0;
        began = world.now();
        time = 0;
        pausedUntil = 0;
        workersOffset = logs.workers.end();
        census = new Census(incarnation, simulation.setup.guards());
        undisturbedSince = world.now();
        restore();
        announce();
        later(LOOK_MILLIS, this::look);
        planPoll();
    }

    private void restore() {
        changes.clear();
        outputs.clear();
        commitPlanned = false;
        pollPlanned = false;
        changes.place(committed.offsets);
        if (!replaced()) {
            simulation.invariants.restored(committed.turns);
        }
        watch = new Watch(simulation.limits, Shares.EQUAL, simulation.setup.guards());
        committed.turns.values().forEach(watch::see);
    }

    void crash(long outage) {
        if (!up) {
            return;
        }
        world.tally.count(Happening.ORCHESTRATOR_CRASH);
        world.trace(() -> incarnation + " crashes with " + outputs.size() + " records uncommitted");
        if (!outputs.isEmpty()) {
            world.tally.count(Happening.DECISION_ROLLED_BACK);
        }
        up = false;
        life++;
        absent += outage;
        world.after(outage, this::start);
    }

    /** The transaction dies and the process does not: what it knows of the workers it still knows. */
    private void rollback() {
        world.trace(() -> incarnation + " rolls back " + outputs.size() + " records");
        if (!outputs.isEmpty()) {
            world.tally.count(Happening.DECISION_ROLLED_BACK);
        }
        switch (simulation.setup.breach()) {
            case STATE_WITHOUT_EVENTS -> {
                changes.place(committed.offsets);
                committed.commit(changes);
            }
            case EVENTS_WITHOUT_STATE -> append(_ -> true);
            case READS_UNCOMMITTED -> append(Output::call);
            case OFFSETS_WITHOUT_DECISIONS -> committed.place(changes.offsets);
            default -> {}
        }
        undisturbedSince = world.now();
        restore();
        planPoll();
    }

    void pause(long millis) {
        if (up) {
            world.tally.count(Happening.ORCHESTRATOR_PAUSE);
            world.trace(() -> incarnation + " sleeps for " + millis);
            pausedUntil = Math.max(pausedUntil, world.now() + millis);
            undisturbedSince = pausedUntil;
            int session = SESSION_MILLIS + world.between(0, 1_500);
            absent += Math.min(millis, session);
            int born = life;
            world.after(session, () -> {
                if (born == life && world.now() < pausedUntil && !replaced()) {
                    replace();
                }
            });
        }
    }

    /** The partition goes to another orchestrator, which fences this one off. */
    private void replace() {
        world.tally.count(Happening.ORCHESTRATOR_REPLACED);
        world.trace(() -> incarnation + " is replaced");
        committed = committed.copy();
        simulation.replace(absent);
        later(world.between(1, LEARNS_WITHIN), this::leave);
    }

    private boolean replaced() {
        return simulation.orchestrator() != null && simulation.orchestrator() != this;
    }

    private void leave() {
        world.trace(() -> incarnation + " learns that it was replaced");
        up = false;
        life++;
    }

    private void later(long delay, Runnable action) {
        int born = life;
        world.after(delay, () -> whenAwake(born, action));
    }

    private void whenAwake(int born, Runnable action) {
        if (born != life) {
            return;
        }
        if (world.now() < pausedUntil) {
            world.at(pausedUntil + world.between(0, 30), () -> whenAwake(born, action));
        } else {
            action.run();
        }
    }

    // ---- the workers

    private void announce() {
        Announcement announcement = new Announcement.Orchestrator(incarnation, sequence++, "simulated");
        if (world.chance(simulation.weather.announcementLost())) {
            undisturbedSince = world.now(); // it does not hear itself, so it declares nobody dead
        } else {
            lastAnnouncement = Math.max(lastAnnouncement, world.now() + world.between(1, 15));
            world.at(lastAnnouncement, () -> logs.workers.append(announcement));
        }
        later(Announcement.INTERVAL_MILLIS + world.between(0, 30), this::announce);
    }

    private void announced(int end) {
        if (up) {
            later(world.chance(0.01) ? world.between(50, 400) : world.between(1, 30), () -> hear(end));
        }
    }

    private void hear(int end) {
        while (workersOffset < end) {
            census.heard(logs.workers.get(workersOffset++), time());
        }
    }

    // ---- inputs

    private void planPoll() {
        if (up && !pollPlanned && available()) {
            pollPlanned = true;
            later(world.between(1, 12), this::poll);
        }
    }

    private boolean available() {
        for (int i = 0; i < inputs.size(); i++) {
            if (changes.offsets[i] < inputs.get(i).end()) {
                return true;
            }
        }
        return false;
    }

    private void poll() {
        pollPlanned = false;
        for (int n = world.between(1, 8); n > 0 && available(); n--) {
            List<Integer> ready = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                if (changes.offsets[i] < inputs.get(i).end()) {
                    ready.add(i);
                }
            }
            int chosen = world.oneOf(ready);
            Object record = inputs.get(chosen).get(changes.offsets[chosen]++);
            if (record instanceof Request request) {
                request(request);
            } else {
                result((CallResult) record);
            }
        }
        planCommit();
        planPoll();
    }

    private void request(Request request) {
        switch (request) {
            case Request.Submit submit -> {
                Map<String, ToolDescription> tools = simulation.catalogue;
                ConversationRules.Admission admission = admission(submit);
                String parent = admission instanceof ConversationRules.Admission.Run run
                        ? run.parent()
                        : submit.spec().previousResponseId();
                handle(
                        submit.responseId(),
                        new Input.Submit(
                                submit,
                                parent(submit.spec().previousResponseId(), submit.tenant()),
                                Catalogue.resolve(submit.spec(), tools.values()),
                                ResponseFold.VERSION,
                                null,
                                earlier(submit),
                                admission,
                                approvals(submit.spec().input(), parent, submit.tenant())));
                serveWaiting();
            }
            case Request.Cancel cancel -> handle(cancel.responseId(), new Input.Cancel(cancel));
            case Request.OfConversation change -> {
                Conversation conversation = conversation(change.conversationId());
                List<StepEvent> events =
                        ConversationRules.decide(conversation, change, ConversationRules.Page.NONE, time());
                events.forEach(event -> outputs.add(new Output(false, () -> publish(event))));
                follow(change.conversationId(), events);
            }
            case Request.Delete delete -> handle(delete.responseId(), new Input.Delete(delete));
        }
    }

    private void result(CallResult result) {
        if (result instanceof CallResult.Busy) {
            census.busy(result.ref(), result.incarnation());
        } else {
            census.answered(result.ref(), result.incarnation());
        }
        handle(result.ref().responseId(), new Input.Result(result));
        serveWaiting();
    }

    private void serveWaiting() {
        watch.servable(time(), census.at(time())).stream()
                .limit(8)
                .forEach(due -> handle(due.responseId(), due.input()));
    }

    private void look() {
        for (Watch.Due due : watch.due(time(), census)) {
            if (due.input() instanceof Input.Unlisted) {
                world.tally.count(Happening.UNLISTED_ASKED);
            }
            handle(due.responseId(), due.input());
        }
        if (!outputs.isEmpty()) {
            planCommit();
        }
        if (!replaced()) {
            simulation.invariants.nobodyIsForgotten(committed.turns, census.at(time()), undisturbedSince);
        }
        later(LOOK_MILLIS, this::look);
    }

    private void handle(String id, Input input) {
        Turn before = load(id);
        Decision decision = decide(before, input);
        if (!replaced()) {
            simulation.invariants.decided(before, input, decision);
        }
        if (decision.refused()) {
            world.tally.count(Happening.RESULT_REFUSED);
        }
        if (!decision.events().isEmpty()) {
            changes.turns.put(id, decision.after());
            watch.see(decision.after());
        }
        for (String requestId : decision.approvalsAnswered()) {
            Turn.Over asked = (Turn.Over) load(Approvals.responseOf(requestId).orElseThrow());
            changes.turns.put(asked.responseId(), asked.approvalAnswered(requestId, id));
        }
        for (StepEvent event : decision.events()) {
            outputs.add(new Output(false, () -> publish(event)));
            if (event instanceof StepEvent.CallAssigned assigned) {
                census.assigned(assigned.ref(), assigned.owner(), time());
            }
        }
        decision.commands().forEach(command -> order(command, decision.after()));
        if (input instanceof Input.Submit submit && decision.accepts()) {
            register(submit.request());
        }
        follow(conversationOf(before, decision), decision.events());
    }

    private void order(Command command, Turn after) {
        Call call = call(command, after);
        outputs.add(new Output(true, () -> {
            world.trace(() -> "written " + call.getClass().getSimpleName() + " " + call.ref() + " for " + call.owner()
                    + (call instanceof Call.Stop stop ? " " + stop.reason() : ""));
            Log<Call> calls = logs.calls(command.stage(), command.partition());
            calls.append(call);
            if (world.chance(simulation.weather.callAgain())) {
                world.after(world.between(10, 20_000), () -> {
                    world.tally.count(Happening.CALL_RECORD_AGAIN);
                    calls.append(call);
                });
            }
        }));
    }

    private Registered earlier(Request.Submit submit) {
        if (submit.registration() == null || simulation.setup.breach() == Breach.FORGETS_SUBMISSIONS) {
            return null;
        }
        String place = place(submit.registration());
        return changes.submissions.getOrDefault(place, committed.submissions.get(place));
    }

    private void register(Request.Submit submit) {
        Registered kept = Registered.of(submit);
        if (kept != null) {
            String place = place(submit.registration());
            changes.submissions.merge(place, kept, (one, other) -> other.at() >= one.at() ? other : one);
        }
    }

    /** Keys and bodies are kept apart. */
    private static String place(Request.Registration registration) {
        return (registration.kind() == Request.Registration.Kind.KEY ? "key " : "body ") + registration.key();
    }

    private static String conversationOf(Turn before, Decision decision) {
        if (before instanceof Turn.Open open) {
            return open.accepted().spec().conversationId();
        }
        return decision.accepts()
                ? ((StepEvent.Accepted) decision.events().getFirst()).spec().conversationId()
                : null;
    }

    private ConversationRules.Admission admission(Request.Submit submit) {
        String id = submit.spec().conversationId();
        return id == null
                ? null
                : ConversationRules.admit(
                        conversation(id), submit.tenant(), submit.spec().concurrency(), simulation.setup.guards());
    }

    private Conversation conversation(String id) {
        Conversation changed = changes.conversations.get(id);
        return changed == null ? committed.conversations.get(id) : changed;
    }

    private void follow(String id, List<StepEvent> events) {
        if (id == null || events.isEmpty()) {
            return;
        }
        Conversation before = conversation(id);
        if (before == null) {
            if (!(events.getFirst() instanceof StepEvent.ConversationCreated created)) {
                return;
            }
            before = Conversation.begin(created);
        }
        ConversationRules.Followed followed;
        try {
            followed = ConversationRules.follow(before, events);
        } catch (RuntimeException e) {
            throw new BrokenInvariantException(Invariant.ONE_LINE, events + " in " + before, e);
        }
        changes.conversations.put(id, followed.after());
        followed.dues().forEach(due -> handle(due.responseId(), withApprovals(due)));
    }

    private Input withApprovals(Watch.Due due) {
        return due.input() instanceof Input.Begin begin && load(due.responseId()) instanceof Turn.Queued queued
                ? new Input.Begin(
                        begin.parent(),
                        begin.unfit(),
                        approvals(
                                queued.accepted().spec().input(),
                                begin.parent(),
                                queued.accepted().tenant()))
                : due.input();
    }

    private Decision decide(Turn before, Input input) {
        Workers workers = watch.seen(input, time(), census.at(time()));
        try {
            Decision decision = decider.decide(before, input, time(), workers);
            if (decision.commands().stream().anyMatch(Command.CallModel.class::isInstance)
                    && branchOf(decision.after()) == null) {
                world.tally.count(Happening.DELETED_UNDER_A_TURN);
                TurnError gone = new TurnError(ErrorCodes.PREVIOUS_NOT_FOUND, "deleted meanwhile");
                return decider.decide(before, new Input.Abort(gone, null), time(), workers);
            }
            if (decision.events().isEmpty() || !world.chance(simulation.weather.tooLarge())) {
                return decision;
            }
            world.tally.count(Happening.TOO_LARGE);
            return decider.decide(
                    before,
                    new Input.Abort(
                            new TurnError(ErrorCodes.CONTEXT_LENGTH, "too large"),
                            input instanceof Input.Submit submit ? submit : null),
                    time(),
                    workers);
        } catch (RuntimeException e) {
            throw new BrokenInvariantException(Invariant.NO_DEFECT, input + " of " + before, e);
        }
    }

    private Call call(Command command, Turn turn) {
        Call call = command.call(turn, () -> branchOf(turn));
        if (call instanceof Call.Model model && !replaced()) {
            simulation.invariants.modelIsAsked(model, (Turn.Open) turn, id -> load(id) instanceof Turn.Gone);
        }
        return call;
    }

    // ---- the transaction

    private void planCommit() {
        if (!commitPlanned) {
            commitPlanned = true;
            later(world.between(0, 25), () -> {
                if (commitPlanned) {
                    commit();
                }
            });
        }
    }

    private void commit() {
        commitPlanned = false;
        if (replaced() && simulation.setup.breach() != Breach.ZOMBIE_WRITES) {
            if (!outputs.isEmpty()) {
                world.tally.count(Happening.ZOMBIE_FENCED);
            }
            leave();
            return;
        }
        if (world.chance(simulation.weather.rollback())) {
            rollback();
            return;
        }
        committed.commit(changes);
        changes.clear();
        append(_ -> true);
        simulation.invariants.transactionEnded();
    }

    private void append(Predicate<Output> which) {
        List<Output> due = outputs.stream().filter(which).toList();
        outputs.clear();
        due.forEach(output -> output.append().run());
    }

    private void publish(StepEvent event) {
        world.trace(() -> "committed " + event);
        logs.steps.append(event);
        SealRules.seals(event).forEach(this::seal);
        simulation.committed(event);
    }

    /** Seals are written by whoever reads the committed decisions, at least once. */
    private void seal(Frame.Seal seal) {
        world.after(world.between(5, 300), () -> {
            if (!simulation.orchestrator().up) {
                seal(seal);
                return;
            }
            if (simulation.setup.breach() == Breach.SEALS_NOTHING) {
                return;
            }
            world.tally.count(Happening.SEAL);
            logs.stream.append(seal);
            if (world.chance(0.1)) {
                seal(seal);
            }
        });
    }

    // ---- the store

    private Turn load(String id) {
        Turn turn = changes.turns.get(id);
        if (turn == null) {
            turn = committed.turns.get(id);
        }
        return turn == null ? Turn.unknown(id) : turn;
    }

    private Input.Parent parent(String previous, String tenant) {
        if (previous == null) {
            return Input.Parent.NONE;
        }
        return switch (load(previous)) {
            case Turn.Open open
            when open.accepted().tenant().equals(tenant)
                    && open.accepted().spec().store() -> Input.Parent.RUNNING;
            case Turn.Over over
            when over.tenant().equals(tenant) && branch(previous, tenant, false) != null -> Input.Parent.ENDED;
            case Turn.Open _, Turn.Over _, Turn.Gone _, Turn.Unknown _ -> Input.Parent.MISSING;
        };
    }

    private List<ApprovalRequest> approvals(List<Item> input, String parent, String tenant) {
        List<Turn.Over> branch = branch(parent, tenant, true);
        return branch == null ? List.of() : ApprovalRules.answered(input, branch);
    }

    private List<Turn.Over> branchOf(Turn turn) {
        StepEvent.Accepted accepted = ((Turn.Open) turn).accepted();
        return branch(accepted.previous(), accepted.tenant(), accepted.spec().conversationId() != null);
    }

    private List<Turn.Over> branch(String last, String tenant, boolean line) {
        List<Turn.Over> branch = new ArrayList<>();
        for (String id = last; id != null; ) {
            Turn turn = load(id);
            if (turn instanceof Turn.Over over && over.tenant().equals(tenant)) {
                branch.add(over);
                id = over.previous();
            } else if (line && turn instanceof Turn.Gone gone) {
                id = gone.previous();
            } else {
                return null;
            }
        }
        Collections.reverse(branch);
        return branch;
    }

    /** The committed state. */
    Map<String, Turn> states() {
        return committed.turns;
    }

    /** When its present life began. */
    long began() {
        return began;
    }

    long absent() {
        return absent;
    }

    private long time() {
        time = Math.max(time, world.now() + skew);
        return time;
    }
}
