package io.voiceagent.agent.core;

import io.voiceagent.agent.core.Tally.Happening;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.transport.stage.WorkerRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Looks at everything that happens, knows what really went on, and speaks up. */
final class Invariants {
    /** Announcements may be read this much later than they were appended, milliseconds. */
    private static final long LAG = 450;
    /** A call that nobody works on is noticed within this time: two leases, and a question or two. */
    private static final long NOTICED_WITHIN = 25_000;
    /** A free slot is given to a call that waits within this time. */
    private static final long SERVED_WITHIN = 4_000;
    /** What is allowed for between the clocks of broker and worker. */
    private static final long CLOCKS = 550;
    /** Commits, looks and clocks that differ. */
    private static final long SLACK = 2_000;

    private final Simulation simulation;
    private final World world;
    private final LineRecord lines;
    private final Map<String, TurnRecord> turns = new LinkedHashMap<>();
    private final Map<String, List<Long>> heard = new HashMap<>();
    private final Map<String, String> keys = new HashMap<>();
    private final Map<CallRef, Long> alone = new HashMap<>();
    private final Map<CallRef, Long> unserved = new HashMap<>();
    /** Request for approval → the turn that has answered it. */
    private final Map<String, String> answered = new HashMap<>();

    /** Attempt → the worker whose frames are in the log. */
    private final Map<CallRef, String> publishers = new HashMap<>();
    /** Attempts that their workers have answered without beginning them, or answered again. */
    private final Set<CallRef> answeredCalls = new HashSet<>();
    /** Idempotency key → the turn that it stands for. */
    private final Map<String, Request.Submit> keyed = new HashMap<>();

    private Set<String> silent = Set.of();
    private long silentSince;

    Invariants(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world;
        this.lines = new LineRecord(world.tally);
        simulation.logs.workers.follow(end -> {
            if (simulation.logs.workers.get(end - 1) instanceof Announcement.Worker worker) {
                heard.computeIfAbsent(worker.incarnation(), _ -> new ArrayList<>())
                        .add(world.now());
            }
        });
        simulation.logs.stream.follow(end -> publishes(simulation.logs.stream.get(end - 1)));
    }

    private void publishes(Frame frame) {
        String worker = switch (frame) {
            case Frame.Opened opened -> opened.incarnation();
            case Frame.Deltas deltas -> deltas.incarnation();
            case Frame.Seal _ -> null;
        };
        if (worker != null) {
            String first = publishers.computeIfAbsent(frame.ref(), _ -> worker);
            require(
                    first.equals(worker),
                    Invariant.ONE_PUBLISHER,
                    () -> frame.ref() + " is of " + first + " and " + worker);
        }
    }

    /** A worker that is sure of its lease has read a call. */
    void reacts(Call call, long notAfter, WorkerRules.Reaction reaction) {
        boolean refused = reaction instanceof WorkerRules.Reaction.Answer(CallResult.NeverStarted _);
        boolean begun = reaction instanceof WorkerRules.Reaction.Start;
        require(
                !(begun && world.now() > notAfter + CLOCKS)
                        && !(refused && world.now() < notAfter && !answeredCalls.contains(call.ref())),
                Invariant.IN_TIME,
                () -> call + " is read at " + world.now() + ", and then " + reaction);
    }

    /** A worker answers what it does not begin, and never will. */
    void answers(CallResult result) {
        answeredCalls.add(result.ref());
    }

    /** A tool does now what must not be done twice. */
    void effectBegins(CallRef ref, String worker) {
        List<Long> times = heard.getOrDefault(worker, List.of());
        require(
                !times.isEmpty() && world.now() - times.getLast() < Announcement.LEASE_MILLIS,
                Invariant.EFFECT_UNDER_LEASE,
                () -> worker + " begins " + ref + " though it was heard at " + times);
    }

    private static void require(boolean holds, Invariant invariant, Supplier<String> what) {
        if (!holds) {
            throw new BrokenInvariantException(invariant, what.get());
        }
    }

    private TurnRecord turn(String id) {
        return turns.computeIfAbsent(id, _ -> new TurnRecord(simulation.limits.maxAttempts(), world.tally));
    }

    // ---- a decision, committed or not

