package io.voiceagent.ingress.follow;

import io.voiceagent.messages.TenantUsage;

/** Is told of the running totals of what tenants have used, by the thread that reads them: must be quick. */
public interface UsageWatcher {
    /**
     * The latest total of a partition of the orchestrator. May come again, and after a later one when the log is read again.
     *
     * @param partition whose turns were counted; the tenant's total is the sum over all
     */
    void used(int partition, TenantUsage total);

    /** All has been read that was there when reading began: what is known is complete from here on. */
    void complete();

    /** Does nothing. */
    UsageWatcher NONE = new UsageWatcher() {
        @Override
        public void used(int partition, TenantUsage total) {}

        @Override
        public void complete() {}
    };
}
