package io.voiceagent.transport.stage;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a record until the log has it, for {@link #LIMIT} at most. What is sent this way may be in the log more than
 * once; its readers know it by its attempt, or its index.
 */
final class Delivery {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

    /** After that, whoever waits is served better by a new incarnation. */
    static final Duration LIMIT = Duration.ofMinutes(2);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private final Producer<String, byte[]> producer;
    private final StageMetrics metrics;

    Delivery(Producer<String, byte[]> producer, StageMetrics metrics) {
        this.producer = producer;
        this.metrics = metrics;
    }

    /** Returns when the record is acknowledged. */
    void deliver(ProducerRecord<String, byte[]> record) throws InterruptedException, DeliveryFailedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        Duration pause = FIRST_PAUSE;
        while (true) {
            Throwable error = attempt(record);
            if (error == null) {
                return;
            }
            if (System.nanoTime() - end >= 0 || error instanceof IllegalStateException) {
                // A producer that is closed will not be opened again
                throw new DeliveryFailedException("No acknowledgement from " + record.topic(), error);
            }
            LOG.warn("A record for {} is sent again: {}", record.topic(), error.toString());
            metrics.sentAgain();
            Thread.sleep(pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    private @Nullable Throwable attempt(ProducerRecord<String, byte[]> record) throws InterruptedException {
        try {
            // A copy of the headers: the producer closes those that it is given
            producer.send(new ProducerRecord<>(
                            record.topic(), record.partition(), record.key(), record.value(), record.headers()))
                    .get();
            return null;
        } catch (ExecutionException e) {
            return e.getCause() == null ? e : e.getCause();
        } catch (KafkaException | IllegalStateException e) {
            return e;
        }
    }
}
