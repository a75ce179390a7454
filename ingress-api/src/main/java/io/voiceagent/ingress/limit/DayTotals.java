package io.voiceagent.ingress.limit;

import io.voiceagent.ingress.follow.UsageWatcher;
import io.voiceagent.messages.TenantUsage;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * What each tenant has used today, at all replicas, as the log tells. Yesterday and tomorrow are kept, too, since the clocks of those who count
 * need not be ours; all other days are dropped.
 */
public final class DayTotals implements UsageWatcher {
    private final InstantSource clock;
    private final ConcurrentSkipListMap<Long, Map<String, Map<Integer, TenantUsage>>> days =
            new ConcurrentSkipListMap<>();
    private volatile boolean complete;

    public DayTotals(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public void used(int partition, TenantUsage total) {
        long today = today();
        if (Math.abs(total.day() - today) <= 1) {
            days.computeIfAbsent(total.day(), day -> new ConcurrentHashMap<>())
                    .computeIfAbsent(total.tenant(), tenant -> new ConcurrentHashMap<>())
                    // A total never falls: what is less was read again
                    .merge(partition, total, (known, told) -> told.tokens() >= known.tokens() ? told : known);
        }
        days.headMap(today - 1).clear();
    }

    @Override
    public void complete() {
        complete = true;
    }

    /** Whether all is known that was used before this replica started. */
    boolean isComplete() {
        return complete;
    }

    /** What the tenant has used today. */
    TenantUsage today(String tenant) {
        TenantUsage sum = TenantUsage.none(tenant, today());
        for (TenantUsage total : days.getOrDefault(sum.day(), Map.of())
                .getOrDefault(tenant, Map.of())
                .values()) {
            sum = sum.plus(total.usage(), total.cost());
        }
        return sum;
    }

    Duration untilTomorrow() {
        return Duration.between(clock.instant(), Instant.EPOCH.plus(Duration.ofDays(today() + 1)));
    }

    private long today() {
        return TenantUsage.day(clock.millis());
    }
}
