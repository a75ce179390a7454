package io.voiceagent.ingress.security;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.PathContainer;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import reactor.core.publisher.Mono;

/**
 * Lets a request pass with {@code Authorization: Bearer KEY}. Everything needs a key but what is on a short list; the list is matched as
 * routes are, so what it does not match can't be reached by another spelling of the path.
 */
public final class ApiKeyFilter implements WebFilter, Ordered {
    /** Exchange attribute: the tenant whose key was sent. */
    public static final String TENANT = ApiKeyFilter.class.getName() + ".tenant";

    private static final List<PathPattern> OPEN = List.of(
                    "/api/v1/health",
                    "/docs",
                    "/docs/**",
                    "/webjars/swagger-ui/**",
                    "/swagger-ui/**",
                    "/actuator/health",
                    "/actuator/health/**",
                    "/actuator/prometheus")
            .stream()
            .map(PathPatternParser.defaultInstance::parse)
            .toList();
    private static final String SCHEME = "bearer ";

    private final ApiKeys keys;

    public ApiKeyFilter(ApiKeys keys) {
        this.keys = keys;
    }

    /** After the filter that answers failures, and after CORS, whose preflight requests carry no key. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE + 100;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        PathContainer path = exchange.getRequest().getPath().pathWithinApplication();
        if (OPEN.stream().anyMatch(pattern -> pattern.matches(path))) {
            return chain.filter(exchange);
        }
        String key = bearer(exchange.getRequest().getHeaders());
        if (key == null) {
            return Mono.error(refusal("No API key was sent. Send the header 'Authorization: Bearer KEY'."));
        }
        return keys.tenant(key)
                .map(tenant -> {
                    exchange.getAttributes().put(TENANT, tenant);
                    return chain.filter(exchange);
                })
                .orElseGet(() -> Mono.error(refusal("The API key is not known here. Check it for completeness.")));
    }

    private static @Nullable String bearer(HttpHeaders headers) {
        List<String> values = headers.get(HttpHeaders.AUTHORIZATION);
        // Two of them: who is asking would depend on who reads
        if (values == null || values.size() != 1) {
            return null;
        }
        String value = values.getFirst();
        return value.toLowerCase(Locale.ROOT).startsWith(SCHEME)
                ? value.substring(SCHEME.length()).trim()
                : null;
    }

    private static Refusal refusal(String message) {
        return new Refusal(Code.INVALID_API_KEY, "Authorization", message);
    }
}
