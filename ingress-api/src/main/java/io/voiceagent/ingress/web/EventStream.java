package io.voiceagent.ingress.web;

import io.voiceagent.messages.fold.ResponseEvent;
import io.voiceagent.transport.crash.CrashPoint;
import io.voiceagent.transport.telemetry.LogScope;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes events as server-sent events. Each is one buffer and one flush, since some clients drop an event that comes in two pieces. A comment
 * goes out every 15 s, so that proxies keep the connection and a client that is gone is noticed. No more is written than the client reads.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent events</a>
 */
final class EventStream {
    private static final String DELTA = ".delta";
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    /** Text that is made when it is about to be written: until then events are shared by all who read them. */
    private record Piece(@Nullable Positioned event, String text, boolean last) {
        /** The data is JSON text without line ends, so one {@code data:} line holds it. */
        byte[] bytes() {
            if (last) {
                CrashPoint.INGRESS_LAST_EVENT_BEFORE.reach();
            } else if (event != null && event.event().sequence() == 0) {
                CrashPoint.INGRESS_FIRST_EVENT_BEFORE.reach();
            }
            String whole = event == null
                    ? text
                    : "id: " + event.id() + "\nevent: " + event.event().type() + "\ndata: "
                            + event.event().json() + "\n\n";
            return whole.getBytes(StandardCharsets.UTF_8);
        }
    }

    /** An event and what its {@code id:} line says. */
    record Positioned(String id, ResponseEvent event) {}

    private static final Piece BEAT = new Piece(null, ": heartbeat\n\n", false);
    private static final Piece DONE = new Piece(null, "data: [DONE]\n\n", true);

    private final Duration heartbeat;
    private final RequestMetrics metrics;

    EventStream(Duration heartbeat, RequestMetrics metrics) {
        this.heartbeat = heartbeat;
        this.metrics = metrics;
    }

    /** Completes when the last event is written; a client that goes away cancels the subscription and nothing else. */
    Mono<Void> write(ServerHttpResponse response, Flux<ResponseEvent> events) {
        return writePieces(
                response,
                events.map(event -> new Piece(new Positioned(Long.toString(event.sequence()), event), "", false)));
    }

    /** The same, of events whose position is not their number alone; begins with a comment, since the first event may be long in coming. */
    Mono<Void> writePositioned(ServerHttpResponse response, Flux<Positioned> events) {
        return writePieces(
                response, events.map(event -> new Piece(event, "", false)).startWith(BEAT));
    }

    private Mono<Void> writePieces(ServerHttpResponse response, Flux<Piece> events) {
        response.setStatusCode(HttpStatus.OK);
        response.getHeaders().setContentType(MediaType.TEXT_EVENT_STREAM);
        response.getHeaders().setCacheControl("no-cache, no-transform");
        // Proxies that buffer would hold the first token back
        response.getHeaders().set("X-Accel-Buffering", "no");
        DataBufferFactory buffers = response.bufferFactory();
        Flux<Piece> beats = Flux.interval(heartbeat).onBackpressureDrop().map(tick -> BEAT);
        Outflow outflow = Outflow.of(response);
        return response.writeAndFlushWith(events.concatWithValues(DONE)
                        .mergeWith(beats)
                        .takeUntil(Piece::last)
                        .map(piece -> outflow == null
                                ? Mono.fromSupplier(() -> buffers.wrap(piece.bytes()))
                                : outflow.room().then(Mono.fromSupplier(() -> outflow.piece(piece.bytes(), buffers)))))
                .doFirst(metrics::streamOpened)
                .doFinally(signal -> metrics.streamClosed());
    }

    /** Of a turn that is followed from its submission, the time until the client gets the first piece of the answer. */
    Flux<ResponseEvent> measured(ServerWebExchange exchange, Flux<ResponseEvent> events) {
        if (exchange.getRequest().getMethod() != HttpMethod.POST) {
            return events;
        }
        AtomicBoolean told = new AtomicBoolean();
        return events.doOnNext(event -> {
            if (event.type().endsWith(DELTA) && told.compareAndSet(false, true)) {
                try (LogScope _ = LogScope.of(Exchanges.trace(exchange.getAttributes()))) {
                    metrics.firstToken(Exchanges.age(exchange.getAttributes()));
                }
            }
        });
    }
}
