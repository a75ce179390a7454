package io.voiceagent.agent.topology;

import io.opentelemetry.context.Context;
import io.voiceagent.agent.core.CallState;
import io.voiceagent.agent.core.Catalogue;
import io.voiceagent.agent.core.Census;
import io.voiceagent.agent.core.ConversationRules.Admission;
import io.voiceagent.agent.core.Decider;
import io.voiceagent.agent.core.Decision;
import io.voiceagent.agent.core.Input;
import io.voiceagent.agent.core.Turn;
import io.voiceagent.agent.core.Watch;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Price;
import io.voiceagent.messages.Remains;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.fold.ResponseFold;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.crash.CrashPoint;
import io.voiceagent.transport.telemetry.LogScope;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each input of a partition to the decider, and carries out what it decides: state, events and commands, all in the transaction of
 * the input's offset. Does no I/O and never throws for what it reads: a record that can't be read goes to the dead letters, and a
 * decision that fails, or whose records are too large, ends its turn.
 */
final class TurnProcessor implements Processor<String, byte[], String, Outgoing> {
    /** How often time and workers are looked at; also the resolution of deadlines. */
    static final Duration LOOK = Duration.ofMillis(100);
    /** Waiting calls that one freed slot may start at once. */
    private static final int SERVED_AT_ONCE = 8;

    private static final Logger LOG = LoggerFactory.getLogger(TurnProcessor.class);

    private final OrchestratorTopology.Parts parts;
    private final Decider decider;
    private final Watch watch;
    private final Census census;

    /** What is kept of the partition's turns. */
    private record Stores(
            TurnStore turns, SubmissionStore submissions, ConversationStore conversations, UsageStore usage) {
        static Stores of(ProcessorContext<String, Outgoing> context) {
            TurnStore turns = new TurnStore(context, context.taskId().partition());
            return new Stores(
                    turns,
                    new SubmissionStore(context),
                    new ConversationStore(context, turns),
                    new UsageStore(context));
        }

        /** @see WindowStores#begin */
        void begin() {
            submissions.begin();
            conversations.begin();
            usage.begin();
        }
    }

    private record Planned(Decision decision, Plan plan) {}

    private @Nullable ProcessorContext<String, Outgoing> context;
    private @Nullable Stores stores;
    private boolean begun;
    private long now;

    TurnProcessor(OrchestratorTopology.Parts parts) {
        this.parts = parts;
        this.decider = new Decider(parts.limits());
        this.watch = new Watch(parts.limits(), parts.shares());
        this.census = parts.census();
    }

    @Override
    public void init(ProcessorContext<String, Outgoing> context) {
        this.context = context;
        Stores opened = Stores.of(context);
        this.stores = opened;
        opened.turns().forEachOpen(watch::see);
        parts.metrics().load(context.taskId(), watch);
        context.schedule(LOOK, PunctuationType.WALL_CLOCK_TIME, this::look);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        CrashPoint.ORCHESTRATOR_TAKE_BEFORE.reach();
        String topic = context().recordMetadata().map(RecordMetadata::topic).orElse("");
        parts.metrics()
                .read(
                        topic,
                        context().taskId().partition(),
                        record.timestamp(),
                        context().currentSystemTimeMs());
        Instant began = Instant.now();
        try {
            Records.requireReadable(record.headers());
            boolean done;
            if (topic.equals(Topics.REQUESTS)) {
                Request request = Json.read(record.value(), Request.class);
                done = guarded(request.responseId(), () -> request(request, record, began));
            } else {
                CallResult result = Json.read(record.value(), CallResult.class);
                done = guarded(result.ref().toString(), () -> result(result));
            }
            if (!done) {
                deadLetter(record, began, "a defect kept it from being acted on, see the log");
            }
        } catch (MalformedMessageException e) {
            deadLetter(record, began, e.getMessage() == null ? "not readable" : e.getMessage());
        }
        CrashPoint.ORCHESTRATOR_TAKE_AFTER.reach();
    }

    @Override
    public void close() {
        parts.metrics().closed(context().taskId());
    }

    private void look(long at) {
        if (!begun) {
            stores().begin();
            begun = true;
        }
        for (Watch.Due due : watch.due(time(), census)) {
            guarded(due.responseId(), () -> handle(due.responseId(), due.input()));
        }
        parts.metrics().load(context().taskId(), watch);
    }

