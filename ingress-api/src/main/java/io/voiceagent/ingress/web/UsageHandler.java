package io.voiceagent.ingress.web;

import io.voiceagent.ingress.limit.DayStanding;
import io.voiceagent.ingress.limit.TenantLimits;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Price;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

/** {@code GET /usage}: what the tenant has used today, and what it may. */
final class UsageHandler {
    private final TenantLimits limits;

    UsageHandler(TenantLimits limits) {
        this.limits = limits;
    }

    Mono<Void> today(ServerWebExchange exchange) {
        QueryParameters.of(exchange.getRequest()).end();
        DayStanding today = limits.today(Exchanges.tenant(exchange.getAttributes()));
        ObjectNode body = Json.mapper().createObjectNode();
        body.put("object", "usage")
                .put("date", today.date().toString())
                .put("resets_at", today.resetsAt().getEpochSecond())
                .put("input_tokens", today.used().usage().inputTokens())
                .put("cached_input_tokens", today.used().usage().cachedInputTokens())
                .put("output_tokens", today.used().usage().outputTokens())
                .put("total_tokens", today.used().tokens())
                .put("max_tokens_per_day", today.quota().tokensPerDay())
                .put("cost", dollars(today.used().cost()))
                .put("max_cost_per_day", dollars(today.quota().costPerDay()))
                .put("max_cost_per_turn", dollars(today.quota().costPerTurn()));
        exchange.getResponse().getHeaders().setCacheControl("no-store");
        return ResponsesHandler.write(exchange.getResponse(), HttpStatus.OK, body.toString());
    }

    private static @Nullable BigDecimal dollars(@Nullable Long picodollars) {
        return picodollars == null ? null : Price.dollars(picodollars);
    }
}
