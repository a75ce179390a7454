package io.voiceagent.agent.topology;

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
import io.voiceagent.agent.core.Turn;
import io.voiceagent.messages.Headers;
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
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The trace of a turn. Its span is made when the turn has ended, under an id that follows from the response id, so every record of the
 * turn can name it as its parent from the first call on.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/">Semantic conventions for generative AI</a>
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/messaging/kafka/">Semantic conventions for Kafka</a>
 */
final class TurnTraces {
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    private static final AttributeKey<String> AGENT = AttributeKey.stringKey("gen_ai.agent.name");
    private static final AttributeKey<String> RESPONSE_ID = AttributeKey.stringKey("gen_ai.response.id");
    private static final AttributeKey<String> CONVERSATION_ID = AttributeKey.stringKey("gen_ai.conversation.id");
    private static final AttributeKey<String> REQUEST_MODEL = AttributeKey.stringKey("gen_ai.request.model");
    private static final AttributeKey<Long> INPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.input_tokens");
    private static final AttributeKey<Long> OUTPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.output_tokens");
    private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
    private static final AttributeKey<String> DESTINATION = AttributeKey.stringKey("messaging.destination.name");
    private static final AttributeKey<String> PARTITION = AttributeKey.stringKey("messaging.destination.partition.id");
    private static final AttributeKey<String> OPERATION_NAME = AttributeKey.stringKey("messaging.operation.name");
    private static final AttributeKey<String> OPERATION_TYPE = AttributeKey.stringKey("messaging.operation.type");
    private static final AttributeKey<String> KEY = AttributeKey.stringKey("messaging.kafka.message.key");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
    private static final AttributeKey<String> STATUS = AttributeKey.stringKey("voice_agent.status");
    private static final AttributeKey<Long> STEPS = AttributeKey.longKey("voice_agent.steps");

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

    /** Makes the turn's span; it began when the turn was accepted. */
    void end(Accepted accepted, List<Turn.ClosedStep> steps, StepEvent.Ended ended) {
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
        TurnError error = ended.error();
        if (ended.status() == Status.FAILED) {
            span.setStatus(StatusCode.ERROR, error == null ? "" : error.message());
            span.setAttribute(ERROR_TYPE, error == null ? "_OTHER" : error.code());
        }
        span.end(Instant.ofEpochMilli(ended.at()));
    }

    private static Attributes attributes(Accepted accepted, StepEvent.Ended ended) {
        Usage usage = ended.usage();
        AttributesBuilder attributes = Attributes.builder()
                .put(OPERATION, "invoke_agent")
                .put(AGENT, "voice-agent")
                .put(RESPONSE_ID, accepted.responseId())
                .put(CONVERSATION_ID, accepted.conversation())
                .put(REQUEST_MODEL, accepted.spec().model())
                .put(INPUT_TOKENS, usage.inputTokens())
                .put(OUTPUT_TOKENS, usage.outputTokens())
                .put(SYSTEM, "kafka")
                .put(DESTINATION, Topics.REQUESTS)
                .put(PARTITION, Integer.toString(io.voiceagent.messages.ResponseId.partition(accepted.conversation())))
                .put(OPERATION_NAME, "process")
                .put(OPERATION_TYPE, "process")
                .put(KEY, accepted.conversation())
                .put(STATUS, OrchestratorMetrics.name(ended.status()));
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
