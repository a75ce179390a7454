package io.voiceagent.ingress.web;

import io.voiceagent.ingress.follow.FollowingLostException;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.spec.Limits;
import io.voiceagent.messages.Json;
import io.voiceagent.transport.telemetry.LogScope;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.security.web.server.firewall.ServerExchangeRejectedException;
import org.springframework.util.InvalidMimeTypeException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;
import tools.jackson.databind.node.ObjectNode;

/**
 * The one place where a failure becomes a response: {@code {"error":{message,type,param,code}}} with the status of its code, or a problem
 * document where the client asks for one. What is no
 * refusal is a defect: it is logged with the request's id, and the client is told the id and nothing else.
 */
public final class ErrorWriter {
    private static final Logger LOG = LoggerFactory.getLogger(ErrorWriter.class);
    /** Honoured by the clients of this dialect, which would otherwise send a POST again after any 5xx. */
    private static final String SHOULD_RETRY = "x-should-retry";

    private static final String RETRY_AFTER_SECONDS = "2";

    /** Answers {@code failure}; an answer that has begun can only be broken off. */
    Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
        if (exchange.getResponse().isCommitted()) {
            // Too late for another status: the broken connection tells that the answer is not whole
            LOG.warn(
                    "The answer to request {} breaks off: {}",
                    Exchanges.requestId(exchange.getAttributes()),
                    failure.toString());
            return Mono.error(failure);
        }
        Refusal refusal = refusal(exchange, failure);
        exchange.getAttributes().put(Exchanges.REFUSED, refusal.code());
        ServerHttpResponse response = exchange.getResponse();
        response.setRawStatusCode(refusal.code().status());
        HttpHeaders headers = response.getHeaders();
        boolean problem = asksForProblem(exchange.getRequest().getHeaders());
        headers.setContentType(problem ? MediaType.APPLICATION_PROBLEM_JSON : MediaType.APPLICATION_JSON);
        addHeaders(headers, refusal);
        if (refusal.code() == Code.SUBMISSION_UNKNOWN
                && exchange.getAttributes().containsKey(Exchanges.REPEATABLE)) {
            headers.remove(SHOULD_RETRY);
        }
        byte[] body = Json.write(problem ? problem(refusal) : body(refusal));
        headers.setContentLength(body.length);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
    }

    private static void addHeaders(HttpHeaders headers, Refusal refusal) {
        switch (refusal.code()) {
            case INVALID_API_KEY -> headers.set(HttpHeaders.WWW_AUTHENTICATE, "Bearer realm=\"voice-agent\"");
            case SERVICE_UNAVAILABLE, OVERLOADED, TOO_MANY_TURNS, TOO_MANY_CONNECTIONS ->
                headers.set(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
            case SUBMISSION_UNKNOWN, FOLLOWING_LOST -> {
                headers.set(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
                // Whether to risk a second turn is for a person to decide, not for a client library
                headers.set(SHOULD_RETRY, "false");
            }
            // Not before another day: for that long no client library should wait
            case INSUFFICIENT_QUOTA, RESPONSE_TIMEOUT, UNSUPPORTED_ENDPOINT, INTERNAL_ERROR ->
                headers.set(SHOULD_RETRY, "false");
            default -> {}
        }
    }

    /** What the client of {@code exchange} is told of a failure. */
    static Refusal refusal(ServerWebExchange exchange, Throwable failure) {
        return switch (failure) {
            case Refusal refusal -> refusal;
            case DataBufferLimitException tooLarge -> bodyTooLarge();
            case FollowingLostException lost ->
                Refusal.of(
                        Code.SERVICE_UNAVAILABLE,
                        "The response can't be followed here any more. Ask for it again by its id.");
            case ServerExchangeRejectedException refused ->
                Refusal.of(Code.INVALID_REQUEST, "The path or a header has something that no request needs.");
            case InvalidMimeTypeException accept ->
                new Refusal(Code.NOT_ACCEPTABLE, "Accept", "Accept has no list of media types that can be read.");
            case AbortedException gone ->
                Refusal.of(Code.INVALID_REQUEST, "The connection ended before the request was whole.");
            case ErrorResponse spring
            when spring.getStatusCode().is4xxClientError() -> ofStatus(spring.getStatusCode());
            default -> {
                String id = Exchanges.requestId(exchange.getAttributes());
                try (LogScope scope = LogScope.of(Exchanges.trace(exchange.getAttributes()))) {
                    LOG.error("Request {} failed", id, failure);
                }
                yield Refusal.of(Code.INTERNAL_ERROR, "The server failed. Report the request id %s.".formatted(id));
            }
        };
    }

    /** What the framework refuses by itself. */
    private static Refusal ofStatus(HttpStatusCode status) {
        return switch (status.value()) {
            case 404 -> Refusal.of(Code.NOT_FOUND, "There is no such path. See /docs for those that there are.");
            case 405 -> Refusal.of(Code.METHOD_NOT_ALLOWED, "The path does not take this method. See /docs.");
            case 406 -> Refusal.of(Code.NOT_ACCEPTABLE, "Accept rules out every form of the answer.");
            case 413 -> bodyTooLarge();
            case 415 -> Refusal.of(Code.UNSUPPORTED_MEDIA_TYPE, "The body has a media type that is not taken here.");
            default -> Refusal.of(Code.INVALID_REQUEST, "The request is malformed.");
        };
    }

    /** Only by name: clients of the dialect accept anything, and read its own shape of errors. */
    private static boolean asksForProblem(HttpHeaders headers) {
        try {
            return headers.getAccept().stream()
                    .anyMatch(type -> type.equalsTypeAndSubtype(MediaType.APPLICATION_PROBLEM_JSON)
                            && type.getQualityValue() > 0);
        } catch (InvalidMediaTypeException e) {
            return false;
        }
    }

    /** @see <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>, with the dialect's fields as extensions */
    private static ObjectNode problem(Refusal refusal) {
        HttpStatus status = HttpStatus.resolve(refusal.code().status());
        ObjectNode body = Json.mapper().createObjectNode();
        body.put("type", "about:blank")
                .put("title", status == null ? refusal.code().wire() : status.getReasonPhrase())
                .put("status", refusal.code().status())
                .put("detail", refusal.message())
                .put("code", refusal.code().wire())
                .put("param", refusal.param());
        return body;
    }

    static Refusal bodyTooLarge() {
        return Refusal.of(Code.REQUEST_TOO_LARGE, "The body is larger than %d bytes.".formatted(Limits.BODY_BYTES));
    }

    /** The one shape of errors. */
    static ObjectNode body(Refusal refusal) {
        ObjectNode body = Json.mapper().createObjectNode();
        body.putObject("error")
                .put("message", refusal.message())
                .put("type", refusal.code().type())
                .put("param", refusal.param())
                .put("code", refusal.code().wire());
        return body;
    }
}
