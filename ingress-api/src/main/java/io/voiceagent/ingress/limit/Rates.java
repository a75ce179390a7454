package io.voiceagent.ingress.limit;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;

/**
 * One rate, for each tenant by itself: a bucket that holds what is allowed in a minute and is filled evenly.
 *
 * <p>What is known only afterwards, such as tokens, is taken out whether it is there or not; the bucket then has to be filled again before
 * anything is allowed.
 */
public final class Rates {
    private static final Duration PERIOD = Duration.ofMinutes(1);
    /** Longer than it takes to fill a bucket that is not deep in debt. */
    private static final Duration IDLE = Duration.ofMinutes(30);

    private static final int MOST_TENANTS = 20_000;

    private final long perMinute;
    private final LoadingCache<String, Bucket> buckets;

    /**
     * How a tenant stands.
     *
     * @param allowed whether there was anything left
     * @param limit what is allowed in a minute
     * @param remaining what is left now, not below 0
     * @param again until something is allowed again, zero when something is
     * @param reset until all is allowed again
     */
    public record Standing(boolean allowed, long limit, long remaining, Duration again, Duration reset) {}

    /** @param clock what the time is measured by, nanoseconds */
    public Rates(long perMinute, TimeMeter clock) {
        this.perMinute = perMinute;
        this.buckets = Caffeine.newBuilder()
                .maximumSize(MOST_TENANTS)
                .expireAfterAccess(IDLE)
                .build(tenant -> Bucket.builder()
                        .addLimit(limit -> limit.capacity(perMinute).refillGreedy(perMinute, PERIOD))
                        .withCustomTimePrecision(clock)
                        .build());
    }

    /** Takes one, if there is one. */
    public Standing take(String tenant) {
        Bucket bucket = buckets.get(tenant);
        boolean taken = bucket.tryConsume(1);
        return standing(bucket, taken);
    }

    /** Takes nothing. */
    public Standing look(String tenant) {
        Bucket bucket = buckets.get(tenant);
        return standing(bucket, bucket.getAvailableTokens() > 0);
    }

    /** Takes what was used, also when less is left. */
    public void used(String tenant, long amount) {
        if (amount > 0) {
            buckets.get(tenant).consumeIgnoringRateLimits(amount);
        }
    }

    private Standing standing(Bucket bucket, boolean allowed) {
        long available = bucket.getAvailableTokens();
        return new Standing(
                allowed,
                perMinute,
                Math.max(0, available),
                allowed ? Duration.ZERO : time(1 - Math.min(0, available)),
                time(perMinute - available));
    }

    private Duration time(long amount) {
        return Duration.ofNanos((long) ((double) amount / perMinute * PERIOD.toNanos()));
    }
}