    private void request(Request request, Record<String, byte[]> record, Instant began) {
        Intake.checkPlace(request, context().taskId().partition(), time());
        List<StepEvent> events = decided(request, record.headers());
        // An accepted turn has a span of its own
        if (events.isEmpty() || !(events.getFirst() instanceof StepEvent.Accepted)) {
            parts.traces().request(record, context().recordMetadata().orElseThrow(), began, events);
        }
    }

    private List<StepEvent> decided(Request request, org.apache.kafka.common.header.Headers headers) {
        return switch (request) {
            case Request.Submit submit -> {
                Admission admission = stores().conversations().admission(submit);
                String parent = admission instanceof Admission.Run run
                        ? run.parent()
                        : submit.spec().previousResponseId();
                List<StepEvent> events = handle(
                        submit.responseId(),
                        new Input.Submit(
                                submit,
                                stores().turns().parent(submit.spec().previousResponseId(), submit.tenant()),
                                Catalogue.resolve(
                                        submit.spec(), parts.tools().get().values()),
                                ResponseFold.VERSION,
                                TurnTraces.traceparent(headers),
                                stores().submissions().earlier(submit),
                                admission,
                                stores().turns().approvals(submit.spec().input(), parent, submit.tenant())));
                serveWaiting();
                yield events;
            }
            case Request.Cancel cancel -> handle(cancel.responseId(), new Input.Cancel(cancel));
            case Request.OfConversation change -> conversation(change, TraceHeaders.extract(headers));
            case Request.Delete delete -> handle(delete.responseId(), new Input.Delete(delete));
        };
    }

    private List<StepEvent> conversation(Request.OfConversation request, Context trace) {
        List<StepEvent> events = stores().conversations().decide(request, time());
        try {
            Plan.of(events, trace, now).sends().forEach(send -> context().forward(send.record(), send.sink()));
        } catch (TooLargeException e) {
            LOG.warn("A request of conversation {} is refused: {}", request.conversationId(), e.getMessage());
            events = ConversationStore.tooLarge(request, now);
            Plan.of(events, trace, now).sends().forEach(send -> context().forward(send.record(), send.sink()));
        }
        follow(request.conversationId(), events);
        return events;
    }

    /** What the events of one decision mean to the conversation, and through it to its other turns. */
    private void follow(@Nullable String conversationId, List<StepEvent> events) {
        if (conversationId == null || events.isEmpty()) {
            return;
        }
        for (Watch.Due due : stores().conversations().follow(conversationId, events)) {
            guarded(due.responseId(), () -> handle(due.responseId(), due.input()));
        }
    }

    private static @Nullable String conversationOf(Turn before, Decision decision) {
        if (before instanceof Turn.Open open) {
            return open.accepted().spec().conversationId();
        }
        return decision.accepts()
                ? ((StepEvent.Accepted) decision.events().getFirst()).spec().conversationId()
                : null;
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
        watch.servable(time(), census.at(now)).stream()
                .limit(SERVED_AT_ONCE)
                .forEach(due -> guarded(due.responseId(), () -> handle(due.responseId(), due.input())));
    }

    private List<StepEvent> handle(String id, Input input) {
        long began = System.nanoTime();
        Turn before = stores().turns().load(id);
        Context trace = TurnTraces.ofTurn(traceparent(before, input), id);
        try (LogScope _ = LogScope.of(trace)) {
            if (input instanceof Input.Result(CallResult result)) {
                count(before, result);
            }
            Planned planned = decide(before, input, trace);
            carryOut(before, planned.decision(), planned.plan());
            if (input instanceof Input.Submit submit && planned.decision().accepts()) {
                stores().submissions().save(submit.request());
            }
            parts.metrics().decided(planned.decision(), System.nanoTime() - began);
            follow(
                    conversationOf(before, planned.decision()),
                    planned.decision().events());
            return planned.decision().events();
        }
    }

    /** Also a result that comes too late for its turn was paid for. */
    private void count(Turn before, CallResult result) {
        Record<String, Outgoing> total = stores().usage().count(before, result, time());
        if (total != null) {
            context().forward(total, OrchestratorTopology.USAGE_SINK);
        }
    }

