package io.voiceagent.agent.core;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Price;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent.Accepted;
import io.voiceagent.messages.TenantUsage;
import io.voiceagent.messages.Usage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is added to a tenant's day for a result of a model call: what the call has used, whether its result counts for the turn or not, once for
 * each attempt. A worker tells the result of a finished attempt again when it is told to stop it.
 */
public final class Metering {
    /**
     * What is known of a turn after its end, too: by whom and at which price it is paid, and what of it is in the totals.
     *
     * @param counted its attempts in the totals, without the response id
     */
    public record Account(String tenant, @Nullable Price price, List<String> counted) {
        public Account {
            counted = List.copyOf(counted);
        }

        /** The account of a turn of which nothing is counted yet. */
        public static Account of(Accepted accepted) {
            ResponseSpec.Spend spend = accepted.spec().spend();
            return new Account(accepted.tenant(), spend == null ? null : spend.price(), List.of());
        }

        private Account with(CallRef ref) {
            List<String> more = new ArrayList<>(counted);
            more.add(place(ref));
            return new Account(tenant, price, more);
        }

        private boolean has(CallRef ref) {
            return counted.contains(place(ref));
        }

        private static String place(CallRef ref) {
            return "%d/%d/%d".formatted(ref.step(), ref.call(), ref.attempt());
        }
    }

    /** The turn's account and its tenant's day, afterwards. */
    public record Reading(Account account, TenantUsage total) {}

    private Metering() {}

    /**
     * Adds a result to the totals; null when there is nothing to add.
     *
     * @param turn before the result
     * @param total of the account's tenant on the day of the result, before
     */
    public static @Nullable Reading read(Account account, Turn turn, CallResult result, TenantUsage total) {
        Usage used = used(turn, result);
        if (used.equals(Usage.NONE) || account.has(result.ref())) {
            return null;
        }
        long cost = account.price() == null ? 0 : account.price().of(used);
        return new Reading(account.with(result.ref()), total.plus(used, cost));
    }

    private static Usage used(Turn turn, CallResult result) {
        return switch (result) {
            case CallResult.Completed completed ->
                completed.output() instanceof CallOutput.Model answer ? answer.usage() : Usage.NONE;
            case CallResult.Stopped stopped ->
                stopped.output() instanceof CallOutput.Model answer ? stopped(turn, answer) : Usage.NONE;
            case CallResult.Failed _, CallResult.Busy _, CallResult.NeverStarted _ -> Usage.NONE;
        };
    }

    /** An endpoint tells what a call used when it ends, so of one that was stopped it is estimated: a cancelled answer is not for nothing. */
    private static Usage stopped(Turn turn, CallOutput.Model answer) {
        if (!answer.usage().equals(Usage.NONE)) {
            return answer.usage();
        }
        long output = answer.items().stream().mapToLong(Window::tokens).sum();
        long input = turn instanceof Turn.Open open ? Spending.nextInput(open) : 0;
        return new Usage(input, 0, output, 0);
    }
}
