package io.voiceagent.agent.topology;

import io.voiceagent.agent.core.Metering;
import io.voiceagent.agent.core.Metering.Account;
import io.voiceagent.agent.core.Turn;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.TenantUsage;
import io.voiceagent.transport.Records;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;

/**
 * What the tenants have used in the turns of one partition. Written in the transaction of the result that is counted, so a result that is read
 * again is counted once.
 */
final class UsageStore {
    /** Tenant, begin of the day → {@link TenantUsage}. */
    static final String DAYS = "usage-by-day";
    /** Response, time of its id → {@link Account}. */
    static final String ACCOUNTS = "usage-accounts";
    /** Longer than a day and a turn together: a result that comes later still is not counted. */
    static final Duration RETENTION = Duration.ofDays(3);

    private final WindowStore<String, byte[]> days;
    private final WindowStore<String, byte[]> accounts;
    private final int partition;

    UsageStore(ProcessingContext context) {
        this.days = context.getStateStore(DAYS);
        this.accounts = context.getStateStore(ACCOUNTS);
        this.partition = context.taskId().partition();
    }

    /** @see WindowStores#begin */
    void begin() {
        WindowStores.begin(days);
        WindowStores.begin(accounts);
    }

    /**
     * Counts what the call has used; what is to be published, null when that is nothing.
     *
     * @param before the turn before the result
     */
    @Nullable
    Record<String, Outgoing> count(Turn before, CallResult result, long now) {
        Account account = before instanceof Turn.Unknown ? null : account(before.responseId());
        if (account == null && before instanceof Turn.Open open) {
            account = Account.of(open.accepted());
        }
        if (account == null) {
            return null;
        }
        TenantUsage total = total(account.tenant(), TenantUsage.day(now));
        Metering.Reading reading = Metering.read(account, before, result, total);
        if (reading == null) {
            return null;
        }
        save(before.responseId(), reading.account());
        TenantUsage after = reading.total();
        byte[] value = Json.write(after);
        days.put(after.tenant(), value, TimeUnit.DAYS.toMillis(after.day()));
        return new Record<>(after.key(), new Outgoing(value, partition), now, Records.headers(after));
    }

    /** Remembers who pays for a turn that ends, for the results that may come yet of attempts that it did not wait for. */
    void remember(StepEvent.Accepted accepted) {
        if (account(accepted.responseId()) == null) {
            save(accepted.responseId(), Account.of(accepted));
        }
    }

    private TenantUsage total(String tenant, long day) {
        byte[] found = days.fetch(tenant, TimeUnit.DAYS.toMillis(day));
        return found == null ? TenantUsage.none(tenant, day) : Json.read(found, TenantUsage.class);
    }

    private @Nullable Account account(String responseId) {
        byte[] found = accounts.fetch(responseId, at(responseId));
        return found == null ? null : Json.read(found, Account.class);
    }

    private void save(String responseId, Account account) {
        accounts.put(responseId, Json.write(account), at(responseId));
    }

    private static long at(String responseId) {
        return ResponseId.parse(responseId).submittedAt().toEpochMilli();
    }
}
