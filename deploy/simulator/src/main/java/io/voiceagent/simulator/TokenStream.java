package io.voiceagent.simulator;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Plays the steps of an answer at their times, on the connection's event loop alone: one timer a stream, no thread, and
 * no token made before the connection takes it.
 */
final class TokenStream implements Runnable {

    private final FluxSink<ByteBuf> sink;
    private final EventLoop loop;
    private final Timing timing;
    private final int length;
    private final IntFunction<byte[]> chunks;
    private final End end;
    private final long begun;
    private int next;
    private boolean ended;
    private @Nullable Future<?> timer;

    private TokenStream(
            FluxSink<ByteBuf> sink,
            EventLoop loop,
            Timing timing,
            int length,
            IntFunction<byte[]> chunks,
            End end,
            long begun) {
        this.sink = sink;
        this.loop = loop;
        this.timing = timing;
        this.length = length;
        this.chunks = chunks;
        this.end = end;
        this.begun = begun;
    }

    /** What comes after the last step. */
    @FunctionalInterface
    interface End {
        /** Ends the stream by the sink, or leaves it open. */
        void accept(FluxSink<ByteBuf> sink);
    }

    /**
     * @param begun when the request was read, in {@link System#nanoTime()}
     * @param length number of steps
     * @param chunks the bytes of the step with an index
     */
    static Flux<ByteBuf> of(
            HttpServerResponse response, Timing timing, long begun, int length, IntFunction<byte[]> chunks, End end) {
        return Flux.create(sink -> response.withConnection(connection -> {
            EventLoop loop = connection.channel().eventLoop();
            TokenStream stream = new TokenStream(sink, loop, timing, length, chunks, end, begun);
            sink.onDispose(() -> loop.execute(stream::stop));
            sink.onRequest(demand -> loop.execute(stream));
        }));
    }

    @Override
    public void run() {
        while (timer == null && !ended && !sink.isCancelled()) {
            if (next == length) {
                ended = true;
                end.accept(sink);
                return;
            }
            long wait = begun + timing.dueNanos(next) - System.nanoTime();
            if (wait > 0) {
                timer = loop.schedule(this::wake, wait, TimeUnit.NANOSECONDS);
                return;
            }
            if (sink.requestedFromDownstream() == 0) {
                return;
            }
            sink.next(Unpooled.wrappedBuffer(chunks.apply(next++)));
        }
    }

    private void wake() {
        timer = null;
        run();
    }

    private void stop() {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
