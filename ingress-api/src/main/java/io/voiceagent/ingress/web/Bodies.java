package io.voiceagent.ingress.web;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.spec.Limits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.UnsupportedMediaTypeStatusException;
import reactor.core.publisher.Mono;

/** Takes a JSON body off the wire: its declared type, its size, its time. */
final class Bodies {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private Bodies() {}

    /** The body's bytes, or a {@link Refusal}. */
    static Mono<byte[]> json(ServerHttpRequest request) {
        requireJson(request.getHeaders());
        if (request.getHeaders().getContentLength() > Limits.BODY_BYTES) {
            return Mono.error(ErrorWriter.bodyTooLarge());
        }
        return DataBufferUtils.join(request.getBody(), Limits.BODY_BYTES)
                .map(Bodies::bytes)
                .defaultIfEmpty(new byte[0])
                .timeout(TIMEOUT)
                .onErrorMap(
                        TimeoutException.class,
                        e -> Refusal.of(
                                Code.REQUEST_TIMEOUT,
                                "The body did not arrive within %d s.".formatted(TIMEOUT.toSeconds())));
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
