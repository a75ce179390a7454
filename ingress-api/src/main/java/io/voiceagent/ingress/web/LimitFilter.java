package io.voiceagent.ingress.web;

import io.voiceagent.ingress.limit.Rates.Standing;
import io.voiceagent.ingress.limit.TenantLimits;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.security.ApiSecurity;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Counts the requests of each tenant and refuses what is too much, and tells in the headers that client libraries know how the tenant
 * stands.
 */
public final class LimitFilter implements WebFilter, Ordered {
    /** Behind the chain that finds out who asks. */
    private static final int AFTER_SECURITY = -50;

    private static final long LONGEST_SECONDS = 60;

    private final TenantLimits limits;

    public LimitFilter(TenantLimits limits) {
        this.limits = limits;
    }

    @Override
    public int getOrder() {
        return AFTER_SECURITY;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        if (!(exchange.getAttributes().get(ApiSecurity.TENANT) instanceof String tenant)) {
            return chain.filter(exchange);
        }
        HttpHeaders headers = exchange.getResponse().getHeaders();
        Standing requests = limits.request(tenant);
        Standing tokens = limits.tokens(tenant);
        tell(headers, "requests", requests);
        tell(headers, "tokens", tokens);
        if (requests != null && !requests.allowed()) {
            headers.set(HttpHeaders.RETRY_AFTER, seconds(requests.again()));
            return Mono.error(Refusal.of(
                    Code.RATE_LIMIT_EXCEEDED,
                    "More than %d requests were sent in a minute. Try again later.".formatted(requests.limit())));
        }
        return chain.filter(exchange).doOnError(Refusal.class, refusal -> {
            if (refusal.code() == Code.RATE_LIMIT_EXCEEDED && tokens != null && !tokens.allowed()) {
                headers.set(HttpHeaders.RETRY_AFTER, seconds(tokens.again()));
            } else if (refusal.code() == Code.INSUFFICIENT_QUOTA) {
                headers.set(
                        HttpHeaders.RETRY_AFTER,
                        Long.toString(limits.untilTomorrow().toSeconds() + 1));
            }
        });
    }

    private static void tell(HttpHeaders headers, String what, @Nullable Standing standing) {
        if (standing != null) {
            headers.set("x-ratelimit-limit-" + what, Long.toString(standing.limit()));
            headers.set("x-ratelimit-remaining-" + what, Long.toString(standing.remaining()));
            headers.set("x-ratelimit-reset-" + what, standing.reset().toMillis() + "ms");
        }
    }

    /** Whole seconds; not longer than the clients of this dialect are ready to wait. */
    private static String seconds(Duration wait) {
        return Long.toString(Math.clamp(wait.toMillis() / 1_000 + 1, 1, LONGEST_SECONDS));
    }
}
