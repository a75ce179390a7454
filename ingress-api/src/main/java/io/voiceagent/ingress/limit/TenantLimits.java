package io.voiceagent.ingress.limit;

import io.github.bucket4j.TimeMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.context.Context;
import io.voiceagent.ingress.follow.TurnWatcher;
import io.voiceagent.ingress.follow.UsageWatcher;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.RequestLog;
import io.voiceagent.messages.Price;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseSpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What a tenant may ask for, and how it stands. Whatever is refused is refused before it is accepted. */
public final class TenantLimits {
    private final LimitSettings settings;
    private final Supplier<Quotas> quotas;
    private final DayTotals totals;
    private final @Nullable Rates requests;
    private final @Nullable Rates tokens;
    private final TenantTurns turns;
    private final MeterRegistry registry;

    /**
     * @param quotas as they are now
     * @param maxTurnAge a turn has ended by then
     */
    public TenantLimits(
            LimitSettings settings,
            Supplier<Quotas> quotas,
            Duration maxTurnAge,
            InstantSource clock,
            TimeMeter meter,
            MeterRegistry registry) {
        this.settings = settings;
        this.quotas = quotas;
        this.totals = new DayTotals(clock);
        this.requests = settings.requestsPerMinute() == 0 ? null : new Rates(settings.requestsPerMinute(), meter);
        this.tokens = settings.tokensPerMinute() == 0 ? null : new Rates(settings.tokensPerMinute(), meter);
        this.turns = new TenantTurns(maxTurnAge, clock, this::used);
        this.registry = registry;
    }

    private void used(String tenant, long amount) {
        if (tokens != null) {
            tokens.used(tenant, amount);
        }
    }

    /** To be told what the log says of turns. */
    public TurnWatcher watcher() {
        return turns;
    }

    /** To be told what tenants have used. */
    public UsageWatcher totals() {
        return totals;
    }

    /**
     * How the tenant stands today.
     *
     * @throws Refusal when what it has used is not known here yet
     */
    public DayStanding today(String tenant) {
        if (!totals.isComplete()) {
            throw Refusal.of(
                    Code.SERVICE_UNAVAILABLE,
                    "What was used today is not known here yet. Nothing was accepted: try again in a moment.");
        }
        return new DayStanding(totals.today(tenant), quotas.get().of(tenant));
    }

    /** Until another day begins. */
    public Duration untilTomorrow() {
        return totals.untilTomorrow();
    }

    /** Takes a request from the tenant's rate; null when there is no such limit. */
    public Rates.@Nullable Standing request(String tenant) {
        return requests == null ? null : counted("requests", requests.take(tenant));
    }

    /** How the tenant stands with tokens; null when there is no such limit. */
    public Rates.@Nullable Standing tokens(String tenant) {
        return tokens == null ? null : tokens.look(tenant);
    }

    /** A log that refuses turns which are too much for their tenant. */
    public RequestLog bounded(RequestLog log) {
        return (request, trace) ->
                request instanceof Request.Submit submit ? submit(log, submit, trace) : log.append(request, trace);
    }

    /** The turn with its price and the cost that it is bounded by, as they are now. */
    private Request.Submit priced(Request.Submit submit) {
        ResponseSpec spec = submit.spec();
        Price price = settings.prices().of(spec.model());
        Quotas.Quota quota = quotas.get().of(submit.tenant());
        Long asked = spec.spend() == null ? null : spec.spend().asked();
        Long limit = asked == null ? quota.costPerTurn() : asked;
        if (asked != null && quota.costPerTurn() != null && asked > quota.costPerTurn()) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    "max_cost",
                    "'max_cost' is more than a turn of this tenant may cost: %s at most."
                            .formatted(Quotas.dollars(quota.costPerTurn())));
        }
        if (price == null) {
            if (limit != null || quota.limitsCost()) {
                throw new Refusal(
                        Code.UNSUPPORTED_VALUE,
                        "model",
                        "The price of this model is not known here, so its cost can't be limited. Use another model.");
            }
            return submit;
        }
        ResponseSpec priced = spec.toBuilder()
                .spend(new ResponseSpec.Spend(asked, limit, price))
                .build();
        return new Request.Submit(
                submit.responseId(),
                submit.conversation(),
                submit.tenant(),
                submit.submittedAt(),
                submit.deadlineAt(),
                priced,
                submit.registration());
    }

    private Mono<Void> submit(RequestLog log, Request.Submit asked, Context trace) {
        return Mono.defer(() -> {
            requireQuota(asked.tenant());
            Request.Submit submit = priced(asked);
            if (tokens != null
                    && !counted("tokens", tokens.look(submit.tenant())).allowed()) {
                throw Refusal.of(
                        Code.RATE_LIMIT_EXCEEDED,
                        "More than %d tokens were used in a minute. Nothing was accepted: try again later."
                                .formatted(settings.tokensPerMinute()));
            }
            int most = settings.runningTurns() == 0 ? Integer.MAX_VALUE : settings.runningTurns();
            if (!turns.begin(submit.responseId(), submit.tenant(), most)) {
                refused("turns");
                throw Refusal.of(
                        Code.TOO_MANY_TURNS,
                        "%d turns of this tenant run already. Nothing was accepted: wait for the end of one, or cancel one."
                                .formatted(most));
            }
            return log.append(submit, trace)
                    .doOnError(
                            Refusal.class,
                            // What may have been accepted counts, until its end is seen or is due
                            refusal -> {
                                if (refusal.code() != Code.SUBMISSION_UNKNOWN) {
                                    turns.forget(submit.responseId());
                                }
                            });
        });
    }

    /** What runs, or waits in a conversation, goes on: a day's quota is exceeded by what that uses yet. */
    private void requireQuota(String tenant) {
        if (!quotas.get().of(tenant).limitsDay()) {
            return;
        }
        DayStanding today = today(tenant);
        String reached = today.quota().reachedBy(today.used());
        if (reached != null) {
            refused("quota");
            throw Refusal.of(
                    Code.INSUFFICIENT_QUOTA,
                    "The day's quota of this tenant is used up: %s. Nothing was accepted. Another day begins at %s."
                            .formatted(reached, today.resetsAt()));
        }
    }

    private Rates.Standing counted(String limit, Rates.Standing standing) {
        if (!standing.allowed()) {
            refused(limit);
        }
        return standing;
    }

    private void refused(String limit) {
        Counter.builder("voice.agent.limit.refused")
                .description("Requests that were too much for their tenant")
                .tag("limit", limit)
                .register(registry)
                .increment();
    }
}
