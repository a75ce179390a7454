package io.voiceagent.ingress.web;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.netty.http.server.HttpServer;

/**
 * Bounds what connections that do not read cost. Every connection gets an {@link Outflow}, which counts the bytes that the socket has not
 * taken yet: a connection that moves too few of them for too long is closed, and when those of all are too many, so is the one that has
 * waited longest, until they fit. A stream that was dropped is resumed from the last event that its client has read.
 *
 * <p>Nobody is slowed: events are shared, each stream has its own place in them, and none waits for another.
 */
public final class SlowReaders implements Function<HttpServer, HttpServer> {
    /** Why a connection was dropped, as a tag. */
    enum Reason {
        /** It has taken next to nothing for too long. */
        STALLED,
        /** All of them together had too much in memory. */
        MEMORY
    }

    /** What a connection that is not slow moves in the time that it has: 2 kB/s at 30 s. */
    static final long LEAST_BYTES = 64 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(SlowReaders.class);

    private final Duration patience;
    private final long bound;
    private final MeterRegistry registry;
    private final AtomicLong waiting = new AtomicLong();
    private final Set<Outflow> connections = ConcurrentHashMap.newKeySet();

    /**
     * Bounds for all connections of a server.
     *
     * @param patience how long a connection may take next to nothing while there is something to take
     * @param bound bytes that wait for sockets, of all connections
     */
    public SlowReaders(Duration patience, long bound, MeterRegistry registry) {
        this.patience = patience;
        this.bound = bound;
        this.registry = registry;
        Gauge.builder("voice.agent.http.outbound.bytes", waiting, AtomicLong::get)
                .description("Bytes of answers that wait for clients to read")
                .baseUnit("bytes")
                .register(registry);
        for (Reason reason : Reason.values()) {
            counter(reason);
        }
    }

    @Override
    public HttpServer apply(HttpServer server) {
        // In front of everything, also of TLS: what counts is what the socket has not taken
        return server.doOnChannelInit(
                (observer, channel, address) -> channel.pipeline().addFirst(Outflow.NAME, new Outflow(this)));
    }

    Duration patience() {
        return patience;
    }

    void opened(Outflow connection) {
        connections.add(connection);
    }

    void closed(Outflow connection) {
        connections.remove(connection);
    }

    void taken(long bytes) {
        waiting.addAndGet(-bytes);
    }

    void added(long bytes) {
        waiting.addAndGet(bytes);
    }

    /** Drops those who have waited longest as long as all have too much. */
    void relieve() {
        while (waiting.get() > bound) {
            Optional<Outflow> slowest = connections.stream()
                    .filter(Outflow::isWaiting)
                    .min(Comparator.comparingLong(Outflow::waitingSince));
            if (slowest.isEmpty()) {
                return;
            }
            slowest.get().drop(Reason.MEMORY);
        }
    }

    void dropped(Reason reason, Channel channel, long bytes) {
        counter(reason).increment();
        LOG.info("{} does not read, and is dropped with {} bytes ({})", channel.remoteAddress(), bytes, reason);
    }

    private Counter counter(Reason reason) {
        return Counter.builder("voice.agent.http.slow.readers")
                .description("Connections that were dropped because their client does not read")
                .tag("reason", reason.name().toLowerCase(Locale.ROOT))
                .register(registry);
    }
}