    private Planned decide(Turn before, Input input, Context trace) {
        String id = before.responseId();
        try {
            return plan(decider.decide(before, input, time(), watch.seen(input, now, census.at(now))), trace);
        } catch (TooLargeException e) {
            LOG.warn("Turn {} ends: {}", id, e.getMessage());
            return plan(abort(before, input, ErrorCodes.CONTEXT_LENGTH, "The turn's context is too long."), trace);
        } catch (BranchGoneException e) {
            LOG.info("Turn {} ends: {}", id, e.getMessage());
            String message = "The previous response, or one before it, was deleted while the turn ran.";
            return plan(abort(before, input, ErrorCodes.PREVIOUS_NOT_FOUND, message), trace);
        } catch (KafkaException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.error("Turn {} ends: no decision on {}", id, input.getClass().getSimpleName(), e);
            return plan(
                    abort(before, input, ErrorCodes.INTERNAL, "The turn ended for a defect of the service."), trace);
        }
    }

    /** Runs what may meet a defect of ours: it must cost one turn or one record, and never the thread. */
    private boolean guarded(String what, Runnable action) {
        try {
            action.run();
            return true;
        } catch (KafkaException | MalformedMessageException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.error("{} is passed over", what, e);
            parts.metrics().aborted();
            return false;
        }
    }

    private Planned plan(Decision decision, Context trace) {
        return new Planned(decision, Plan.of(decision, () -> branchOf(decision.after()), trace, now));
    }

    private List<Turn.Over> branchOf(Turn turn) {
        StepEvent.Accepted accepted = ((Turn.Open) turn).accepted();
        List<Turn.Over> branch = stores().turns()
                .branch(accepted.previous(), accepted.tenant(), accepted.spec().conversationId() != null);
        if (branch == null) {
            throw new BranchGoneException(turn.responseId());
        }
        return stores().conversations().without(accepted.spec().conversationId(), branch);
    }

    private Decision abort(Turn before, Input input, String code, String message) {
        parts.metrics().aborted();
        Input.Submit submit = input instanceof Input.Submit s ? s : null;
        return decider.decide(before, new Input.Abort(new TurnError(code, message), submit), now, census.at(now));
    }

    private void carryOut(Turn before, Decision decision, Plan plan) {
        CrashPoint.ORCHESTRATOR_PRODUCE_BEFORE.reach();
        if (plan.state() != null) {
            stores().turns().save(decision.after(), plan.state());
            watch.see(decision.after());
        }
        decision.approvalsAnswered()
                .forEach(id ->
                        stores().turns().approvalAnswered(id, decision.after().responseId()));
        for (Plan.Send send : plan.sends()) {
            context().forward(send.record(), send.sink());
        }
        CrashPoint.ORCHESTRATOR_PRODUCE_AFTER.reach();
        for (StepEvent event : decision.events()) {
            switch (event) {
                case StepEvent.CallAssigned assigned -> {
                    census.assigned(assigned.ref(), assigned.owner(), now);
                    parts.metrics().assigned(assigned.stage(), now - couldBegin(before, assigned));
                }
                case StepEvent.Accepted accepted -> parts.metrics().accepted(accepted);
                case StepEvent.AttemptEnded ended -> attemptEnded(before, ended);
                case StepEvent.Started started -> {
                    if (before instanceof Turn.Queued queued) {
                        parts.traces().waited(queued.accepted(), started);
                    }
                }
                case StepEvent.Ended ended -> ended(before, decision, ended);
                case StepEvent.CallEnded ended -> callEnded(before, ended.outcome(), ended.at());
                case StepEvent.StepEnded ended ->
                    ended.outcomes().forEach(outcome -> callEnded(before, outcome, ended.at()));
                case StepEvent.Repeated _,
                        StepEvent.StepStarted _,
                        StepEvent.StopRequested _,
                        StepEvent.Refused _,
                        StepEvent.Moved _,
                        StepEvent.OfConversation _,
                        StepEvent.Deleted _ -> {}
            }
        }
    }

    private void callEnded(Turn before, StepEvent.CallOutcome outcome, long at) {
        // Nobody knows where its frames end: its worker is dead
        if (outcome.sealed()) {
            lost(before, outcome.ref(), "lost", at);
        }
    }

    private void attemptEnded(Turn before, StepEvent.AttemptEnded ended) {
        if (ended.reason().equals("lost")) {
            parts.metrics().leaseExpired();
        }
        // An attempt that failed was answered by its worker, which has its span
        if (!ended.reason().equals("failed")) {
            lost(before, ended.ref(), ended.reason(), ended.at());
        }
    }

