package io.voiceagent.ingress.web;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.voiceagent.ingress.limit.Rates.Standing;
import io.voiceagent.ingress.limit.TenantLimits;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.spec.BodyReader;
import io.voiceagent.ingress.submit.spec.Limits;
import io.voiceagent.messages.fold.ResponseEvent;
import io.voiceagent.transport.telemetry.SpanAttributes;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.socket.CloseStatus;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import org.springframework.web.reactive.socket.server.support.HandshakeWebSocketService;
import org.springframework.web.reactive.socket.server.upgrade.ReactorNettyRequestUpgradeStrategy;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.http.server.WebsocketServerSpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The WebSocket on {@code /responses}: each message of the client's is a {@code response.create} with the fields of the body of a {@code
 * POST}, and is answered with the events of a stream, one in each message. Turns run one after the other, in the order of their messages; to
 * go on from the turn before is up to the client, by {@code previous_response_id}. A refusal is a message of type {@code error}, and the
 * connection goes on.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455">RFC 6455</a>
 */
public final class ResponsesSocket {
    /** Connections of one server. */
    static final int MOST = 1_000;
    /** Connections of one tenant. */
    static final int MOST_OF_TENANT = 100;
    /** Messages that may wait for the turn of another one. */
    static final int WAITING_MESSAGES = 16;

    private static final Logger LOG = LoggerFactory.getLogger(ResponsesSocket.class);
    /** Key of Reactor's for who takes errors that come after the end, which it logs as defects otherwise. */
    private static final String LATE_ERRORS = "reactor.onErrorDropped.local";

    private static final Duration PING = Duration.ofSeconds(15);

    private final ResponsesHandler responses;
    private final TenantLimits limits;
    private final Tracer tracer;
    private final Duration lifetime;
    private final Bodies bodies;
    private final Map<String, Integer> open = new ConcurrentHashMap<>();
    private final Mono<Void> shutdown;
    private final HandshakeWebSocketService service =
            new HandshakeWebSocketService(new ReactorNettyRequestUpgradeStrategy(
                    () -> WebsocketServerSpec.builder().maxFramePayloadLength(Limits.BODY_BYTES)));

    /**
     * What the connections need beside the turns.
     *
     * @param limits whose requests each message counts among
     * @param lifetime of a connection; a turn that runs then is brought to its end
     * @param shutdown completes when the service ends
     */
    public record Options(TenantLimits limits, Tracer tracer, Duration lifetime, Mono<Void> shutdown) {}

    ResponsesSocket(ResponsesHandler responses, Bodies bodies, Options options) {
        this.responses = responses;
        this.bodies = bodies;
        this.limits = options.limits;
        this.tracer = options.tracer;
        this.lifetime = options.lifetime;
        this.shutdown = options.shutdown;
    }

    /** A message of the client's; empty: the connection has had its time. */
    private record Message(byte[] bytes) {
        static final Message TIME_IS_OVER = new Message(new byte[0]);
    }

    Mono<Void> connect(ServerWebExchange exchange) {
        HttpHeaders headers = exchange.getRequest().getHeaders();
        if (!"websocket".equalsIgnoreCase(headers.getUpgrade())) {
            exchange.getResponse().getHeaders().setUpgrade("websocket");
            throw Refusal.of(
                    Code.UPGRADE_REQUIRED,
                    "GET /responses takes a WebSocket. To submit a turn over HTTP, use POST; to get one, add its id.");
        }
        QueryParameters.of(exchange.getRequest()).end();
        String tenant = Exchanges.tenant(exchange.getAttributes());
        Preferences prefer = Preferences.of(headers).onlyCancel();
        return Mono.defer(() -> {
            enter(tenant);
            // The handshake ends long before the connection does
            AtomicBoolean left = new AtomicBoolean();
            Runnable leave = () -> {
                if (!left.getAndSet(true)) {
                    leave(tenant);
                }
            };
            prefer.tell(exchange.getResponse().getHeaders());
            return service.handleRequest(
                            exchange,
                            session -> new Connection(exchange, session, tenant, prefer)
                                    .run()
                                    .doFinally(signal -> leave.run()))
                    .doOnError(failure -> leave.run())
                    .doOnCancel(leave);
        });
    }

