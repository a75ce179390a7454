package io.voiceagent.transport.stage;

import static io.voiceagent.transport.telemetry.SpanAttributes.ATTEMPT;
import static io.voiceagent.transport.telemetry.SpanAttributes.CALL;
import static io.voiceagent.transport.telemetry.SpanAttributes.CONVERSATION_ID;
import static io.voiceagent.transport.telemetry.SpanAttributes.DESTINATION;
import static io.voiceagent.transport.telemetry.SpanAttributes.ERROR_TYPE;
import static io.voiceagent.transport.telemetry.SpanAttributes.INCARNATION;
import static io.voiceagent.transport.telemetry.SpanAttributes.MESSAGE_KEY;
import static io.voiceagent.transport.telemetry.SpanAttributes.MESSAGING_OPERATION;
import static io.voiceagent.transport.telemetry.SpanAttributes.MESSAGING_SYSTEM;
import static io.voiceagent.transport.telemetry.SpanAttributes.MESSAGING_TYPE;
import static io.voiceagent.transport.telemetry.SpanAttributes.OFFSET;
import static io.voiceagent.transport.telemetry.SpanAttributes.PARTITION;
import static io.voiceagent.transport.telemetry.SpanAttributes.RESPONSE_ID;
import static io.voiceagent.transport.telemetry.SpanAttributes.RESULT;
import static io.voiceagent.transport.telemetry.SpanAttributes.STEP;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.TurnError;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.telemetry.MessageText;
import io.voiceagent.transport.telemetry.SpanNames;
import io.voiceagent.transport.telemetry.TraceHeaders;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The span of one attempt. Names and attributes that OpenTelemetry defines are used where there are any. There is no consumer group: a
 * worker reads its own partition.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/messaging/kafka/">Messaging attributes</a>
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/">GenAI attributes</a>
 *
 * @param text whether and how spans say what was said
 */
record CallSpans(Tracer tracer, MessageText text) {
    Span start(Stage stage, Call call, String incarnation, ConsumerRecord<?, ?> record) {
        Span span = builder(stage, call, incarnation, record).startSpan();
        text.ask(span, call);
        return span;
    }

    private SpanBuilder builder(Stage stage, Call call, String incarnation, ConsumerRecord<?, ?> record) {
        return tracer.spanBuilder(name(stage))
                .setParent(TraceHeaders.extract(record.headers()))
                .setSpanKind(stage == Stage.LLM ? SpanKind.CLIENT : SpanKind.INTERNAL)
                .setAttribute(MESSAGING_SYSTEM, "kafka")
                .setAttribute(MESSAGING_OPERATION, "process")
                .setAttribute(MESSAGING_TYPE, "process")
                .setAttribute(DESTINATION, record.topic())
                .setAttribute(PARTITION, Integer.toString(record.partition()))
                .setAttribute(OFFSET, record.offset())
                .setAttribute(MESSAGE_KEY, call.conversation())
                .setAttribute(CONVERSATION_ID, call.conversation())
                .setAttribute(RESPONSE_ID, call.ref().responseId())
                .setAttribute(STEP, (long) call.ref().step())
                .setAttribute(CALL, (long) call.ref().call())
                .setAttribute(ATTEMPT, (long) call.ref().attempt())
                .setAttribute(INCARNATION, incarnation);
    }

    /** Says how the attempt ended. A tool that failed is a failure here, though its attempt is one that counts. */
    void end(Span span, CallResult result) {
        span.setAttribute(RESULT, Records.type(result));
        if (result instanceof CallResult.Completed completed) {
            text.answer(span, completed.output());
        } else if (result instanceof CallResult.Stopped stopped) {
            text.answer(span, stopped.output());
        }
        switch (result) {
            case CallResult.Failed failed ->
                failed(span, failed.error().code(), failed.error().message());
            case CallResult.Completed completed
            when completed.output() instanceof CallOutput.Tool(String _, TurnError error) && error != null ->
                // What a tool says may repeat what it was asked
                failed(span, error.code(), "");
            default -> {}
        }
        span.end();
    }

    private static void failed(Span span, String code, String message) {
        span.setAttribute(ERROR_TYPE, code);
        span.setStatus(StatusCode.ERROR, message);
    }

    private static String name(Stage stage) {
        return switch (stage) {
            case LLM -> SpanNames.CALL_LLM;
            case TOOL -> SpanNames.EXECUTE_TOOL;
        };
    }
}
