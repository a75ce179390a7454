package io.voiceagent.ingress.limit;

import io.voiceagent.ingress.limit.Quotas.Quota;
import io.voiceagent.messages.TenantUsage;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** How a tenant stands today. */
public record DayStanding(TenantUsage used, Quota quota) {
    /** The day, UTC. */
    public LocalDate date() {
        return LocalDate.ofEpochDay(used.day());
    }

    /** When another day begins. */
    public Instant resetsAt() {
        return date().plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    }
}