    private void enter(String tenant) {
        int all = open.values().stream().mapToInt(Integer::intValue).sum();
        if (all >= MOST) {
            throw Refusal.of(Code.OVERLOADED, "As many WebSockets are open here as may. Try again later, or use HTTP.");
        }
        if (open.merge(tenant, 1, Integer::sum) > MOST_OF_TENANT) {
            leave(tenant);
            throw Refusal.of(
                    Code.TOO_MANY_CONNECTIONS,
                    "%d WebSockets of this tenant are open already. Close one, or use HTTP.".formatted(MOST_OF_TENANT));
        }
    }

    private void leave(String tenant) {
        open.computeIfPresent(tenant, (key, count) -> count == 1 ? null : count - 1);
    }

    /** One client. */
    private final class Connection {
        private final ServerWebExchange exchange;
        private final WebSocketSession session;
        private final String tenant;
        private final Preferences prefer;
        /** Messages that wait for their turn. */
        private final Sinks.Many<Message> inbox =
                Sinks.many().unicast().onBackpressureBuffer(new ArrayBlockingQueue<>(WAITING_MESSAGES));
        /** The connection is over, or is to be. */
        private final Sinks.Empty<Void> stop = Sinks.empty();
        /** How it is to be closed; null: the client has closed it. */
        private final AtomicReference<@Nullable CloseStatus> closing = new AtomicReference<>();
        /** Bytes of messages that are not answered yet. */
        private long held;

        Connection(ServerWebExchange exchange, WebSocketSession session, String tenant, Preferences prefer) {
            this.exchange = exchange;
            this.session = session;
            this.tenant = tenant;
            this.prefer = prefer;
        }

        Mono<Void> run() {
            // Read on while a turn runs, or nobody would notice that the client goes. What is read is not cancelled
            // before the connection is closed: that would close it without a status
            Mono<Void> input = session.receive()
                    .doOnNext(this::take)
                    .doOnComplete(stop::tryEmitEmpty)
                    .onErrorResume(failure -> {
                        end(status(failure));
                        return Flux.never();
                    })
                    .then(Mono.never());
            Flux<String> answers = Flux.merge(
                            inbox.asFlux(), Mono.delay(lifetime).thenReturn(Message.TIME_IS_OVER))
                    .concatMap(this::answer, 1);
            Flux<String> pings = Flux.interval(PING).onBackpressureDrop().map(tick -> "");
            Mono<Void> output = Flux.merge(answers, pings)
                    .takeUntilOther(stop.asMono())
                    .takeUntilOther(shutdown.doOnSuccess(
                            now -> end(CloseStatus.GOING_AWAY.withReason("this server shuts down: connect again"))))
                    // One by one: no more is made than the client reads
                    .concatMap(text -> session.send(Mono.fromSupplier(() -> message(text))), 1)
                    .then(Mono.defer(() -> {
                        CloseStatus status = closing.get();
                        return status == null ? Mono.empty() : session.close(status);
                    }));
            Consumer<Throwable> late = failure -> LOG.debug("A WebSocket broke off that was over", failure);
            return Mono.firstWithSignal(output, input)
                    .doFinally(signal -> give(Long.MAX_VALUE))
                    // That a connection is gone is told again when nobody listens any more
                    .contextWrite(context -> context.put(LATE_ERRORS, late));
        }

        /** Closes the connection when what is being sent is through. */
        private void end(CloseStatus status) {
            closing.compareAndSet(null, status);
            stop.tryEmitEmpty();
        }

        /** Made when it is sent; empty: a ping. */
        private WebSocketMessage message(String text) {
            return text.isEmpty()
                    ? session.pingMessage(buffers -> buffers.wrap(new byte[0]))
                    : session.textMessage(text);
        }

        private void take(WebSocketMessage message) {
            switch (message.getType()) {
                case TEXT -> take(message.getPayload());
                case BINARY -> end(CloseStatus.NOT_ACCEPTABLE.withReason("messages must be text"));
                case PING, PONG -> {}
            }
        }

        private void take(DataBuffer payload) {
            int size = payload.readableByteCount();
            if (!bodies.hold(size)) {
                end(CloseStatus.SERVICE_OVERLOAD.withReason("too much is being submitted at once: try again later"));
                return;
            }
            synchronized (this) {
                held += size;
            }
            byte[] bytes = new byte[size];
            payload.read(bytes);
            if (inbox.tryEmitNext(new Message(bytes)).isFailure()) {
                end(CloseStatus.POLICY_VIOLATION.withReason(
                        "more than %d messages wait for their turn".formatted(WAITING_MESSAGES)));
            }
        }

