package io.voiceagent.transport.stage;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Stage;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.telemetry.SpanNames;
import io.voiceagent.transport.telemetry.TraceHeaders;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The span of one attempt. Names and attributes that OpenTelemetry defines are used where there are any.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/messaging/kafka/">Messaging attributes</a>
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/">GenAI attributes</a>
 */
final class CallSpans {
    private static final AttributeKey<String> RESULT = AttributeKey.stringKey("voiceagent.result");

    private CallSpans() {}

    static Span start(Tracer tracer, Stage stage, Call call, String incarnation, ConsumerRecord<?, ?> record) {
        return tracer.spanBuilder(name(stage))
                .setParent(TraceHeaders.extract(record.headers()))
                .setSpanKind(stage == Stage.LLM ? SpanKind.CLIENT : SpanKind.INTERNAL)
                .setAttribute("messaging.system", "kafka")
                .setAttribute("messaging.operation.type", "process")
                .setAttribute("messaging.destination.name", record.topic())
                .setAttribute("messaging.destination.partition.id", Integer.toString(record.partition()))
                .setAttribute("messaging.kafka.offset", record.offset())
                .setAttribute("gen_ai.conversation.id", call.conversation())
                .setAttribute("voiceagent.response.id", call.ref().responseId())
                .setAttribute("voiceagent.step", call.ref().step())
                .setAttribute("voiceagent.call", call.ref().call())
                .setAttribute("voiceagent.attempt", call.ref().attempt())
                .setAttribute("voiceagent.incarnation", incarnation)
                .startSpan();
    }

    /** Says how the attempt ended. */
    static void end(Span span, CallResult result) {
        span.setAttribute(RESULT, Records.type(result));
        if (result instanceof CallResult.Failed failed) {
            span.setAttribute("error.type", failed.error().code());
            span.setStatus(StatusCode.ERROR, failed.error().message());
        }
        span.end();
    }

    private static String name(Stage stage) {
        return switch (stage) {
            case LLM -> SpanNames.CALL_LLM;
            case TOOL -> SpanNames.EXECUTE_TOOL;
        };
    }
}
