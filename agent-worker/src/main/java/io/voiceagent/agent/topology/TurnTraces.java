package io.voiceagent.agent.topology;

import static io.voiceagent.transport.telemetry.SpanAttributes.AGENT_NAME;
import static io.voiceagent.transport.telemetry.SpanAttributes.ATTEMPT;
import static io.voiceagent.transport.telemetry.SpanAttributes.CALL;
import static io.voiceagent.transport.telemetry.SpanAttributes.CONSUMER_GROUP;
import static io.voiceagent.transport.telemetry.SpanAttributes.CONVERSATION_ID;
import static io.voiceagent.transport.telemetry.SpanAttributes.CONVERSATION_OBJECT;
import static io.voiceagent.transport.telemetry.SpanAttributes.DESTINATION;
import static io.voiceagent.transport.telemetry.SpanAttributes.ERROR_TYPE;
import static io.voiceagent.transport.telemetry.SpanAttributes.INCARNATION;
import static io.voiceagent.transport.telemetry.SpanAttributes.INCOMPLETE_REASON;
import static io.voiceagent.transport.telemetry.SpanAttributes.INPUT_TOKENS;
import static io.voiceagent.transport.telemetry.SpanAttributes.LINK;
import static io.voiceagent.transport.telemetry.SpanAttributes.MESSAGE_KEY;
import static io.voiceagent.transport.telemetry.SpanAttributes.MESSAGING_OPERATION;
import static io.voiceagent.transport.telemetry.SpanAttributes.MESSAGING_SYSTEM;
import static io.voiceagent.transport.telemetry.SpanAttributes.MESSAGING_TYPE;
import static io.voiceagent.transport.telemetry.SpanAttributes.OFFSET;
import static io.voiceagent.transport.telemetry.SpanAttributes.OPERATION;
import static io.voiceagent.transport.telemetry.SpanAttributes.OUTPUT_TOKENS;
import static io.voiceagent.transport.telemetry.SpanAttributes.PARTITION;
import static io.voiceagent.transport.telemetry.SpanAttributes.PROVIDER;
import static io.voiceagent.transport.telemetry.SpanAttributes.REQUEST;
import static io.voiceagent.transport.telemetry.SpanAttributes.REQUEST_MODEL;
import static io.voiceagent.transport.telemetry.SpanAttributes.RESPONSE_ID;
import static io.voiceagent.transport.telemetry.SpanAttributes.RESULT;
import static io.voiceagent.transport.telemetry.SpanAttributes.STAGE;
import static io.voiceagent.transport.telemetry.SpanAttributes.STATUS;
import static io.voiceagent.transport.telemetry.SpanAttributes.STEP;
import static io.voiceagent.transport.telemetry.SpanAttributes.STEPS;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.voiceagent.agent.core.CallState;
import io.voiceagent.agent.core.Turn;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.Accepted;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.Usage;
import io.voiceagent.transport.telemetry.ForcedIds;
import io.voiceagent.transport.telemetry.SpanNames;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * The traces of turns and requests. A turn's span is made when the turn has ended, under an id that follows from the response id, so every
 * record of the turn can name it as its parent from the first call on. What no other span tells has one of its own: how long a turn waited
 * for its conversation, an attempt that was lost with its worker, and a request that became no turn.
 *
 * <p>A transaction that is rolled back has made its spans all the same; done again it makes them under the same ids.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/">Semantic conventions for generative AI</a>
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/messaging/kafka/">Semantic conventions for Kafka</a>
 */
final class TurnTraces {
    private static final AttributeKey<String> GEN_AI_RESPONSE_ID = AttributeKey.stringKey("gen_ai.response.id");
    /** A turn names no more turns that it has to do with than this. */
    private static final int MAX_LINKS = 32;

    private final Tracer tracer;

    TurnTraces(Tracer tracer) {
        this.tracer = tracer;
    }

    /** The request's trace context in W3C form, null when there is none. */
    static @Nullable String traceparent(org.apache.kafka.common.header.Headers headers) {
        Context context = TraceHeaders.extract(headers);
        if (!spanOf(context).isValid()) {
            return null;
        }
        RecordHeaders clean = new RecordHeaders();
        TraceHeaders.inject(context, clean);
        return new String(clean.lastHeader(Headers.TRACEPARENT).value(), StandardCharsets.UTF_8);
    }

    /** The context whose span is the turn's, which need not exist yet; the root context when the turn is not traced. */
    static Context ofTurn(@Nullable String traceparent, String responseId) {
        SpanContext request = spanOf(ofRequest(traceparent));
        return request.isValid()
                ? TraceHeaders.parent(request.getTraceId(), ForcedIds.spanIdOf(responseId), request.isSampled())
                : Context.root();
    }

