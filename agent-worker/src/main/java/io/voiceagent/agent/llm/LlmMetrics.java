package io.voiceagent.agent.llm;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.voiceagent.messages.Usage;
import io.voiceagent.transport.telemetry.TenantMeters;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Meters of the model stage: {@code voice_agent_llm_call_seconds}, {@code …_first_token_seconds}, {@code …_tokens_total} and
 * {@code …_retries_total}, by model; and {@code voice_agent_tenant_tokens_total} by tenant.
 */
final class LlmMetrics {
    /** Clients name models as they like, and each name is a series for ever: later ones are counted together. */
    private static final int MAX_MODELS = 50;

    private static final String OTHER = "other";

    private final MeterRegistry registry;
    private final Set<String> models = ConcurrentHashMap.newKeySet();

    LlmMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /** @param outcome {@code completed}, {@code stopped}, or the {@link Failure#type} */
    void ended(String model, String outcome, Duration duration) {
        timer("voice.agent.llm.call", "Duration of model calls, retries within an attempt counted in")
                .tags("model", label(model), "outcome", outcome)
                .register(registry)
                .record(duration);
    }

    /** From the begin of the call, so that retries count. */
    void firstToken(String model, Duration sinceBegin) {
        timer("voice.agent.llm.first.token", "Time from the begin of a model call to its first token")
                .tags("model", label(model))
                .register(registry)
                .record(sinceBegin);
    }

    /** The time between two tokens of an answer, on average. */
    void tokenTime(String model, Duration sinceFirst, long tokens) {
        timer("voice.agent.llm.token.time", "Mean time from one token of an answer to the next")
                .minimumExpectedValue(Duration.ofNanos(100_000))
                .maximumExpectedValue(Duration.ofSeconds(5))
                .tags("model", label(model))
                .register(registry)
                .record(sinceFirst.dividedBy(tokens - 1));
    }

    void tokens(String model, Usage usage) {
        count(model, "input", usage.inputTokens());
        count(model, "cached_input", usage.cachedInputTokens());
        count(model, "output", usage.outputTokens());
        count(model, "reasoning", usage.reasoningTokens());
    }

    /** The same once more by tenant: not by both, which would be a series for each pair. */
    void tokensOf(String tenant, Usage usage) {
        countOf(tenant, "input", usage.inputTokens());
        countOf(tenant, "output", usage.outputTokens());
    }

    void retry(String model, String reason) {
        Counter.builder("voice.agent.llm.retries")
                .description("Tries of model calls that failed and were repeated within the attempt")
                .tags("model", label(model), "reason", reason)
                .register(registry)
                .increment();
    }

    private void count(String model, String kind, long tokens) {
        Counter.builder("voice.agent.llm.tokens")
                .description("Tokens as the endpoint counted them; cached_input is part of input, reasoning of output")
                .tags("model", label(model), "kind", kind)
                .register(registry)
                .increment(tokens);
    }

    private void countOf(String tenant, String kind, long tokens) {
        Counter.builder(TenantMeters.PREFIX + "tokens")
                .description("Tokens of model calls by tenant, as the endpoint counted them")
                .tags(TenantMeters.TENANT, tenant, "kind", kind)
                .register(registry)
                .increment(tokens);
    }

    private static Timer.Builder timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(10))
                .maximumExpectedValue(Duration.ofMinutes(5));
    }

    private String label(String model) {
        if (models.contains(model)) {
            return model;
        }
        return models.size() < MAX_MODELS && models.add(model) ? model : OTHER;
    }
}
