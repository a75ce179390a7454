package io.voiceagent.archiver.query;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Who may look: whoever sends a key, as a bearer token or as the password of Basic authentication (browsers and Grafana know that one). Where no
 * key is set, only this machine itself, under a name of its own: a page of a stranger that leads its own name to 127.0.0.1 is not let in, and
 * neither is what a proxy hands on. Probes and scrapes are let through; they tell nothing of traces.
 */
public final class AccessFilter implements WebFilter {

    private static final String OPEN = "/actuator/";
    private static final Set<String> OWN_NAMES = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
    private static final List<String> HANDED_ON = List.of("Forwarded", "X-Forwarded-For", "X-Real-IP");
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none';"
                    + " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private final QueryKeys keys;

    /** @param keys none: only this machine may look */
    public AccessFilter(QueryKeys keys) {
        this.keys = keys;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        ServerHttpRequest request = exchange.getRequest();
        if (request.getPath().value().startsWith(OPEN)) {
            return chain.filter(exchange);
        }
        HttpHeaders headers = exchange.getResponse().getHeaders();
        headers.set("Content-Security-Policy", POLICY);
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        headers.set("Cache-Control", "no-store");
        if (keys.none()) {
            return isLocal(request)
                    ? chain.filter(exchange)
                    : refuse(
                            exchange.getResponse(),
                            HttpStatus.FORBIDDEN,
                            "Without a key only the archiver's own machine may look. Set QUERY_API_KEYS, or come by 127.0.0.1.");
        }
        if (keys.has(key(request.getHeaders()))) {
            return chain.filter(exchange);
        }
        headers.set(HttpHeaders.WWW_AUTHENTICATE, "Basic realm=\"traces\", charset=\"UTF-8\"");
        return refuse(
                exchange.getResponse(),
                HttpStatus.UNAUTHORIZED,
                "A key is needed: as a bearer token, or as the password beside any user name.");
    }

    private static boolean isLocal(ServerHttpRequest request) {
        InetSocketAddress peer = request.getRemoteAddress();
        InetSocketAddress asked = request.getHeaders().getHost();
        return peer != null
                && peer.getAddress() != null
                && peer.getAddress().isLoopbackAddress()
                && asked != null
                && OWN_NAMES.contains(asked.getHostString().toLowerCase(Locale.ROOT))
                && HANDED_ON.stream().noneMatch(request.getHeaders()::containsHeader);
    }

    private static @Nullable String key(HttpHeaders headers) {
        List<String> values = headers.getOrEmpty(HttpHeaders.AUTHORIZATION);
        if (values.size() != 1) {
            return null;
        }
        String value = values.getFirst();
        if (value.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return value.substring(7).trim();
        }
        return value.regionMatches(true, 0, "Basic ", 0, 6)
                ? password(value.substring(6).trim())
                : null;
    }

    private static @Nullable String password(String encoded) {
        try {
            String pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return colon < 0 ? null : pair.substring(colon + 1);
        } catch (IllegalArgumentException e) {
            return null; // as good as none
        }
    }

    private static Mono<Void> refuse(ServerHttpResponse response, HttpStatus status, String message) {
        response.setStatusCode(status);
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        byte[] body = QueryRoutes.error(status == HttpStatus.FORBIDDEN ? "forbidden" : "unauthorized", null, message)
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
    }
}