    /**
     * Makes the turn's span; it began when the turn was accepted.
     *
     * @param turns finds a turn by its id: the span refers to the turn before it, and to those whose requests for approval it answered
     */
    void end(Accepted accepted, List<Turn.ClosedStep> steps, StepEvent.Ended ended, Function<String, Turn> turns) {
        Context request = ofRequest(accepted.traceparent());
        if (!spanOf(request).isValid()) {
            return;
        }
        SpanBuilder builder = tracer.spanBuilder(SpanNames.PROCESS_MESSAGE)
                .setParent(request)
                .setSpanKind(SpanKind.CONSUMER)
                .setStartTimestamp(Instant.ofEpochMilli(accepted.at()))
                .setAllAttributes(attributes(accepted, ended))
                .setAttribute(STEPS, (long) steps.size());
        Span span = ForcedIds.start(builder, ForcedIds.spanIdOf(accepted.responseId()));
        // Other turns are looked up only for somebody to see
        if (span.isRecording()) {
            related(accepted).forEach((id, relation) -> link(span, turns.apply(id), relation));
        }
        TurnError error = ended.error();
        if (ended.status() == Status.FAILED) {
            span.setStatus(StatusCode.ERROR, error == null ? "" : error.message());
            span.setAttribute(ERROR_TYPE, error == null ? "_OTHER" : error.code());
        }
        if (ended.incompleteReason() != null) {
            span.setAttribute(INCOMPLETE_REASON, ended.incompleteReason());
        }
        span.end(Instant.ofEpochMilli(ended.at()));
    }

    /** Makes the span of the time that the turn waited for its conversation. */
    void waited(Accepted accepted, StepEvent.Started started) {
        Context turn = ofTurn(accepted.traceparent(), accepted.responseId());
        if (spanOf(turn).isValid()) {
            SpanBuilder builder = tracer.spanBuilder(SpanNames.WAIT)
                    .setParent(turn)
                    .setStartTimestamp(Instant.ofEpochMilli(accepted.at()))
                    .setAttribute(CONVERSATION_ID, accepted.conversation())
                    .setAttribute(RESPONSE_ID, accepted.responseId());
            ForcedIds.start(builder, ForcedIds.spanIdOf(accepted.responseId() + "/wait"))
                    .end(Instant.ofEpochMilli(started.at()));
        }
    }

    /** Makes the span of an attempt that its worker has none of, or can't be relied on to have: the worker is dead, or never began. */
    void lost(Accepted accepted, CallState.Assigned attempt, String reason, long at) {
        Context turn = ofTurn(accepted.traceparent(), accepted.responseId());
        if (!spanOf(turn).isValid()) {
            return;
        }
        SpanBuilder builder = tracer.spanBuilder(SpanNames.LOST_ATTEMPT)
                .setParent(turn)
                .setStartTimestamp(Instant.ofEpochMilli(attempt.at()))
                .setAttribute(CONVERSATION_ID, accepted.conversation())
                .setAttribute(RESPONSE_ID, accepted.responseId())
                .setAttribute(STAGE, OrchestratorMetrics.name(attempt.stage()))
                .setAttribute(STEP, (long) attempt.ref().step())
                .setAttribute(CALL, (long) attempt.ref().call())
                .setAttribute(ATTEMPT, (long) attempt.ref().attempt())
                .setAttribute(INCARNATION, attempt.owner())
                .setAttribute(RESULT, reason);
        Span span = ForcedIds.start(builder, ForcedIds.spanIdOf(attempt.ref() + "/lost"));
        if (reason.equals("lost")) {
            span.setAttribute(ERROR_TYPE, reason);
            span.setStatus(StatusCode.ERROR, "Its worker is dead.");
        }
        span.end(Instant.ofEpochMilli(at));
    }

    /**
     * Makes the span of a request that became no turn: a cancel, a deletion, a change of a conversation, a repetition, one that was refused.
     *
     * @param events what was decided
     */
    void request(Record<String, byte[]> record, RecordMetadata place, Instant began, List<StepEvent> events) {
        TurnError refused = events.stream()
                .filter(StepEvent.Refused.class::isInstance)
                .map(event -> ((StepEvent.Refused) event).error())
                .findFirst()
                .orElse(null);
        processed(record, place, began, refused == null ? null : refused.code(), StatusCode.UNSET);
    }