    private void lost(Turn before, CallRef ref, String reason, long at) {
        if (before instanceof Turn.Active active && active.step().call(ref) instanceof CallState.Assigned attempt) {
            parts.traces().lost(active.accepted(), attempt, reason, at);
        }
    }

    /** An attempt that did not wait before this decision began with it. */
    private static long couldBegin(Turn before, StepEvent.CallAssigned assigned) {
        return before instanceof Turn.Active active
                        && active.step().number() == assigned.ref().step()
                        && active.step().call(assigned.ref()) instanceof CallState.Waiting waiting
                ? waiting.notBefore()
                : assigned.at();
    }

    private void ended(Turn before, Decision decision, StepEvent.Ended ended) {
        // The state after has forgotten how the turn began
        List<StepEvent> head = new ArrayList<>(decision.events());
        head.removeLast();
        Turn turn = before;
        for (StepEvent event : head) {
            turn = turn.apply(event);
        }
        Turn.Open last = (Turn.Open) turn;
        parts.metrics().ended(ended, last.accepted().submittedAt());
        parts.metrics().endedOf(last.accepted().tenant(), ended.status());
        if (ended.cost() != null) {
            double dollars = ended.cost() / (double) Price.DOLLAR;
            parts.metrics().cost(last.accepted().spec().model(), dollars);
            parts.metrics().costOf(last.accepted().tenant(), dollars);
        }
        parts.traces().end(last.accepted(), last.steps(), ended, stores().turns()::find);
        stores().usage().remember(last.accepted());
    }

    private static @Nullable String traceparent(Turn before, Input input) {
        return switch (before) {
            case Turn.Open open -> open.accepted().traceparent();
            case Turn.Unknown _, Turn.Over _, Turn.Gone _ ->
                input instanceof Input.Submit submit ? submit.traceparent() : null;
        };
    }

    private void deadLetter(Record<String, byte[]> record, Instant began, String reason) {
        RecordMetadata place = context().recordMetadata().orElseThrow();
        LOG.warn(
                "Record {}-{}@{} goes to the dead letters: {}",
                place.topic(),
                place.partition(),
                place.offset(),
                reason);
        parts.metrics().deadLetter();
        parts.traces().deadLetter(record, place, began);
        context()
                .forward(
                        Intake.deadLetter(record, place, reason, time()),
                        OrchestratorTopology.deadLettersSink(place.topic()));
        guarded("what waits for it", () -> endWhatWaits(record, place.topic()));
    }

    /** Nobody is to wait for ever for what a dead letter would have brought. */
    private void endWhatWaits(Record<String, byte[]> record, String topic) {
        if (topic.equals(Topics.REQUESTS)) {
            Request.Submit submit =
                    Intake.remains(record.value(), context().taskId().partition());
            // A turn that is known has been read before
            if (submit != null && stores().turns().find(submit.responseId()) instanceof Turn.Unknown) {
                endUnread(submit, record.headers());
            }
            return;
        }
        Remains result = Remains.of(record.value());
        if (result.ref() != null) {
            String id = result.ref().responseId();
            Input input = Intake.unread(result, stores().turns().find(id));
            if (input != null) {
                handle(id, input);
            }
        }
    }

    private void endUnread(Request.Submit submit, org.apache.kafka.common.header.Headers headers) {
        TurnError error = new TurnError(ErrorCodes.UNREADABLE, "The request could not be read, and was put aside.");
        Input.Submit input = new Input.Submit(
                submit, Input.Parent.NONE, List.of(), ResponseFold.VERSION, TurnTraces.traceparent(headers));
        if (!Intake.isAhead(submit, time())) {
            handle(submit.responseId(), new Input.Abort(error, input));
            return;
        }
        // Its time would make the store drop turns early: its end is told, and not kept
        Decision told = decider.decide(
                Turn.unknown(submit.responseId()), new Input.Abort(error, input), time(), census.at(now));
        Plan.of(told.events(), TraceHeaders.extract(headers), now)
                .sends()
                .forEach(send -> context().forward(send.record(), send.sink()));
    }

    /** The wall clock, made never to go back. */
    private long time() {
        now = Math.max(now, context().currentSystemTimeMs());
        return now;
    }

    private ProcessorContext<String, Outgoing> context() {
        if (context == null) {
            throw new IllegalStateException("the processor was not initialised");
        }
        return context;
    }

    private Stores stores() {
        if (stores == null) {
            throw new IllegalStateException("the processor was not initialised");
        }
        return stores;
    }
}
