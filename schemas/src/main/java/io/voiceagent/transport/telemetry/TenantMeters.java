package io.voiceagent.transport.telemetry;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.voiceagent.transport.Variables;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps the number of series by tenant bounded: the first tenants that a process sees have series of their own, all later ones share
 * {@code other}. For meters whose names begin with {@link #PREFIX}; no other meter, and no span, names a tenant.
 */
public final class TenantMeters implements MeterFilter {
    /** What the names of meters by tenant begin with. */
    public static final String PREFIX = "voice.agent.tenant.";
    /** The tag of the tenant. */
    public static final String TENANT = "tenant";

    private static final String OTHER = "other";

    private final int most;
    private final Set<String> tenants = ConcurrentHashMap.newKeySet();

    /** @param most how many tenants have series of their own; 0: there are no meters by tenant */
    public TenantMeters(int most) {
        this.most = most;
    }

    /**
     * Reads {@code METRICS_TENANTS}, 0 to 1,000 (50).
     *
     * @throws io.voiceagent.transport.InvalidSettingException naming the variable and the remedy
     */
    public static TenantMeters from(Variables variables) {
        return new TenantMeters(variables.integer("METRICS_TENANTS", 50, 0, 1_000));
    }

    @Override
    public MeterFilterReply accept(Meter.Id id) {
        return most == 0 && id.getName().startsWith(PREFIX) ? MeterFilterReply.DENY : MeterFilterReply.NEUTRAL;
    }

    @Override
    public Meter.Id map(Meter.Id id) {
        String tenant = id.getName().startsWith(PREFIX) ? id.getTag(TENANT) : null;
        return tenant == null || isNamed(tenant) ? id : id.withTag(Tag.of(TENANT, OTHER));
    }

    private boolean isNamed(String tenant) {
        if (tenants.contains(tenant)) {
            return true;
        }
        synchronized (tenants) {
            return tenants.contains(tenant) || tenants.size() < most && tenants.add(tenant);
        }
    }
}
