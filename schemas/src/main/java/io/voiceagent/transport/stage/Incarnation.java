package io.voiceagent.transport.stage;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.Remains;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.TurnError;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.Consumers.Isolation;
import io.voiceagent.transport.Consumers.Start;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.crash.CrashPoint;
import io.voiceagent.transport.stage.CallLedger.Decision;
import io.voiceagent.transport.stage.CallLedger.Situation;
import io.voiceagent.transport.stage.Conclusion.StopKind;
import io.voiceagent.transport.telemetry.LogScope;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of a worker: a random id, one partition of the calls topic read from its end on, and the calls that were given
 * to that id. Its loop runs on one thread, which alone touches the consumer and sends the announcements, so that an
 * announcement says what has been read up to its position.
 */
final class Incarnation {
    private static final Logger LOG = LoggerFactory.getLogger(Incarnation.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration POSITION_TIMEOUT = Duration.ofSeconds(10);

    private final StageOptions options;
    private final CallHandler handler;
    private final Clients clients;
    private final CallSpans spans;
    private final StageMetrics metrics;
    private final Executor virtualThreads = task -> Thread.ofVirtual().start(task);

    private final String id =
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    private final CallLedger ledger;
    private final OwnLease lease;
    private final BrokerClock clock = new BrokerClock();
    private final Announcer announcer;
    private final Delivery plain;
    private final Delivery results;
    private final Map<CallRef, RunningCall> running = new ConcurrentHashMap<>();

    private volatile boolean draining;
    private volatile boolean leaving;
    private volatile boolean announced;
    private volatile @Nullable Exception failure;
    private long sequence;
    private int partition = -1;

    /** Producers that outlive an incarnation. */
    record Clients(
            Producer<String, byte[]> frames,
            Producer<String, byte[]> results,
            Producer<String, byte[]> announcements) {}

    Incarnation(StageOptions options, CallHandler handler, Clients clients, CallSpans spans, StageMetrics metrics) {
        this.options = options;
        this.handler = handler;
        this.clients = clients;
        this.spans = spans;
        this.metrics = metrics;
        this.ledger = new CallLedger(id, options.slots());
        this.lease = new OwnLease(options.lease(), System.nanoTime());
        this.announcer = new Announcer(clients.announcements(), lease, clock);
        this.plain = new Delivery(clients.frames(), metrics);
        this.results = new Delivery(clients.results(), metrics);
    }

    /** Lives until {@link #leave}; an exception ends this life, and its calls are handed back. */
    void live() throws Exception {
        try (Consumer<String, byte[]> consumer =
                Consumers.assigned(options.kafka(), clientId("calls"), Isolation.READ_COMMITTED, Start.NONE)) {
            TopicPartition calls = takePartition(consumer);
            LOG.info("Stage {} reads {} as incarnation {}", options.stage(), calls, id);
            loop(consumer, calls);
            announce(consumer.position(calls, POSITION_TIMEOUT));
        } finally {
            announced = false;
            handBack();
        }
    }

    private TopicPartition takePartition(Consumer<String, byte[]> consumer) {
        var living = WorkersSurvey.living(options.kafka(), clientId("survey"), options.lease());
        partition = PartitionChoice.leastUsed(
                living,
                options.stage(),
                options.kafka().callPartitions(),
                n -> ThreadLocalRandom.current().nextInt(n));
        TopicPartition calls = new TopicPartition(Topics.calls(options.stage()), partition);
        consumer.assign(Set.of(calls));
        consumer.seekToEnd(Set.of(calls));
        // Only a position that is known makes sure that nothing is missed from here on
        consumer.position(calls, POSITION_TIMEOUT);
        return calls;
    }

    private void loop(Consumer<String, byte[]> consumer, TopicPartition calls) throws Exception {
        long next = System.nanoTime();
        boolean toldDraining = false;
        while (!leaving) {
            Exception failed = failure;
            if (failed != null) {
                throw failed;
            }
            if (System.nanoTime() - next >= 0 || draining != toldDraining) {
                toldDraining = draining;
                next = System.nanoTime() + options.announceEvery().toNanos();
                announce(consumer.position(calls, POSITION_TIMEOUT));
            }
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                take(record);
            }
        }
    }

    private void announce(long position) {
        CrashPoint.STAGE_ANNOUNCE_BEFORE.reach();
        announcer.announce(new Announcement.Worker(
                id,
                sequence++,
                options.stage(),
                partition,
                position,
                options.slots(),
                ledger.held(),
                draining,
                options.version(),
                options.tools().get()));
        announced = true;
    }

    private void take(ConsumerRecord<String, byte[]> record) {
        CrashPoint.STAGE_TAKE_BEFORE.reach();
        Call call;
        try {
            Records.requireReadable(record);
            call = Json.read(record.value(), Call.class);
        } catch (MalformedMessageException e) {
            deadLetter(record, String.valueOf(e.getMessage()));
            answerUnread(record);
            return;
        }
        switch (call) {
            case Call.Model model
            when options.stage() == Stage.LLM ->
                carryOut(ledger.onCall(model, model.notAfter(), situation()), call, record);
            case Call.Tool tool
            when options.stage() == Stage.TOOL ->
                carryOut(ledger.onCall(tool, tool.notAfter(), situation()), call, record);
            case Call.Stop stop -> carryOut(ledger.onStop(stop), call, record);
            default -> deadLetter(record, "A call for another stage");
        }
    }

