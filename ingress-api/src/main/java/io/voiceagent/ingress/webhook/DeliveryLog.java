package io.voiceagent.ingress.webhook;

import io.voiceagent.ingress.refusal.Refusal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was delivered to a tenant's endpoints, and what was not. */
@FunctionalInterface
public interface DeliveryLog {
    /** The log of an installation without webhooks. */
    DeliveryLog EMPTY = (tenant, limit, after) -> new Page(List.of(), false);

    /**
     * An event for one endpoint.
     *
     * @param id the header {@code webhook-id} of all its attempts
     * @param state {@code pending}, {@code delivered} or {@code given_up}
     * @param attempts begun so far
     * @param nextAttemptAt null when there will be none
     * @param lastStatus of the last answer, null when there was none
     * @param lastError why the last attempt failed; null when it did not
     * @param endedAt when it was delivered or given up
     */
    record Entry(
            String id,
            String eventType,
            String responseId,
            String url,
            String state,
            int attempts,
            Instant createdAt,
            @Nullable Instant nextAttemptAt,
            @Nullable Integer lastStatus,
            @Nullable String lastError,
            @Nullable Instant endedAt) {}

    /** @param more whether older ones follow */
    record Page(List<Entry> entries, boolean more) {}

    /**
     * The tenant's deliveries, newest first. Blocks.
     *
     * @param limit of the page
     * @param after id of the last entry of the page before, null for the first page
     * @throws Refusal the log can't be read now, or {@code after} is not known
     */
    Page page(String tenant, int limit, @Nullable String after);
}
