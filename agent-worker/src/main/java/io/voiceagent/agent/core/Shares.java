package io.voiceagent.agent.core;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How slots are shared among tenants while calls wait for them: in proportion to the weights of those that want some. What nobody else
 * wants, one may have.
 *
 * @param weights by tenant, 1 to {@link #MAX_WEIGHT}; that of all others is 1
 */
public record Shares(Map<String, Integer> weights) {
    /** The largest weight. */
    public static final int MAX_WEIGHT = 1_000;

    /** Everybody's share is the same. */
    public static final Shares EQUAL = new Shares(Map.of());

    public Shares {
        weights = Map.copyOf(weights);
        weights.forEach((tenant, weight) -> {
            if (weight < 1 || weight > MAX_WEIGHT) {
                throw new IllegalArgumentException(
                        "the share of %s must be 1 to %d, not %d".formatted(tenant, MAX_WEIGHT, weight));
            }
        });
    }

    /**
     * Reads {@code tenant:weight,tenant:weight}; blank text is {@link #EQUAL}.
     *
     * @throws IllegalArgumentException for anything else, with a message that says what is wrong
     */
    public static Shares parse(String text) {
        if (text.isBlank()) {
            return EQUAL;
        }
        Map<String, Integer> weights = new LinkedHashMap<>();
        for (String pair : text.split(",", -1)) {
            int colon = pair.lastIndexOf(':');
            String tenant = colon < 0 ? "" : pair.substring(0, colon).strip();
            if (tenant.isEmpty()) {
                throw new IllegalArgumentException("\"%s\" is not tenant:weight".formatted(pair.strip()));
            }
            try {
                if (weights.put(
                                tenant,
                                Integer.valueOf(pair.substring(colon + 1).strip()))
                        != null) {
                    throw new IllegalArgumentException("%s stands there twice".formatted(tenant));
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("the weight of %s is no whole number".formatted(tenant), e);
            }
        }
        return new Shares(weights);
    }

    int weight(String tenant) {
        return weights.getOrDefault(tenant, 1);
    }
}
