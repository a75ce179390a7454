package io.voiceagent.transport.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import java.util.List;

/**
 * Names of the attributes of spans that more than one place sets. This is their one home; what OpenTelemetry names is named so.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/">Semantic conventions for generative AI, 1.41</a>
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/messaging/kafka/">Semantic conventions for Kafka</a>
 */
public final class SpanAttributes {
    /** {@code chat}, {@code execute_tool} or {@code invoke_agent}. */
    public static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    /** Whose protocol the model speaks; who answers behind it, nobody tells us. */
    public static final AttributeKey<String> PROVIDER = AttributeKey.stringKey("gen_ai.provider.name");

    public static final AttributeKey<String> AGENT_NAME = AttributeKey.stringKey("gen_ai.agent.name");
    public static final AttributeKey<String> CONVERSATION_ID = AttributeKey.stringKey("gen_ai.conversation.id");
    public static final AttributeKey<String> REQUEST_MODEL = AttributeKey.stringKey("gen_ai.request.model");
    public static final AttributeKey<Long> INPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.input_tokens");
    public static final AttributeKey<Long> CACHED_TOKENS = AttributeKey.longKey("gen_ai.usage.cache_read.input_tokens");
    public static final AttributeKey<Long> OUTPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.output_tokens");
    public static final AttributeKey<Long> REASONING_TOKENS =
            AttributeKey.longKey("gen_ai.usage.reasoning.output_tokens");

    public static final AttributeKey<String> MESSAGING_SYSTEM = AttributeKey.stringKey("messaging.system");
    /** What the messaging system calls it: {@code send}, {@code poll}, {@code process}. */
    public static final AttributeKey<String> MESSAGING_OPERATION = AttributeKey.stringKey("messaging.operation.name");
    /** {@code send}, {@code receive} or {@code process}. */
    public static final AttributeKey<String> MESSAGING_TYPE = AttributeKey.stringKey("messaging.operation.type");

    public static final AttributeKey<String> DESTINATION = AttributeKey.stringKey("messaging.destination.name");
    public static final AttributeKey<String> PARTITION = AttributeKey.stringKey("messaging.destination.partition.id");
    public static final AttributeKey<Long> OFFSET = AttributeKey.longKey("messaging.kafka.offset");
    public static final AttributeKey<String> MESSAGE_KEY = AttributeKey.stringKey("messaging.kafka.message.key");
    public static final AttributeKey<String> CONSUMER_GROUP = AttributeKey.stringKey("messaging.consumer.group.name");
    /** A code of ours, or the name of a failure's class; of bounded number. */
    public static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    /** Public id of the response that the span works for. */
    public static final AttributeKey<String> RESPONSE_ID = AttributeKey.stringKey("voice_agent.response.id");
    /** Public id of the conversation object, where the turn is of one; {@link #CONVERSATION_ID} is the key in the log. */
    public static final AttributeKey<String> CONVERSATION_OBJECT =
            AttributeKey.stringKey("voice_agent.conversation.object.id");
    /** {@code llm} or {@code tool}. */
    public static final AttributeKey<String> STAGE = AttributeKey.stringKey("voice_agent.stage");

    public static final AttributeKey<Long> STEP = AttributeKey.longKey("voice_agent.step");
    public static final AttributeKey<Long> CALL = AttributeKey.longKey("voice_agent.call");
    /** Number of the attempt, from 0. */
    public static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("voice_agent.attempt");
    /** Which life of which worker. */
    public static final AttributeKey<String> INCARNATION = AttributeKey.stringKey("voice_agent.incarnation");
    /** What became of an attempt. */
    public static final AttributeKey<String> RESULT = AttributeKey.stringKey("voice_agent.result");
    /** How a turn ended. */
    public static final AttributeKey<String> STATUS = AttributeKey.stringKey("voice_agent.status");
    /** Why it is incomplete. */
    public static final AttributeKey<String> INCOMPLETE_REASON =
            AttributeKey.stringKey("voice_agent.incomplete.reason");

    public static final AttributeKey<Long> STEPS = AttributeKey.longKey("voice_agent.steps");
    /** What a request asks for, as its record's {@code type} has it. */
    public static final AttributeKey<String> REQUEST = AttributeKey.stringKey("voice_agent.request");
    /** On a link: what the other span is to this one. */
    public static final AttributeKey<String> LINK = AttributeKey.stringKey("voice_agent.link");

    /** Why the model ended. */
    public static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private SpanAttributes() {}
}
