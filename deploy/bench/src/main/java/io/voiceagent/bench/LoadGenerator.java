package io.voiceagent.bench;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/** Carries out a load: begins each stream when it is due, on as many connections as that takes, and measures. */
final class LoadGenerator implements AutoCloseable {

    private static final int MAX_CONNECTIONS = 10_000;
    private static final Duration STOP_WITHIN = Duration.ofSeconds(3);

    private final Duration timeout;
    private final LoopResources loops;
    private final ConnectionProvider connections;
    private final HttpClient client;

    /**
     * @param timeout from the begin of a stream to its end; then it is an error
     * @param threads event loops
     */
    LoadGenerator(Duration timeout, int threads) {
        this.timeout = timeout;
        this.loops = LoopResources.create("bench", threads, true);
        // No stream may wait for another's connection: the wait would be the generator's, not the server's.
        this.connections = ConnectionProvider.builder("bench")
                .maxConnections(MAX_CONNECTIONS)
                .pendingAcquireMaxCount(1)
                .build();
        this.client = HttpClient.create(connections).runOn(loops).disableRetry(true);
    }

    /**
     * Runs the load to the end of its last stream.
     *
     * @param expectedText what each answer must say; null when it is not known, then all must say the same
     */
    Figures run(Target target, Load load, @Nullable String expectedText) throws InterruptedException {
        Figures figures = new Figures(expectedText);
        CountDownLatch left = new CountDownLatch(load.streams());
        long begun = System.nanoTime();
        for (int i = 0; i < load.streams(); i++) {
            long due = begun + load.dueNanos(i);
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            figures.begin();
            StreamClock clock = new StreamClock(due, System.nanoTime());
            stream(target, clock)
                    .timeout(timeout)
                    .doFinally(signal -> {
                        figures.end();
                        left.countDown();
                    })
                    .subscribe(ended -> {}, error -> figures.error(kind(error)), () -> judge(clock, figures));
        }
        if (!left.await(timeout.toMillis() + 5_000, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException(left.getCount() + " streams neither ended nor timed out");
        }
        figures.elapsed(Duration.ofNanos(System.nanoTime() - begun));
        return figures;
    }

    private Mono<Void> stream(Target target, StreamClock clock) {
        byte[] body = target.body().getBytes(StandardCharsets.UTF_8);
        return client.headers(headers -> {
                    headers.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
                    headers.set(HttpHeaderNames.ACCEPT, "text/event-stream");
                    headers.set(HttpHeaderNames.CONTENT_LENGTH, body.length);
                    if (!target.key().isBlank()) {
                        headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + target.key());
                    }
                })
                .post()
                .uri(target.uri())
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
                .response((response, content) -> read(target, response, content, clock))
                .then();
    }

    private static Publisher<Void> read(
            Target target, HttpClientResponse response, ByteBufFlux content, StreamClock clock) {
        clock.headers(System.nanoTime());
        int status = response.status().code();
        if (status != 200) {
            return content.aggregate().then(Mono.error(new RefusedException("HTTP " + status)));
        }
        SseParser parser = new SseParser(event -> clock.signal(target.read(event), System.nanoTime()));
        return content.asByteArray().doOnNext(parser::accept).then();
    }

    private static void judge(StreamClock clock, Figures figures) {
        if (!clock.failure().isEmpty()) {
            figures.error(clock.failure());
        } else if (!figures.isExpected(clock.text())) {
            figures.error("another text than expected");
        } else {
            clock.recordTo(figures);
        }
    }

    private static String kind(Throwable error) {
        return switch (error) {
            case RefusedException refused -> String.valueOf(refused.getMessage());
            case TimeoutException late -> "no end in time";
            default -> error.getClass().getSimpleName() + ": " + error.getMessage();
        };
    }

    @Override
    public void close() {
        connections.disposeLater().block(STOP_WITHIN);
        loops.disposeLater(Duration.ZERO, STOP_WITHIN).block(STOP_WITHIN.plusSeconds(1));
    }

    /** An HTTP status other than 200. */
    private static final class RefusedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }
}