        /** All that is left, when it is over. */
        private synchronized void give(long bytes) {
            long given = Math.min(held, bytes);
            held -= given;
            bodies.give(given);
        }

        private Flux<String> answer(Message message) {
            if (message == Message.TIME_IS_OVER) {
                return Flux.just(error(Refusal.of(
                                Code.WEBSOCKET_CONNECTION_LIMIT_REACHED,
                                "A connection lasts %d minutes. Connect again to go on."
                                        .formatted(lifetime.toMinutes()))))
                        .concatWith(Mono.fromRunnable(
                                () -> end(CloseStatus.POLICY_VIOLATION.withReason("connection limit reached"))));
            }
            return Flux.defer(() -> turn(message.bytes))
                    .map(ResponseEvent::json)
                    .onErrorResume(failure -> Flux.just(error(ErrorWriter.refusal(exchange, failure))))
                    .doFinally(signal -> give(message.bytes.length));
        }

        private Flux<ResponseEvent> turn(byte[] bytes) {
            Standing requests = limits.request(tenant);
            if (requests != null && !requests.allowed()) {
                throw Refusal.of(
                        Code.RATE_LIMIT_EXCEEDED,
                        "More than %d requests were sent in a minute. Try again in %d s."
                                .formatted(requests.limit(), requests.again().toSeconds() + 1));
            }
            // A trace of its own: that of the connection would have no end
            Span span = tracer.spanBuilder("WS " + ResponsesHandler.PATH)
                    .setNoParent()
                    .addLink(
                            Span.fromContext(Exchanges.trace(exchange.getAttributes()))
                                    .getSpanContext(),
                            Attributes.of(SpanAttributes.LINK, "websocket"))
                    .setSpanKind(SpanKind.SERVER)
                    .setAttribute("network.protocol.name", "websocket")
                    .setAttribute("http.route", ResponsesHandler.PATH)
                    .setAttribute("http.request.id", Exchanges.requestId(exchange.getAttributes()))
                    .startSpan();
            return responses
                    .turn(tenant, Context.root().with(span), bytes, this::body, prefer)
                    .doOnError(
                            Refusal.class,
                            refusal -> span.setAttribute(
                                    SpanAttributes.ERROR_TYPE, refusal.code().wire()))
                    .doOnError(failure -> {
                        if (ErrorWriter.refusal(exchange, failure).code().status() >= 500) {
                            span.setStatus(StatusCode.ERROR);
                        }
                    })
                    .doFinally(signal -> span.end());
        }

        /** The body of the {@code POST} that the message stands for. */
        private ObjectNode body(byte[] bytes) {
            ObjectNode message = BodyReader.read(bytes);
            JsonNode type = message.remove("type");
            if (type == null || !type.isString() || !type.stringValue().equals("response.create")) {
                throw new Refusal(Code.INVALID_VALUE, "type", "The 'type' of a message must be 'response.create'.");
            }
            JsonNode background = message.remove("background");
            if (background != null && !background.isNull() && !background.equals(BooleanNode.FALSE)) {
                throw new Refusal(
                        Code.UNSUPPORTED_VALUE,
                        "background",
                        "A turn in the background has no events to send: use POST, or leave it out.");
            }
            JsonNode stream = message.remove("stream");
            if (stream != null && !stream.isNull() && !stream.equals(BooleanNode.TRUE)) {
                throw new Refusal(
                        Code.INVALID_VALUE,
                        "stream",
                        "Over a WebSocket the answer is always the events: leave it out.");
            }
            return message.put("stream", true);
        }

        private String error(Refusal refusal) {
            ObjectNode event = ErrorWriter.body(refusal);
            event.put("type", "error").put("status", refusal.code().status());
            return event.toString();
        }
    }

    /** What the client did wrong; it is told nothing when the connection is simply broken. */
    private static CloseStatus status(Throwable failure) {
        return switch (failure) {
            case TooLongFrameException tooLong ->
                CloseStatus.TOO_BIG_TO_PROCESS.withReason("the message is larger than 10 MiB");
            case CorruptedWebSocketFrameException corrupted ->
                new CloseStatus(corrupted.closeStatus().code(), "the message is malformed");
            default -> {
                LOG.debug("A WebSocket broke off", failure);
                yield CloseStatus.SERVER_ERROR;
            }
        };
    }
}
