package io.voiceagent.ingress.submit;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Request;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.TopicSpecs;
import io.voiceagent.transport.crash.CrashPoint;
import java.util.concurrent.Semaphore;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;

/**
 * Writes requests to {@code agent.requests}, each acknowledged by all in-sync copies.
 *
 * <p>A send that was never handed to the sender is refused as {@link Code#SERVICE_UNAVAILABLE}: nothing was accepted. Of one that was handed
 * over and not acknowledged in time nobody knows, and the client is told so ({@link Code#SUBMISSION_UNKNOWN}).
 */
public final class KafkaRequestLog implements RequestLog {
    /** Leaves room for what the orchestrator adds when it records the turn as accepted: the catalogue of tools. */
    static final int MAX_BYTES = TopicSpecs.MAX_RECORD_BYTES - (256 << 10);
    /** Requests that may wait for their acknowledgement at one time. */
    static final int MAX_IN_FLIGHT = 2_000;

    private static final Logger LOG = LoggerFactory.getLogger(KafkaRequestLog.class);

    private final Producer<String, byte[]> producer;
    private final LogHealth health;
    private final Scheduler scheduler;
    private final Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT);

    /**
     * @param producer made for submissions, traced; closed by whoever made it
     * @param scheduler where {@code send} may block for its metadata
     */
    public KafkaRequestLog(Producer<String, byte[]> producer, LogHealth health, Scheduler scheduler) {
        this.producer = producer;
        this.health = health;
        this.scheduler = scheduler;
    }

    @Override
    public Mono<Void> append(Request request, Context trace) {
        return Mono.defer(() -> {
            if (!health.up()) {
                return Mono.error(away());
            }
            ProducerRecord<String, byte[]> record = Records.request(request, trace);
            if (record.value().length > MAX_BYTES) {
                return Mono.error(tooLarge(record.value().length));
            }
            if (!inFlight.tryAcquire()) {
                return Mono.error(Refusal.of(
                        Code.OVERLOADED, "Too many requests are being submitted. Nothing was accepted: try again."));
            }
            // Given back by the callback alone: a client that goes away doesn't take the record back
            return Mono.<Void>create(sink -> send(record, trace, sink)).subscribeOn(scheduler);
        });
    }

    private void send(ProducerRecord<String, byte[]> record, Context trace, MonoSink<Void> sink) {
        Thread caller = Thread.currentThread();
        try (Scope scope = trace.makeCurrent()) {
            CrashPoint.INGRESS_PRODUCE_BEFORE.reach();
            producer.send(record, (metadata, error) -> {
                inFlight.release();
                if (error == null) {
                    CrashPoint.INGRESS_PRODUCE_AFTER.reach();
                    sink.success();
                } else {
                    LOG.warn("A request could not be written to {}: {}", record.topic(), error.toString());
                    // The producer answers in the caller's thread only what it did not take
                    sink.error(Thread.currentThread() == caller ? away() : unknown());
                }
            });
        } catch (RuntimeException e) {
            inFlight.release();
            sink.error(e);
        }
    }

    private static Refusal away() {
        return Refusal.of(
                Code.SERVICE_UNAVAILABLE,
                "The log of requests can't be reached. Nothing was accepted: try again later.");
    }

    private static Refusal unknown() {
        return Refusal.of(
                Code.SUBMISSION_UNKNOWN,
                "The log of requests did not answer in time. The outcome is not known: the request may have been accepted.");
    }

    private static Refusal tooLarge(int bytes) {
        return new Refusal(
                Code.CONTEXT_LENGTH_EXCEEDED,
                "input",
                "The request takes %d bytes in the log, more than the %d of one turn. Send less input, instructions or tools."
                        .formatted(bytes, MAX_BYTES));
    }
}