    void decided(Turn before, Input input, Decision decision) {
        Turn folded = before;
        for (StepEvent event : decision.events()) {
            folded = folded.apply(event);
        }
        Turn after = folded;
        require(after.equals(decision.after()), Invariant.STATE_IS_FOLD, () -> after + " is not " + decision.after());
        require(!(after instanceof Turn.Idle), Invariant.NO_DEFECT, () -> "between two steps: " + after);
        if (input instanceof Input.Result result && !decision.events().isEmpty()) {
            resultCounts(before, result, decision);
        }
        for (Command command : decision.commands()) {
            if (command instanceof Command.Stop stop && stop.reason().equals(Reasons.LOST)) {
                ownerIsGone(stop);
            }
        }
    }

    private static void resultCounts(Turn before, Input.Result input, Decision decision) {
        CallRef ref = input.result().ref();
        CallState call = before instanceof Turn.Active active ? active.step().call(ref) : null;
        require(
                call instanceof CallState.Assigned,
                Invariant.OLD_RESULT,
                () -> input + " led to " + decision.events() + " of " + before);
        require(
                ((CallState.Assigned) call).owner().equals(input.result().incarnation()),
                Invariant.FOREIGN_RESULT,
                () -> input + " led to " + decision.events() + " of " + before);
    }

    /** Whoever decides has read all that was appended before the last gap, so within the lease before that there must be nothing. */
    private void ownerIsGone(Command.Stop stop) {
        long from = world.now() - Announcement.LEASE_MILLIS + LAG;
        long to = world.now() - Census.GAP_MILLIS - LAG;
        List<Long> times = heard.getOrDefault(stop.owner(), List.of());
        require(
                times.stream().noneMatch(at -> at > from && at < to),
                Invariant.ONE_LIVING_OWNER,
                () -> stop + " though its owner was heard at " + times);
        // An orchestrator that came later knows nothing of those whom it never heard
        boolean oneOfMany = silent.size() >= 3
                && silent.contains(stop.owner())
                && simulation.orchestratorBegan() < silentSince - 2 * Announcement.INTERVAL_MILLIS
                && world.now() < silentSince + 2 * Announcement.LEASE_MILLIS - Announcement.INTERVAL_MILLIS - LAG
                && 3L * silent.size() > heardLately();
        require(!oneOfMany, Invariant.ONE_LIVING_OWNER, () -> stop + " though " + silent + " fell silent at once");
    }

    private long heardLately() {
        long since = world.now() - 5 * Announcement.LEASE_MILLIS;
        return heard.values().stream().filter(times -> times.getLast() > since).count();
    }

    /** All of these have begun to be silent now; those count that were heard until now. */
    void manySilent(Set<String> incarnations) {
        long lately = world.now() - Announcement.INTERVAL_MILLIS - LAG;
        silent = incarnations.stream()
                .filter(who -> heard.containsKey(who) && heard.get(who).getLast() > lately)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        silentSince = world.now();
    }

    // ---- what is committed

    void restored(Map<String, Turn> states) {
        if (simulation.setup.breach() == Breach.EVENTS_WITHOUT_STATE
                || simulation.setup.breach() == Breach.ZOMBIE_WRITES) {
            return; // obviously; what matters is what comes of it
        }
        require(
                states.keySet().equals(turns.keySet()),
                Invariant.STATE_IS_FOLD,
                () -> states.keySet() + " is not " + turns.keySet());
        turns.forEach((id, record) -> {
            Turn folded = withAnswers(Turn.fold(id, record.events));
            require(folded.equals(states.get(id)), Invariant.STATE_IS_FOLD, () -> states.get(id) + " is not " + folded);
        });
    }

    /** What is kept with a turn beside the fold of its own events follows from the events of others. */
    private Turn withAnswers(Turn folded) {
        Turn turn = folded;
        if (folded instanceof Turn.Over over) {
            for (ApprovalRequest request : over.approvals()) {
                String by = answered.get(request.id());
                turn = by == null ? turn : ((Turn.Over) turn).approvalAnswered(request.id(), by);
            }
        }
        return turn;
    }

    /** Of whatever asks or answers; counts the answers that did not get through. */
    private void approvals(StepEvent event, TurnRecord record) {
        if (event instanceof StepEvent.StepStarted started) {
            if (started.step() == 0) {
                record.approvalAnswers().forEach(answer -> answered(answer, event.responseId()));
            }
            started.calls().forEach(planned -> approved(planned, started, record));
        } else if (event instanceof StepEvent.Ended ended && ended.error() != null) {
            switch (ended.error().code()) {
                case ErrorCodes.APPROVAL_ANSWERED -> world.tally.count(Happening.APPROVAL_ANSWERED_TWICE);
                case ErrorCodes.APPROVAL_EXPIRED -> world.tally.count(Happening.APPROVAL_EXPIRED);
                default -> {}
            }
        }
    }

