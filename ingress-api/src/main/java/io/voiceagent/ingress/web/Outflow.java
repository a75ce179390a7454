package io.voiceagent.ingress.web;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.voiceagent.ingress.web.SlowReaders.Reason;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.server.HttpServerResponse;

/**
 * What of one connection's answers the socket has not taken yet. Whoever streams asks {@link #room} before each piece, so that a connection
 * that does not read holds {@link #WINDOW} bytes and one piece at most; the library between would take over a hundred pieces in advance.
 */
final class Outflow extends ChannelDuplexHandler {
    static final String NAME = "voice-agent.outflow";
    /** Bytes in flight beyond which no further piece is made. */
    static final long WINDOW = 64 << 10;

    private final SlowReaders all;
    /** Bytes of pieces that were made and are not yet with the socket. */
    private final AtomicLong made = new AtomicLong();
    /** Bytes that are with the socket and not yet taken. */
    private final AtomicLong waiting = new AtomicLong();

    private final AtomicBoolean dropped = new AtomicBoolean();
    private final AtomicReference<Sinks.@Nullable Empty<Void>> roomWanted = new AtomicReference<>();
    private volatile long since;
    private volatile @Nullable ChannelHandlerContext context;

    // Only on the event loop
    private long taken;
    private long takenBefore;
    private boolean watching;

    Outflow(SlowReaders all) {
        this.all = all;
    }

    /** That of the connection which {@code response} is written to, null when it has none, such as in a test. */
    static @Nullable Outflow of(ServerHttpResponse response) {
        if (!(response.bufferFactory() instanceof NettyDataBufferFactory)) {
            return null;
        }
        HttpServerResponse answer = ServerHttpResponseDecorator.getNativeResponse(response);
        AtomicReference<@Nullable Outflow> found = new AtomicReference<>();
        answer.withConnection(connection -> {
            // With HTTP/2 a stream would be a channel of its own
            if (connection.channel().pipeline().get(NAME) instanceof Outflow outflow) {
                found.set(outflow);
            }
        });
        return found.get();
    }

    /** Completes when the next piece may be made; at once as long as the client reads. */
    Mono<Void> room() {
        return Mono.defer(() -> {
            if (hasRoom()) {
                return Mono.empty();
            }
            Sinks.Empty<Void> wanted = Sinks.empty();
            roomWanted.set(wanted);
            // It may have come in between
            if (hasRoom()) {
                wanted.tryEmitEmpty();
            }
            return wanted.asMono();
        });
    }

    private boolean hasRoom() {
        return dropped.get() || made.get() + waiting.get() < WINDOW;
    }

    private void roomMade() {
        if (roomWanted.get() != null && hasRoom()) {
            Sinks.Empty<Void> wanted = roomWanted.getAndSet(null);
            if (wanted != null) {
                wanted.tryEmitEmpty();
            }
        }
    }

    /** The bytes as a buffer that counts until it is with the socket. */
    DataBuffer piece(byte[] bytes, DataBufferFactory buffers) {
        if (!(buffers instanceof NettyDataBufferFactory netty)) {
            return buffers.wrap(bytes);
        }
        made.addAndGet(bytes.length);
        return netty.wrap(new Piece(bytes));
    }

    boolean isWaiting() {
        return waiting.get() > 0 && !dropped.get();
    }

    /** Since when there is always something that the socket has not taken, {@link System#nanoTime}. */
    long waitingSince() {
        return since;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        all.opened(this);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        all.closed(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext gone) throws Exception {
        drop(null);
        super.channelInactive(gone);
    }

    @Override
    public void write(ChannelHandlerContext to, Object message, ChannelPromise promise) throws Exception {
        long bytes = size(message);
        if (bytes == 0) {
            super.write(to, message, promise);
            return;
        }
        ChannelPromise told = promise.unvoid();
        add(bytes);
        told.addListener(written -> taken(bytes));
        all.relieve();
        watch(to);
        super.write(to, message, told);
    }

    private synchronized void add(long bytes) {
        if (waiting.getAndAdd(bytes) == 0) {
            since = System.nanoTime();
        }
        if (!dropped.get()) {
            all.added(bytes);
        }
    }

    private static long size(Object message) {
        return switch (message) {
            case ByteBuf buffer -> buffer.readableBytes();
            case ByteBufHolder holder -> holder.content().readableBytes();
            default -> 0;
        };
    }

    private void taken(long bytes) {
        taken += bytes;
        synchronized (this) {
            waiting.addAndGet(-bytes);
            if (!dropped.get()) {
                all.taken(bytes);
            }
        }
        roomMade();
    }

    private void watch(ChannelHandlerContext of) {
        if (!watching) {
            watching = true;
            takenBefore = takenNow(of);
            later(of, all.patience());
        }
    }

    private void later(ChannelHandlerContext of, Duration wait) {
        of.executor().schedule(() -> look(of), wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void look(ChannelHandlerContext of) {
        if (!isWaiting() || !of.channel().isActive()) {
            watching = false;
            return;
        }
        Duration waits = Duration.ofNanos(System.nanoTime() - since);
        if (waits.compareTo(all.patience()) < 0) {
            takenBefore = takenNow(of);
            later(of, all.patience().minus(waits));
        } else if (takenNow(of) - takenBefore < SlowReaders.LEAST_BYTES) {
            drop(Reason.STALLED);
        } else {
            takenBefore = takenNow(of);
            later(of, all.patience());
        }
    }

    /** With what the socket has taken of a piece that is not through yet. */
    private long takenNow(ChannelHandlerContext of) {
        ChannelOutboundBuffer buffer = of.channel().unsafe().outboundBuffer();
        return taken + (buffer == null ? 0 : buffer.currentProgress());
    }

    /**
     * Closes the connection and counts its bytes no more.
     *
     * @param why null: it is closed already
     */
    void drop(@Nullable Reason why) {
        long bytes;
        synchronized (this) {
            if (dropped.getAndSet(true)) {
                return;
            }
            bytes = waiting.get();
            all.taken(bytes);
        }
        ChannelHandlerContext of = context;
        if (why != null && of != null) {
            all.dropped(why, of.channel(), bytes);
            of.close();
        }
        roomMade();
    }

    /** Released when the socket has its own copy, or never will. */
    private final class Piece extends UnpooledHeapByteBuf {
        private final int bytes;

        Piece(byte[] content) {
            super(UnpooledByteBufAllocator.DEFAULT, content, content.length);
            this.bytes = content.length;
        }

        @Override
        protected void deallocate() {
            super.deallocate();
            made.addAndGet(-bytes);
            roomMade();
        }
    }
}
