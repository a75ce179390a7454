package io.voiceagent.archiver.ingest;

import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * Puts aside what can't be stored, on the topic {@code <topic>.dlt}, with the reason and the original position in the
 * headers. A letter may be there twice (the position moves after it); the original position tells the copies apart.
 */
public final class DeadLetters {

    private static final int MAX_REASON_CHARS = 1_000;

    private final Producer<byte[], byte[]> producer;
    private final Duration timeout;

    /**
     * @param producer idempotent, acks=all; stays the caller's
     * @param timeout for all letters of a batch to be acknowledged
     */
    public DeadLetters(Producer<byte[], byte[]> producer, Duration timeout) {
        this.producer = producer;
        this.timeout = timeout;
    }

    /**
     * A record, or a part of it, that is not stored.
     *
     * @param origin the record
     * @param payload what of its value is not stored; null for a record without one
     */
    // The arrays belong to Kafka's own records and are never changed.
    @SuppressWarnings("ArrayRecordComponent")
    public record Letter(ConsumerRecord<byte[], byte[]> origin, byte @Nullable [] payload, String reason) {}

    /** Sends the letters and returns when the broker has them. */
    public void send(List<Letter> letters) throws DeadLetterException {
        List<Future<?>> sends = new ArrayList<>(letters.size());
        for (Letter letter : letters) {
            sends.add(producer.send(record(letter, letter.payload(), letter.reason())));
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        for (int i = 0; i < sends.size(); i++) {
            Letter letter = letters.get(i);
            try {
                await(sends.get(i), deadline);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RecordTooLargeException)) {
                    throw new DeadLetterException(letter.origin(), e);
                }
                sendWithoutPayload(letter, deadline);
            }
        }
    }

    /** The original is kept as long as its topic keeps it; its position in the headers is what matters then. */
    private void sendWithoutPayload(Letter letter, long deadline) throws DeadLetterException {
        try {
            await(producer.send(record(letter, null, "too large to be copied here; " + letter.reason())), deadline);
        } catch (ExecutionException e) {
            throw new DeadLetterException(letter.origin(), e);
        }
    }

    private static void await(Future<?> send, long deadline) throws ExecutionException, DeadLetterException {
        try {
            send.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new DeadLetterException("no acknowledgement of a dead letter in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        }
    }

    private static ProducerRecord<byte[], byte[]> record(Letter letter, byte @Nullable [] payload, String reason) {
        ConsumerRecord<byte[], byte[]> origin = letter.origin();
        var dead = new ProducerRecord<>(Topics.deadLetters(origin.topic()), origin.key(), payload);
        origin.headers().forEach(header -> dead.headers().add(header));
        String shortReason = reason.length() > MAX_REASON_CHARS ? reason.substring(0, MAX_REASON_CHARS) : reason;
        dead.headers()
                .add(Headers.DLT_REASON, utf8(shortReason))
                .add(Headers.DLT_TOPIC, utf8(origin.topic()))
                .add(Headers.DLT_PARTITION, utf8(Integer.toString(origin.partition())))
                .add(Headers.DLT_OFFSET, utf8(Long.toString(origin.offset())));
        return dead;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