    private void answered(Item.ApprovalAnswer answer, String by) {
        world.tally.count(answer.approve() ? Happening.APPROVED : Happening.DECLINED);
        String before = answered.putIfAbsent(answer.requestId(), by);
        require(before == null, Invariant.APPROVED_ONCE, () -> answer + " of " + by + " was answered by " + before);
    }

    private void approved(StepEvent.PlannedTool planned, StepEvent.StepStarted started, TurnRecord record) {
        String request = planned.approvalRequestId();
        ToolDescription tool = record.hosted(planned.tool());
        if (request == null) {
            require(
                    !Approvals.needed(record.accepted().spec(), tool),
                    Invariant.APPROVED_ONCE,
                    () -> planned + " was not approved: " + record.events);
            return;
        }
        boolean said = started.step() == 0
                && record.approvalAnswers().stream()
                        .anyMatch(
                                answer -> answer.approve() && answer.requestId().equals(request));
        TurnRecord asker = turn(Approvals.responseOf(request).orElseThrow());
        List<Item.ToolCall> calls = asker.callsToApprove();
        int number = Integer.parseInt(request.substring(request.length() - 4), 16);
        require(
                said
                        && number < calls.size()
                        && calls.get(number).name().equals(planned.tool())
                        && calls.get(number).arguments().equals(planned.arguments())
                        && started.at() - asker.ended().at() < simulation.limits.approvalLife() + NOTICED_WITHIN,
                Invariant.APPROVED_ONCE,
                () -> planned + " is none of " + calls);
    }

    List<String> approvalRequests(String id) {
        int requests = turn(id).callsToApprove().size();
        return IntStream.range(0, requests)
                .mapToObj(number -> Approvals.requestId(id, number))
                .toList();
    }

    void committed(StepEvent event, long absent) {
        lines.committed(event);
        if (event instanceof StepEvent.OfConversation) {
            return;
        }
        TurnRecord record = turn(event.responseId());
        record.take(event);
        keys(event);
        approvals(event, record);
        if (event instanceof StepEvent.Ended ended) {
            long bound = record.accepted().deadlineAt() + simulation.limits.stopGrace() + SLACK + absent;
            require(world.now() <= bound, Invariant.ENDS_IN_TIME, () -> ended + " is late: " + record.accepted());
            if (ended.error() != null && ended.error().code().equals(ErrorCodes.DEADLINE)) {
                world.tally.count(Happening.DEADLINE_PASSED);
            }
        }
    }

    private void keys(StepEvent event) {
        Request.Submit submit = simulation.submitted(event.responseId());
        Request.Registration registration = submit == null ? null : submit.registration();
        if (event instanceof StepEvent.Accepted
                && registration != null
                && registration.kind() == Request.Registration.Kind.KEY) {
            Request.Submit before = keyed.putIfAbsent(registration.key(), submit);
            require(before == null, Invariant.ONE_TURN_OF_A_KEY, () -> event + " though there is " + before);
        } else if (event instanceof StepEvent.Repeated repeated) {
            repeats(repeated, registration);
        }
    }

    private void repeats(StepEvent.Repeated repeated, Request.Registration registration) {
        Request.Submit earlier = simulation.submitted(repeated.earlier());
        boolean key = registration.kind() == Request.Registration.Kind.KEY;
        world.tally.count(!key ? Happening.ATTACHED : repeated.same() ? Happening.REPEATED : Happening.KEY_TAKEN);
        require(
                turn(repeated.earlier()).accepted() != null
                        && earlier.registration().key().equals(registration.key())
                        && (key ? earlier.equals(keyed.get(registration.key())) : repeated.same())
                        && repeated.same() == earlier.registration().body().equals(registration.body()),
                Invariant.ONE_TURN_OF_A_KEY,
                () -> repeated + " of " + registration + " and " + earlier);
    }

    /** A whole transaction is there. */
    void transactionEnded() {
        lines.nobodyWaitsForNobody();
    }

    List<Item.ToolCall> callsForTheClient(String id) {
        return turn(id).callsForTheClient();
    }

    // ---- what is not forgotten

    void nobodyIsForgotten(Map<String, Turn> states, Workers workers, long undisturbedSince) {
        for (Turn state : states.values()) {
            if (state instanceof Turn.Running turn) {
                turn.step().calls().forEach(call -> notForgotten(turn, call, workers, undisturbedSince));
            }
        }
    }

