package io.voiceagent.messages;

import java.time.LocalDate;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A record of {@link Topics#USAGE}: what the model calls of a tenant have used on one day, as far as one partition of the orchestrator knows. It
 * is a running total, written in the transaction of the call's result, so each call is in it once; the sum over all partitions is the tenant's.
 *
 * @param day whole days since 1970-01-01, UTC: that of the moment at which a call's result was taken
 * @param usage of all model calls, also of those that came to nothing
 * @param cost picodollars, see {@link Price}; a call whose price nobody knows counts as nothing
 */
public record TenantUsage(String tenant, long day, Usage usage, long cost) {
    public TenantUsage {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(usage, "usage");
    }

    /** Nothing used. */
    public static TenantUsage none(String tenant, long day) {
        return new TenantUsage(tenant, day, Usage.NONE, 0);
    }

    /** The day of a time in milliseconds since the epoch. */
    public static long day(long millis) {
        return Math.floorDiv(millis, TimeUnit.DAYS.toMillis(1));
    }

    /** The record's key, {@code 2026-01-31/TENANT}. */
    public String key() {
        return LocalDate.ofEpochDay(day) + "/" + tenant;
    }

    /** Input and output together. */
    public long tokens() {
        return sum(usage.inputTokens(), usage.outputTokens());
    }

    /** The same and that, too. Sums that are too large for a {@code long} stay at its maximum. */
    public TenantUsage plus(Usage more, long moreCost) {
        return new TenantUsage(
                tenant,
                day,
                new Usage(
                        sum(usage.inputTokens(), more.inputTokens()),
                        sum(usage.cachedInputTokens(), more.cachedInputTokens()),
                        sum(usage.outputTokens(), more.outputTokens()),
                        sum(usage.reasoningTokens(), more.reasoningTokens())),
                sum(cost, moreCost));
    }

    private static long sum(long one, long other) {
        long sum = Math.max(0, one) + Math.max(0, other);
        return sum < 0 ? Long.MAX_VALUE : sum;
    }
}
