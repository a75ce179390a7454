package io.voiceagent.transport.stage;

import io.opentelemetry.context.Context;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.Frame;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.crash.CrashPoint;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The frames of one attempt. Sending and acknowledging have locks of their own, because an acknowledgement comes on the
 * producer's only thread, which must never wait for a sender that waits for the producer.
 *
 * <p>After a send has failed, nobody knows whether that frame is in the log. No delta is taken any more, and {@link
 * #settle} sends the frames from that one on again, with the same indexes, until they are acknowledged: readers drop an
 * index that they have, so the number of frames is certain again.
 */
final class FrameStream implements FrameWriter {
    /** Frames that may be under way; a writer that is further ahead waits. */
    private static final int MAX_UNACKNOWLEDGED = 256;

    private static final Logger LOG = LoggerFactory.getLogger(FrameStream.class);
    private final Producer<String, byte[]> producer;
    private final Call call;
    private final String incarnation;
    private final Context context;
    private final StageMetrics metrics;

    private final ReentrantLock sending = new ReentrantLock();
    private final FrameBuffer buffer = new FrameBuffer();
    private int nextIndex;
    private boolean deltaRefused;
    private volatile boolean closed;

    private final ReentrantLock acks = new ReentrantLock();
    private final Condition ackChanged = acks.newCondition();
    /** From the first that is not acknowledged on; those behind it may be. */
    private final Deque<Sent> unsettled = new ArrayDeque<>();

    private @Nullable Exception failure;

    private static final class Sent {
        final ProducerRecord<String, byte[]> record;
        final int index;
        boolean acknowledged;

        Sent(ProducerRecord<String, byte[]> record, int index) {
            this.record = record;
            this.index = index;
        }
    }

    FrameStream(
            Producer<String, byte[]> producer, Call call, String incarnation, Context context, StageMetrics metrics) {
        this.producer = producer;
        this.call = call;
        this.incarnation = incarnation;
        this.context = context;
        this.metrics = metrics;
    }

    /** Sends frame 0, without waiting. */
    void open() {
        sending.lock();
        try {
            send(new Frame.Opened(call.ref(), call.conversation(), incarnation));
        } finally {
            sending.unlock();
        }
    }

    @Override
    public void write(Frame.Delta delta) {
        if (FrameBuffer.chars(delta) > MAX_DELTA_CHARS) {
            throw new IllegalArgumentException("A delta has at most %d characters".formatted(MAX_DELTA_CHARS));
        }
        sending.lock();
        try {
            // Held while waiting, so that deltas of several threads keep their order
            awaitRoom();
            if (closed) {
                deltaRefused = true;
                throw new CallStoppedException("The call is stopped", null);
            }
            if (failure() != null) {
                deltaRefused = true;
                throw failed();
            }
            switch (buffer.add(delta, System.nanoTime())) {
                case FrameBuffer.Next.SendNow _ -> sendBuffered();
                case FrameBuffer.Next.SendIn later -> flushIn(later.nanos());
                case FrameBuffer.Next.Wait _ -> {}
            }
        } finally {
            sending.unlock();
        }
    }

    @Override
    public void flush() {
        sending.lock();
        try {
            sendBuffered();
        } finally {
            sending.unlock();
        }
        if (failure() != null) {
            throw failed();
        }
    }

    /** Takes no more deltas; those taken so far are part of the attempt. Does not block. */
    void stop() {
        closed = true;
        acks.lock();
        try {
            ackChanged.signalAll();
        } finally {
            acks.unlock();
        }
    }

    /** Whether readers may have seen less than the handler has written. */
    boolean broken() {
        sending.lock();
        try {
            return deltaRefused || failure() != null;
        } finally {
            sending.unlock();
        }
    }

    /**
     * Closes the stream and waits until all its frames are acknowledged, sending again what has failed.
     *
     * @return the number of frames
     * @throws DeliveryFailedException when that has not succeeded in time
     */
    int settle(Delivery delivery) throws InterruptedException, DeliveryFailedException {
        closed = true;
        sending.lock();
        try {
            sendBuffered();
        } finally {
            sending.unlock();
        }
        for (ProducerRecord<String, byte[]> record : awaitAcknowledged()) {
            metrics.sentAgain();
            delivery.deliver(record);
        }
        return nextIndex;
    }

    private void flushIn(long nanos) {
        Thread.ofVirtual().name("flush").start(() -> {
            try {
                Thread.sleep(Duration.ofNanos(Math.max(0, nanos)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            sending.lock();
            try {
                sendBuffered();
            } finally {
                sending.unlock();
            }
        });
    }

    private void sendBuffered() {
        if (failure() != null) {
            // The attempt is over; what was not sent is not part of it
            deltaRefused |= !buffer.take(System.nanoTime()).isEmpty();
            return;
        }
        List<Frame.Delta> deltas = buffer.take(System.nanoTime());
        if (!deltas.isEmpty()) {
            send(new Frame.Deltas(call.ref(), call.conversation(), incarnation, nextIndex, deltas));
        }
    }

    private void send(Frame frame) {
        Sent sent = new Sent(Records.frame(frame, context), nextIndex);
        switch (nextIndex) {
            case 0 -> CrashPoint.STAGE_OPENED_BEFORE.reach();
            case 1 -> CrashPoint.STAGE_FIRST_FRAME_BEFORE.reach();
            default -> {}
        }
        nextIndex++;
        acks.lock();
        try {
            unsettled.addLast(sent);
        } finally {
            acks.unlock();
        }
        try {
            producer.send(sent.record, (metadata, error) -> acknowledged(sent, error));
            metrics.frameSent();
        } catch (KafkaException | IllegalStateException e) {
            acknowledged(sent, e);
        }
    }

    private void acknowledged(Sent sent, @Nullable Exception error) {
        acks.lock();
        try {
            if (error == null) {
                sent.acknowledged = true;
                switch (sent.index) {
                    case 0 -> CrashPoint.STAGE_OPENED_AFTER.reach();
                    case 1 -> CrashPoint.STAGE_FIRST_FRAME_AFTER.reach();
                    default -> {}
                }
                while (!unsettled.isEmpty() && unsettled.getFirst().acknowledged) {
                    unsettled.removeFirst();
                }
            } else if (failure == null) {
                LOG.warn(
                        "A frame of call {} could not be sent, which ends the attempt: {}",
                        call.ref(),
                        error.toString());
                failure = error;
            }
            ackChanged.signalAll();
        } finally {
            acks.unlock();
        }
    }

    /** Waits for frame 0, and for room, unless the attempt is over. The producer's own time-out bounds the wait. */
    private void awaitRoom() {
        acks.lock();
        try {
            while (!closed
                    && failure == null
                    && (unsettled.size() >= MAX_UNACKNOWLEDGED || (nextIndex == 1 && !unsettled.isEmpty()))) {
                ackChanged.awaitUninterruptibly();
            }
        } finally {
            acks.unlock();
        }
    }

    /** Waits until every frame is acknowledged or one has failed; gives what is to be sent again. */
    private List<ProducerRecord<String, byte[]>> awaitAcknowledged() throws InterruptedException {
        acks.lock();
        try {
            while (failure == null && !unsettled.isEmpty()) {
                ackChanged.await();
            }
            return unsettled.stream().map(s -> s.record).toList();
        } finally {
            acks.unlock();
        }
    }

    private @Nullable Exception failure() {
        acks.lock();
        try {
            return failure;
        } finally {
            acks.unlock();
        }
    }

    private FramesFailedException failed() {
        return new FramesFailedException("A frame could not be sent", failure());
    }
}