    private void notForgotten(Turn.Running turn, CallState call, Workers workers, long undisturbedSince) {
        long now = world.now();
        switch (call) {
            case CallState.Assigned given -> {
                SimulatedWorker owner = simulation.worker(given.owner());
                if (owner.alive() && !owner.paused() && owner.holds(given.ref())) {
                    alone.remove(given.ref());
                    return;
                }
                long since = Math.max(alone.computeIfAbsent(given.ref(), _ -> now), undisturbedSince);
                require(
                        now - since <= NOTICED_WITHIN,
                        Invariant.NOT_FORGOTTEN,
                        () -> given + " is with nobody since " + (since - World.START));
            }
            case CallState.Waiting waiting -> {
                boolean model = turn.step().kind() == StepKind.MODEL;
                ToolDescription tool = model
                        ? null
                        : Prompt.description(
                                turn,
                                turn.step().planned().get(waiting.ref().call()).tool());
                boolean free = waiting.notBefore() + SLACK < now
                        && !workers.candidates(model ? Stage.LLM : Stage.TOOL, tool)
                                .isEmpty();
                if (!free) {
                    unserved.remove(waiting.ref());
                    return;
                }
                long since = Math.max(unserved.computeIfAbsent(waiting.ref(), _ -> now), undisturbedSince);
                require(
                        now - since <= SERVED_WITHIN,
                        Invariant.NOT_FORGOTTEN,
                        () -> waiting + " waits beside a free slot");
            }
            case CallState.Done _ -> {}
        }
    }

    // ---- what workers and models are given

    void toolBegins(Call.Tool call, String offered) {
        TurnRecord record = turn(call.ref().responseId());
        ToolDescription pinned = record.hosted(call.tool());
        require(
                pinned != null
                        && pinned.hash().equals(call.hash())
                        && call.hash().equals(offered),
                Invariant.PINNED_TOOL,
                () -> call + " at a worker that offers " + offered);
        String key = call.ref().idempotencyKey();
        String named = call.ref().responseId() + "/" + call.callId();
        require(
                key.equals(keys.computeIfAbsent(named, _ -> key))
                        && named.equals(keys.computeIfAbsent(key, _ -> named)),
                Invariant.ONE_KEY,
                () -> named + " has " + keys.get(named) + " and " + key);
    }

    /** @param gone ids of turns of which nothing is kept at this moment, committed or not */
    void modelIsAsked(Call.Model call, Turn.Open turn, Predicate<String> gone) {
        ModelRequest request = call.request();
        ToolChoice.Mode mode = request.toolChoice().mode();
        require(
                turn.steps().isEmpty() || mode == ToolChoice.Mode.AUTO || mode == ToolChoice.Mode.NONE,
                Invariant.MODEL_IS_TOLD,
                () -> "forced again: " + call);
        callsAreAnswered(call);
        toolsAreTold(call, turn);
        textsCount(call, turn, gone);
        if (!turn.steps().isEmpty()) {
            violationsAreTold(call, turn.steps().getLast().outcomes().getFirst());
        }
    }

    private static void violationsAreTold(Call.Model call, CallOutcome last) {
        if (!last.accepted() && last.output() instanceof CallOutput.Model wrong && wrong.violations() != null) {
            String told = ((Item.Message) call.request().messages().getLast()).text();
            require(
                    wrong.violations().stream().allMatch(told::contains),
                    Invariant.MODEL_IS_TOLD,
                    () -> "of " + wrong.violations() + ": " + call);
        }
    }

    private static void callsAreAnswered(Call.Model call) {
        Set<String> asked = new HashSet<>();
        for (Item item : call.request().messages()) {
            switch (item) {
                case Item.ToolCall tool ->
                    require(asked.add(tool.callId()), Invariant.MODEL_IS_TOLD, () -> "asked twice: " + call);
                case Item.ToolResult result ->
                    require(
                            asked.remove(result.callId()),
                            Invariant.MODEL_IS_TOLD,
                            () -> result + " answers nothing: " + call);
                case Item.Message _, Item.Reasoning _, Item.ApprovalAnswer _ -> {}
            }
        }
        require(asked.isEmpty(), Invariant.MODEL_IS_TOLD, () -> asked + " are not answered: " + call);
    }

    private static void toolsAreTold(Call.Model call, Turn.Open turn) {
        List<Item.ToolResult> told = call.request().messages().stream()
                .filter(Item.ToolResult.class::isInstance)
                .map(Item.ToolResult.class::cast)
                .toList();
        for (Turn.ClosedStep step : turn.steps()) {
            for (int i = 0; i < step.planned().size(); i++) {
                CallOutcome outcome = step.outcomes().get(i);
                Item.ToolResult expected = new Item.ToolResult(
                        step.planned().get(i).callId(),
                        outcome.output() instanceof CallOutput.Tool tool ? tool.output() : "",
                        outcome.error() != null,
                        step.planned().get(i).tool());
                require(
                        told.contains(expected),
                        Invariant.MODEL_IS_TOLD,
                        () -> "the model is not told of " + outcome + ": " + call);
            }
        }
    }

