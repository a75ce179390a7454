package io.voiceagent.ingress.web;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.spec.Limits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.UnsupportedMediaTypeStatusException;
import reactor.core.publisher.Mono;

/**
 * Takes JSON bodies off the wire: their declared type, size and time. The bytes of all requests that are open are counted as they arrive, so
 * that many large ones can't take all memory: what comes above the bound is refused before anything is accepted.
 */
final class Bodies {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    /** A parsed body and what is made from it take a few times its bytes. */
    private static final long OPEN_BYTES = 96L << 20;

    private final long bound;
    private final AtomicLong open = new AtomicLong();

    Bodies() {
        this(OPEN_BYTES);
    }

    /** @param bound bytes of all bodies whose requests are open */
    Bodies(long bound) {
        this.bound = bound;
    }

    /** Bytes of the bodies whose requests are open. */
    long open() {
        return open.get();
    }

    /** Hands the body's bytes to {@code use}, or signals a {@link Refusal}; the bytes count until that ends. */
    <T> Mono<T> json(ServerHttpRequest request, Function<byte[], Mono<T>> use) {
        requireJson(request.getHeaders());
        if (request.getHeaders().getContentLength() > Limits.BODY_BYTES) {
            return Mono.error(ErrorWriter.bodyTooLarge());
        }
        return Mono.using(
                AtomicLong::new, mine -> read(request, mine).flatMap(use), mine -> open.addAndGet(-mine.get()));
    }

    private Mono<byte[]> read(ServerHttpRequest request, AtomicLong mine) {
        return DataBufferUtils.join(request.getBody().map(buffer -> counted(buffer, mine)), Limits.BODY_BYTES)
                .map(Bodies::bytes)
                .defaultIfEmpty(new byte[0])
                .timeout(TIMEOUT)
                .onErrorMap(
                        TimeoutException.class,
                        e -> Refusal.of(
                                Code.REQUEST_TIMEOUT,
                                "The body did not arrive within %d s.".formatted(TIMEOUT.toSeconds())));
    }

    /** Counts a body that came otherwise; false: it is too much, and not counted. */
    boolean hold(int bytes) {
        if (open.addAndGet(bytes) > bound) {
            give(bytes);
            return false;
        }
        return true;
    }

    /** Counts it no more. */
    void give(long bytes) {
        open.addAndGet(-bytes);
    }

    private DataBuffer counted(DataBuffer buffer, AtomicLong mine) {
        int bytes = buffer.readableByteCount();
        mine.addAndGet(bytes);
        if (open.addAndGet(bytes) > bound) {
            DataBufferUtils.release(buffer);
            throw Refusal.of(
                    Code.OVERLOADED, "Too much is being submitted at once. Nothing was accepted: try again later.");
        }
        return buffer;
    }

    private static byte[] bytes(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return bytes;
    }

    private static void requireJson(HttpHeaders headers) {
        MediaType type = contentType(headers);
        boolean json = type != null
                && MediaType.APPLICATION_JSON.equalsTypeAndSubtype(type)
                && (type.getCharset() == null || StandardCharsets.UTF_8.equals(type.getCharset()));
        if (!json) {
            throw new Refusal(
                    Code.UNSUPPORTED_MEDIA_TYPE,
                    "Content-Type",
                    "The body must be JSON: send the header 'Content-Type: application/json'.");
        }
        String encoding = headers.getFirst(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new Refusal(Code.UNSUPPORTED_MEDIA_TYPE, "Content-Encoding", "The body must not be compressed.");
        }
    }

    private static @Nullable MediaType contentType(HttpHeaders headers) {
        try {
            return headers.getContentType();
        } catch (IllegalArgumentException | UnsupportedMediaTypeStatusException e) {
            // Not a media type at all, or a charset that this platform does not have: no JSON in any case
            return null;
        }
    }
}