    private void carryOut(Decision decision, Call call, ConsumerRecord<String, byte[]> record) {
        switch (decision) {
            case Decision.Pass _ -> {}
            case Decision.Start _ -> start(call, record);
            case Decision.Answer answer ->
                virtualThreads.execute(() -> deliver(answer.result(), TraceHeaders.extract(record.headers())));
            case Decision.Cancel _ -> {
                RunningCall running = this.running.get(call.ref());
                if (running != null) {
                    running.stop(StopKind.ORDERED, virtualThreads);
                }
            }
        }
    }

    private void start(Call call, ConsumerRecord<String, byte[]> record) {
        Span span = spans.start(options.stage(), call, id, record);
        Context context = TraceHeaders.extract(record.headers()).with(span);
        FrameStream frames = new FrameStream(clients.frames(), call, id, context, metrics);
        RunningCall attempt =
                new RunningCall(call, frames, span, context, () -> lease.held(System.nanoTime()), options.stopGrace());
        running.put(call.ref(), attempt);
        CrashPoint.STAGE_TAKE_AFTER.reach();
        virtualThreads.execute(() -> run(attempt, frames));
    }

    private void run(RunningCall attempt, FrameStream frames) {
        long began = System.nanoTime();
        Call call = attempt.call();
        try (LogScope ids = LogScope.of(attempt.traceContext())) {
            Conclusion conclusion = attempt.run(handler);
            CrashPoint.STAGE_LAST_FRAME_BEFORE.reach();
            int count = frames.settle(plain);
            CrashPoint.STAGE_LAST_FRAME_AFTER.reach();
            CallResult result = conclusion.result(call.ref(), call.conversation(), id, count);
            metrics.ended(result, Duration.ofNanos(System.nanoTime() - began));
            spans.end(attempt.span(), result);
            ledger.finished(result, Json.write(result).length);
            deliver(result, attempt.traceContext());
        } catch (DeliveryFailedException | RuntimeException e) {
            // The call can't be answered by this life of the worker any more
            failure = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            running.remove(call.ref());
        }
    }

    /** Sends an answer until the log has it. */
    private void deliver(CallResult result, Context context) {
        ProducerRecord<String, byte[]> record = Records.result(options.stage(), result, context);
        try (Scope scope = context.makeCurrent()) {
            CrashPoint.STAGE_RESULT_BEFORE.reach();
            results.deliver(record);
            CrashPoint.STAGE_RESULT_AFTER.reach();
            metrics.answered(result);
            ledger.acknowledged(result);
        } catch (DeliveryFailedException e) {
            failure = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void deadLetter(ConsumerRecord<String, byte[]> record, String reason) {
        LOG.warn(
                "Record {}-{}@{} goes to the dead letters: {}",
                record.topic(),
                record.partition(),
                record.offset(),
                reason);
        metrics.deadLetter();
        virtualThreads.execute(() -> {
            try {
                plain.deliver(Records.deadLetter(record, reason));
            } catch (DeliveryFailedException e) {
                LOG.warn("A dead letter is lost", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Whoever gave us the call would wait for it until its turn is over; another worker may read it. */
    private void answerUnread(ConsumerRecord<String, byte[]> record) {
        Remains call = Remains.of(record.value());
        CallRef ref = call.ref();
        String conversation = call.conversation();
        if (ref == null
                || conversation == null
                || !call.isCall()
                || !call.owner().equals(id)
                || ledger.knows(ref)) {
            return;
        }
        TurnError error = new TurnError(ErrorCodes.UNREADABLE, "The worker could not read the call.");
        CallResult result = new CallResult.Failed(ref, conversation, id, 0, error, true, 0);
        virtualThreads.execute(() -> deliver(result, TraceHeaders.extract(record.headers())));
    }

    private Situation situation() {
        return new Situation(clock.at(System.currentTimeMillis()), lease.held(System.nanoTime()), draining);
    }

    /** Takes nothing new from now on, and says so. */
    void drain() {
        draining = true;
    }

    /** Stops what still runs, so that others may try. */
    void handBack() {
        running.values().forEach(call -> call.stop(StopKind.HANDED_BACK, virtualThreads));
    }

    /** Ends the loop after one more announcement. */
    void leave() {
        leaving = true;
    }

    String id() {
        return id;
    }

    /** Calls that run or whose result is not acknowledged. */
    int held() {
        return ledger.heldCount();
    }

    /** Whether this worker has announced itself and is sure to be believed alive. */
    boolean living() {
        return announced && lease.held(System.nanoTime());
    }

    Duration announcementAge() {
        return lease.age(System.nanoTime());
    }

    private String clientId(String purpose) {
        return "stage-%s-%s-%s".formatted(options.stage(), purpose, id);
    }
}