    /** The texts of all turns of the branch, of the attempts that count, in order. */
    private void textsCount(Call.Model call, Turn.Open turn, Predicate<String> gone) {
        List<String> expected = new ArrayList<>();
        for (String id = turn.accepted().previous(); id != null; ) {
            TurnRecord record = turns.get(id);
            if (record == null || record.ended() == null) {
                return; // decided in the same transaction
            }
            boolean line = turn.accepted().spec().conversationId() != null;
            boolean nothing = gone.test(id);
            require(line || !nothing, Invariant.GONE, () -> "told to the model: " + call);
            require(nothing || !record.gone(), Invariant.GONE, () -> "kept: " + call);
            List<String> texts = new ArrayList<>();
            texts.add(record.leftOut() ? "" : texts(record.accepted().spec().input()));
            texts.add(texts(record.saidItems()));
            if (!nothing) {
                expected.addAll(0, texts);
            }
            id = record.accepted().previous();
        }
        expected.add(texts(turn.accepted().spec().input()));
        for (Turn.ClosedStep step : turn.steps()) {
            CallOutcome outcome = step.outcomes().getFirst();
            if (step.kind() == StepKind.MODEL
                    && outcome.accepted()
                    && outcome.output() instanceof CallOutput.Model said) {
                expected.add(texts(said.items()));
            }
        }
        List<Item> messages = call.request().messages();
        expected.add(repair(turn));
        String told = texts(messages.stream()
                .filter(item -> !(item instanceof Item.Message message && message.role() == Item.Role.SYSTEM))
                .toList());
        require(
                told.equals(String.join("", expected)),
                Invariant.MODEL_IS_TOLD,
                () -> "expected " + expected + ", told " + told);
    }

    /** What is said of an answer that was rejected, right after it. */
    private static String repair(Turn.Open turn) {
        CallOutcome last = turn.steps().isEmpty()
                ? null
                : turn.steps().getLast().outcomes().getFirst();
        if (last == null
                || last.accepted()
                || !(last.output() instanceof CallOutput.Model wrong)
                || wrong.violations() == null) {
            return "";
        }
        return texts(wrong.items()) + texts(List.of(Repair.prompt(turn).getLast()));
    }

    private static String texts(List<Item> items) {
        StringBuilder texts = new StringBuilder();
        for (Item item : items) {
            if (item instanceof Item.Message message) {
                texts.append(message.role()).append(' ').append(message.text()).append('|');
            }
        }
        return texts.toString();
    }

    // ---- at the end

    void atTheEnd(Map<String, Turn> states) {
        restored(states);
        Readers readers = new Readers(simulation);
        turns.forEach((id, record) -> {
            if (record.accepted() != null) {
                require(
                        record.gone() == states.get(id) instanceof Turn.Gone,
                        Invariant.GONE,
                        () -> states.get(id) + " after " + record.events);
                record.hostedCalls().forEach(this::effectIsTold);
                readers.check(id, record);
            }
        });
    }

    private void effectIsTold(TurnRecord.HostedCall call) {
        CallOutcome outcome = call.outcome();
        boolean unknown = outcome.error() != null && outcome.error().code().equals(ErrorCodes.OUTCOME_UNKNOWN);
        if (unknown) {
            world.tally.count(Happening.OUTCOME_UNKNOWN);
        }
        if (!call.planned().tool().equals(Fixtures.ONCE.name())) {
            return;
        }
        List<CallRef> effects = simulation.truth.effects(outcome.ref().idempotencyKey());
        require(effects.size() <= 1, Invariant.EFFECT_ONCE, () -> effects + " of " + outcome);
        if (!effects.isEmpty()) {
            boolean told = outcome.accepted()
                    && (unknown
                            || ranButDropped(outcome)
                            || outcome.output().equals(simulation.truth.output(effects.getFirst())));
            require(told, Invariant.EFFECT_TOLD, () -> effects + " is recorded as " + outcome);
        }
    }

    private static boolean ranButDropped(CallOutcome outcome) {
        return outcome.output() instanceof CallOutput.Tool tool && tool.output().startsWith("The tool has run");
    }
}
