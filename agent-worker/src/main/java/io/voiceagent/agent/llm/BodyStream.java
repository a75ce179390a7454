package io.voiceagent.agent.llm;

import io.voiceagent.messages.ErrorCodes;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of a response as a stream that is read by one thread, with what {@code BodySubscribers.ofInputStream} lacks:
 * reads that end when the {@link Patience} does, a bound on the bytes, and a {@link #close} from any thread that wakes
 * the reader and closes the connection at once. Holds one network buffer at a time.
 */
final class BodyStream extends InputStream implements BodySubscriber<InputStream> {
    private sealed interface Signal {
        record Bytes(List<ByteBuffer> buffers) implements Signal {}

        record Broken(Throwable cause) implements Signal {}

        record End() implements Signal {}

        record Closed() implements Signal {}
    }

    private final Patience patience;
    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private final ArrayDeque<ByteBuffer> current = new ArrayDeque<>();
    private long bytesLeft;
    private boolean ended;
    private volatile boolean closed;
    private volatile @Nullable Subscription subscription;

    /** @param maxBytes a longer body fails the read that passes it */
    BodyStream(Patience patience, long maxBytes) {
        this.patience = patience;
        this.bytesLeft = maxBytes;
    }

    @Override
    public CompletionStage<InputStream> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Subscription s) {
        subscription = s;
        if (closed) {
            s.cancel();
        } else {
            s.request(1);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> item) {
        signals.add(new Signal.Bytes(item));
    }

    @Override
    public void onError(Throwable throwable) {
        signals.add(new Signal.Broken(throwable));
    }

    @Override
    public void onComplete() {
        signals.add(new Signal.End());
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /**
     * Blocks for the next bytes.
     *
     * @throws FailureException when the patience is over or the body is too long
     * @throws IOException when the connection broke, or the stream was closed
     */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!ended) {
            ByteBuffer buffer = current.peek();
            if (buffer == null) {
                take();
            } else if (!buffer.hasRemaining()) {
                current.remove();
            } else {
                int n = Math.min(length, buffer.remaining());
                buffer.get(target, offset, n);
                return n;
            }
        }
        return -1;
    }

    private void take() throws IOException {
        switch (next()) {
            case Signal.Bytes(List<ByteBuffer> buffers) -> {
                for (ByteBuffer buffer : buffers) {
                    bytesLeft -= buffer.remaining();
                    current.add(buffer);
                }
                if (bytesLeft < 0) {
                    close();
                    throw new FailureException(tooLong());
                }
                Subscription s = subscription;
                if (s != null) {
                    s.request(1);
                }
            }
            case Signal.Broken(Throwable cause) -> throw new IOException("the response broke off", cause);
            case Signal.End() -> ended = true;
            case Signal.Closed() -> throw new IOException("the response was closed");
        }
    }

    private Signal next() throws IOException {
        if (closed) {
            return new Signal.Closed();
        }
        try {
            Signal signal = signals.poll(patience.left(), TimeUnit.NANOSECONDS);
            if (signal != null) {
                return signal;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new IOException("interrupted while reading the response", e);
        }
        close();
        if (patience.isEnding()) {
            return new Signal.End();
        }
        throw new FailureException(patience.failure());
    }

    private static Failure tooLong() {
        return Failure.lasting(
                ErrorCodes.MODEL_ERROR, "too_large", "the model endpoint sent more than this installation takes");
    }

    @Override
    public void close() {
        closed = true;
        Subscription s = subscription;
        if (s != null) {
            s.cancel();
        }
        signals.add(new Signal.Closed());
    }
}
