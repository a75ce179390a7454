package io.voiceagent.archiver.ingest;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A dead letter that the broker did not take. Its batch is not stored either, and is tried again. */
public final class DeadLetterException extends Exception {

    private static final long serialVersionUID = 1L;

    DeadLetterException(ConsumerRecord<?, ?> origin, Throwable cause) {
        this(
                "can't send the dead letter of " + origin.topic() + "-" + origin.partition() + "@" + origin.offset(),
                cause);
    }

    DeadLetterException(String message, Throwable cause) {
        super(message, cause);
    }
}
