package io.voiceagent.ingress.web;

import io.voiceagent.messages.fold.ResponseEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes events as server-sent events. Each is one buffer and one flush, since some clients drop an event that comes in two pieces. A comment
 * goes out every 15 s, so that proxies keep the connection and a client that is gone is noticed.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent events</a>
 */
final class EventStream {
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private record Piece(String text, boolean last) {}

    private static final Piece BEAT = new Piece(": heartbeat\n\n", false);
    private static final Piece DONE = new Piece("data: [DONE]\n\n", true);

    private final Duration heartbeat;
    private final RequestMetrics metrics;

    EventStream(Duration heartbeat, RequestMetrics metrics) {
        this.heartbeat = heartbeat;
        this.metrics = metrics;
    }

    /** Completes when the last event is written; a client that goes away cancels the subscription and nothing else. */
    Mono<Void> write(ServerHttpResponse response, Flux<ResponseEvent> events) {
        response.setStatusCode(HttpStatus.OK);
        response.getHeaders().setContentType(MediaType.TEXT_EVENT_STREAM);
        response.getHeaders().setCacheControl("no-cache, no-transform");
        // Proxies that buffer would hold the first token back
        response.getHeaders().set("X-Accel-Buffering", "no");
        DataBufferFactory buffers = response.bufferFactory();
        Flux<Piece> beats = Flux.interval(heartbeat).onBackpressureDrop().map(tick -> BEAT);
        return response.writeAndFlushWith(events.map(EventStream::piece)
                        .concatWithValues(DONE)
                        .mergeWith(beats)
                        .takeUntil(Piece::last)
                        .map(piece -> Mono.just(buffers.wrap(piece.text.getBytes(StandardCharsets.UTF_8)))))
                .doFirst(metrics::streamOpened)
                .doFinally(signal -> metrics.streamClosed());
    }

    /** The data is JSON text without line ends, so one {@code data:} line holds it. */
    private static Piece piece(ResponseEvent event) {
        return new Piece(
                "id: " + event.sequence() + "\nevent: " + event.type() + "\ndata: " + event.json() + "\n\n", false);
    }
}
