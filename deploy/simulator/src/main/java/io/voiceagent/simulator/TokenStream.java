package io.voiceagent.simulator;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
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

    private static final int MAX_AT_ONCE = 64;

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
            sink.next(due());
        }
    }

    /** The chunks that are due by now: one on time; when the machine is behind, many in one write, as TCP would do. */
    private ByteBuf due() {
        List<byte[]> due = new ArrayList<>(1);
        long now = System.nanoTime();
        do {
            due.add(chunks.apply(next++));
        } while (due.size() < MAX_AT_ONCE && next < length && begun + timing.dueNanos(next) <= now);
        return Unpooled.wrappedBuffer(due.toArray(byte[][]::new));
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
