package io.voiceagent.transport.telemetry;

import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.context.Context;
import io.opentelemetry.instrumentation.api.instrumenter.AttributesExtractor;
import io.opentelemetry.instrumentation.kafkaclients.common.v0_11.internal.KafkaProducerRequest;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * What the conventions for messaging have today and the instrumentation, which keeps to an older version, does not yet set on the spans of
 * sent records. The library's own names stay beside them.
 */
final class SendAttributes implements AttributesExtractor<KafkaProducerRequest, RecordMetadata> {
    @Override
    public void onStart(AttributesBuilder attributes, Context parent, KafkaProducerRequest request) {
        attributes.put(SpanAttributes.MESSAGING_OPERATION, "send");
        attributes.put(SpanAttributes.MESSAGING_TYPE, "send");
    }

    @Override
    public void onEnd(
            AttributesBuilder attributes,
            Context context,
            KafkaProducerRequest request,
            @Nullable RecordMetadata place,
            @Nullable Throwable error) {
        if (place != null && place.hasOffset()) {
            attributes.put(SpanAttributes.OFFSET, place.offset());
        }
    }
}
