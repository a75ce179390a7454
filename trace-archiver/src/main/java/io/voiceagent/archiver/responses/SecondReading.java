package io.voiceagent.archiver.responses;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.transport.Records;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one turn again, from its first records on, with consumers of its own.
 *
 * @param cancelled asked now and then: whether to give it up
 */
record SecondReading(ResponseStorage storage, int partition, BooleanSupplier cancelled) {

    private static final Logger LOG = LoggerFactory.getLogger(SecondReading.class);
    private static final Duration POLL = Duration.ofMillis(200);

    /**
     * What the turn came to; null when not all of its frames are there yet, or they can't be read in time, or it was cancelled.
     *
     * @throws org.apache.kafka.clients.consumer.OffsetOutOfRangeException when the logs do not hold it any more
     * @throws io.voiceagent.messages.MalformedMessageException when a record of it can't be read
     */
    @Nullable
    FinishedResponse read(OpenTurn turn, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        ConsumerRecord<byte[], byte[]> end = Objects.requireNonNull(turn.end());
        OpenTurn again = new OpenTurn(turn.id, turn.streamFrom(), turn.seenAt());
        byte[] id = turn.id.getBytes(StandardCharsets.UTF_8);
        try (Consumer<byte[], byte[]> steps = storage.stepsConsumers().apply("responses-steps-again")) {
            TopicPartition tp = new TopicPartition(storage.stepsTopic(), partition);
            read(steps, tp, turn.stepsFrom(), deadline, () -> again.end() != null, record -> {
                if (record.offset() <= end.offset() && isOf(id, record)) {
                    again.apply(Json.read(record.value(), StepEvent.class), record);
                }
            });
        }
        try (Consumer<byte[], byte[]> stream = storage.streamConsumers().apply("responses-stream-again")) {
            TopicPartition tp = new TopicPartition(storage.streamTopic(), partition);
            read(stream, tp, turn.streamFrom(), deadline, again::ended, record -> {
                if (isOf(id, record)) {
                    frame(again, record);
                }
            });
        }
        return again.finished();
    }

    /** One that can't be read was passed over the first time, too. */
    private static void frame(OpenTurn again, ConsumerRecord<byte[], byte[]> record) {
        Frame frame;
        try {
            Records.requireReadable(record);
            frame = Json.read(record.value(), Frame.class);
        } catch (MalformedMessageException e) {
            LOG.debug("{}-{}@{} is passed over", record.topic(), record.partition(), record.offset(), e);
            return;
        }
        again.apply(frame, record);
    }

    private interface Taker {
        void take(ConsumerRecord<byte[], byte[]> record);
    }

    /** Reads from {@code from} until that is enough, or to what is the end now. */
    private void read(
            Consumer<byte[], byte[]> consumer,
            TopicPartition tp,
            long from,
            long deadline,
            BooleanSupplier enough,
            Taker taker) {
        consumer.assign(Set.of(tp));
        consumer.seek(tp, from);
        long end = consumer.endOffsets(Set.of(tp)).getOrDefault(tp, from);
        while (!enough.getAsBoolean()
                && !cancelled.getAsBoolean()
                && consumer.position(tp) < end
                && System.nanoTime() - deadline < 0) {
            consumer.poll(POLL).forEach(taker::take);
        }
    }

    private static boolean isOf(byte[] id, ConsumerRecord<byte[], byte[]> record) {
        Header header = record.headers().lastHeader(Headers.RESPONSE_ID);
        return header != null && Arrays.equals(header.value(), id);
    }
}