    /** Makes the span of a record, a request or a result, that can't be acted on. */
    void deadLetter(Record<String, byte[]> record, RecordMetadata place, Instant began) {
        processed(record, place, began, "dead_letter", StatusCode.ERROR);
    }

    private void processed(
            Record<String, byte[]> record,
            RecordMetadata place,
            Instant began,
            @Nullable String error,
            StatusCode status) {
        Context sender = TraceHeaders.extract(record.headers());
        if (!spanOf(sender).isValid()) {
            return;
        }
        SpanBuilder builder = tracer.spanBuilder(place.topic() + " process")
                .setParent(sender)
                .setSpanKind(SpanKind.CONSUMER)
                .setStartTimestamp(began)
                .setAllAttributes(messaging(place.topic(), place.partition(), record.key()))
                .setAttribute(OFFSET, place.offset());
        setHeader(builder, REQUEST, record, Headers.TYPE);
        setHeader(builder, RESPONSE_ID, record, Headers.RESPONSE_ID);
        Span span = ForcedIds.start(
                builder, ForcedIds.spanIdOf(place.topic() + "-" + place.partition() + "@" + place.offset()));
        if (error != null) {
            span.setAttribute(ERROR_TYPE, error);
            span.setStatus(status);
        }
        span.end();
    }

    private static void setHeader(
            SpanBuilder builder, AttributeKey<String> attribute, Record<String, byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        if (header != null && header.value() != null) {
            builder.setAttribute(attribute, new String(header.value(), StandardCharsets.UTF_8));
        }
    }

    /** Ids of the turns that this one has to do with, and what they are to it. */
    private static Map<String, String> related(Accepted accepted) {
        Map<String, String> related = new LinkedHashMap<>();
        for (Item item : accepted.spec().input()) {
            if (item instanceof Item.ApprovalAnswer answer && related.size() < MAX_LINKS) {
                Approvals.responseOf(answer.requestId()).ifPresent(id -> related.put(id, "approval_request"));
            }
        }
        String previous = accepted.previous();
        if (previous != null) {
            related.putIfAbsent(previous, "previous_response");
        }
        return related;
    }

    private static void link(Span span, Turn turn, String relation) {
        if (turn instanceof Turn.Over over) {
            SpanContext other = spanOf(ofTurn(over.traceparent(), over.responseId()));
            if (other.isValid()) {
                span.addLink(other, Attributes.of(LINK, relation, RESPONSE_ID, over.responseId()));
            }
        }
    }

    private static Attributes attributes(Accepted accepted, StepEvent.Ended ended) {
        Usage usage = ended.usage();
        AttributesBuilder attributes = Attributes.builder()
                .put(OPERATION, "invoke_agent")
                .put(PROVIDER, "openai")
                .put(AGENT_NAME, "voice-agent")
                .put(GEN_AI_RESPONSE_ID, accepted.responseId())
                .put(RESPONSE_ID, accepted.responseId())
                .put(CONVERSATION_ID, accepted.conversation())
                .put(REQUEST_MODEL, accepted.spec().model())
                .put(INPUT_TOKENS, usage.inputTokens())
                .put(OUTPUT_TOKENS, usage.outputTokens())
                .putAll(messaging(
                        Topics.REQUESTS, ResponseId.partition(accepted.conversation()), accepted.conversation()))
                .put(STATUS, OrchestratorMetrics.name(ended.status()));
        if (accepted.spec().conversationId() != null) {
            attributes.put(CONVERSATION_OBJECT, accepted.spec().conversationId());
        }
        return attributes.build();
    }

    private static Attributes messaging(String topic, int partition, @Nullable String key) {
        AttributesBuilder attributes = Attributes.builder()
                .put(MESSAGING_SYSTEM, "kafka")
                .put(MESSAGING_OPERATION, "process")
                .put(MESSAGING_TYPE, "process")
                .put(DESTINATION, topic)
                .put(PARTITION, Integer.toString(partition))
                .put(CONSUMER_GROUP, Orchestrator.APPLICATION);
        if (key != null) {
            attributes.put(MESSAGE_KEY, key);
        }
        return attributes.build();
    }

    private static Context ofRequest(@Nullable String traceparent) {
        if (traceparent == null) {
            return Context.root();
        }
        RecordHeaders headers = new RecordHeaders();
        headers.add(Headers.TRACEPARENT, traceparent.getBytes(StandardCharsets.UTF_8));
        return TraceHeaders.extract(headers);
    }

    private static SpanContext spanOf(Context context) {
        return Span.fromContext(context).getSpanContext();
    }
}
