package io.voiceagent.messages;

import java.math.BigDecimal;

/**
 * What tokens of a model cost, in picodollars (10⁻¹² US dollars) each: a price of 2.50 dollars per million tokens is 2,500,000. Sums that are
 * too large for a {@code long} stay at its maximum.
 *
 * @param cachedInput of input that the endpoint had in its cache
 */
public record Price(long input, long cachedInput, long output) {
    /** Picodollars in a dollar. */
    public static final long DOLLAR = 1_000_000_000_000L;

    public Price {
        if (input < 0 || cachedInput < 0 || output < 0) {
            throw new IllegalArgumentException("a price must not be negative");
        }
    }

    /** An amount in dollars, exactly. */
    public static BigDecimal dollars(long picodollars) {
        return BigDecimal.valueOf(picodollars).divide(BigDecimal.valueOf(DOLLAR));
    }

    /** What these tokens cost, picodollars. */
    public long of(Usage usage) {
        long fresh = Math.max(0, usage.inputTokens() - usage.cachedInputTokens());
        return plus(
                plus(times(fresh, input), times(usage.cachedInputTokens(), cachedInput)),
                times(usage.outputTokens(), output));
    }

    /** What so many tokens of input cost at most, picodollars. */
    public long ofInput(long tokens) {
        return times(tokens, Math.max(input, cachedInput));
    }

    private static long times(long tokens, long price) {
        long product = tokens * price;
        return tokens > 0 && price > 0 && Math.multiplyHigh(tokens, price) != 0 || product < 0
                ? Long.MAX_VALUE
                : product;
    }

    private static long plus(long one, long other) {
        long sum = one + other;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }
}
