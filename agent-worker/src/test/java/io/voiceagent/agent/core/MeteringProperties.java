package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.agent.core.Metering.Account;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Price;
import io.voiceagent.messages.TenantUsage;
import io.voiceagent.messages.Usage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.jspecify.annotations.Nullable;

/** Whatever results come, in whatever order and however often: each attempt is in the total of one day, once. */
class MeteringProperties {
    private static final String TENANT = "acme";
    private static final Price PRICE = new Price(3, 1, 5);
    private static final long DAY = 86_400_000L;

    /**
     * A result in the log.
     *
     * @param after milliseconds since the one before
     */
    record Heard(int turn, int step, int attempt, long after) {
        CallRef ref() {
            return new CallRef("resp_" + turn, step, 0, attempt);
        }

        /** The same attempt always tells the same. */
        Usage usage() {
            return new Usage(10L + turn, turn, 1L + step * 7L + attempt, 0);
        }
    }

    @Provide
    Arbitrary<List<Heard>> logs() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.longs().between(0, DAY))
                .as(Heard::new)
                .list()
                .ofMaxSize(60);
    }

    @Property(tries = 500)
    void eachAttemptIsInOneTotalOnce(@ForAll("logs") List<Heard> log) {
        Map<String, Account> accounts = new HashMap<>();
        Map<Long, TenantUsage> days = new HashMap<>();
        Map<Long, Long> tokens = new HashMap<>();
        Map<Long, Long> costs = new HashMap<>();
        Set<CallRef> heard = new HashSet<>();
        long now = 1_767_225_600_000L;
        for (Heard each : log) {
            now += each.after;
            long day = TenantUsage.day(now);
            Account account = accounts.getOrDefault(each.ref().responseId(), new Account(TENANT, PRICE, List.of()));
            TenantUsage before = days.getOrDefault(day, TenantUsage.none(TENANT, day));
            Metering.Reading reading = Metering.read(account, new Turn.Unknown(""), result(each), before);
            assertThat(reading != null).isEqualTo(heard.add(each.ref()));
            if (reading != null) {
                accounts.put(each.ref().responseId(), reading.account());
                days.put(day, reading.total());
                tokens.merge(day, each.usage().inputTokens() + each.usage().outputTokens(), Long::sum);
                costs.merge(day, PRICE.of(each.usage()), Long::sum);
            }
        }
        assertThat(days.keySet()).isEqualTo(tokens.keySet());
        days.forEach((day, total) -> {
            assertThat(total.tokens()).isEqualTo(tokens.get(day));
            assertThat(total.cost()).isEqualTo(costs.get(day));
        });
    }

    @Property
    void aTotalNeverFalls(
            @ForAll @LongRange(min = 0) long used,
            @ForAll @LongRange(min = 0) long more,
            @ForAll @LongRange(min = 0) long cost,
            @ForAll @LongRange(min = 0) long moreCost) {
        TenantUsage before = TenantUsage.none(TENANT, 1).plus(new Usage(used, 0, more, 0), cost);
        TenantUsage after = before.plus(new Usage(more, 0, used, 0), moreCost);
        assertThat(after.tokens()).isGreaterThanOrEqualTo(before.tokens()).isNotNegative();
        assertThat(after.cost()).isGreaterThanOrEqualTo(before.cost()).isNotNegative();
    }

    @Property
    void aDayIsOneDay(@ForAll @LongRange(min = 0, max = 4_102_444_800_000L) long time) {
        long begin = TenantUsage.day(time) * DAY;
        assertThat(time).isBetween(begin, begin + DAY - 1);
        assertThat(TenantUsage.day(begin)).isEqualTo(TenantUsage.day(time));
    }

    private static CallResult result(Heard heard) {
        CallOutput.@Nullable Model output =
                new CallOutput.Model(List.of(), CallOutput.Finish.STOP, heard.usage(), "model");
        return new CallResult.Completed(heard.ref(), "c", "w", 1, output);
    }
}
