package io.voiceagent.simulator;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What both handlers share: bodies in and out, and timers on the connection's own event loop. */
final class Http {

    /** No answer, however faulty, keeps a connection longer than this. */
    static final Duration MAX_ANSWER = Duration.ofMinutes(30);

    private static final int MAX_BODY = 16 * 1024 * 1024;

    private Http() {}

    /** Sends a JSON body. */
    static Publisher<Void> json(HttpServerResponse response, int status, byte[] body) {
        return response.status(status)
                .header(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
                .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length))
                .sendByteArray(Mono.just(body));
    }

    /**
     * Reads the body as JSON.
     *
     * @throws InvalidRequest by the Mono, when it is too large or no JSON
     */
    static Mono<JsonNode> body(HttpServerRequest request) {
        return request.receive()
                .asByteArray()
                .collect(ByteArrayOutputStream::new, Http::append)
                .map(bytes -> {
                    try {
                        return ChatWire.JSON.readTree(bytes.toByteArray());
                    } catch (JacksonException e) {
                        throw new InvalidRequest(null, "the body is not JSON: " + e.getOriginalMessage());
                    }
                });
    }

    private static void append(ByteArrayOutputStream body, byte[] part) {
        if (body.size() + part.length > MAX_BODY) {
            throw new InvalidRequest(null, "the body is over " + MAX_BODY + " bytes");
        }
        body.writeBytes(part);
    }

    /** Completes after the delay, on the connection's event loop. */
    static Mono<Void> after(HttpServerResponse response, Duration delay) {
        return Mono.create(sink -> response.withConnection(connection -> {
            var timer = connection
                    .channel()
                    .eventLoop()
                    .schedule(() -> sink.success(), delay.toNanos(), TimeUnit.NANOSECONDS);
            sink.onDispose(() -> timer.cancel(false));
        }));
    }

    /** Closes the connection without an end of the answer. */
    static void cut(HttpServerResponse response) {
        response.withConnection(connection -> connection.channel().close());
    }
}
