package io.voiceagent.ingress.limit;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of one tenant, the same for all; 0 is none. Requests are counted by each replica for itself; tokens and turns are counted from
 * the log, so by all replicas alike.
 *
 * @param requestsPerMinute variable {@code RATE_LIMIT_REQUESTS_PER_MINUTE}
 * @param tokensPerMinute variable {@code RATE_LIMIT_TOKENS_PER_MINUTE}: tokens of the model, in and out; counted when a turn has ended
 * @param runningTurns variable {@code MAX_RUNNING_TURNS_PER_TENANT}
 * @param prices variable {@code PRICES_FILE}
 * @param quotasFile variable {@code QUOTAS_FILE}; null: there is none
 */
public record LimitSettings(
        int requestsPerMinute,
        int tokensPerMinute,
        int runningTurns,
        Prices prices,
        @Nullable Path quotasFile) {
    private static final int MOST = 1_000_000_000;
    private static final int USUAL_TURNS = 5_000;

    /** Reads the settings; throws {@link InvalidSettingException} naming the variable and the remedy. */
    public static LimitSettings from(Variables variables) {
        Prices prices = Prices.read(variables.find(Prices.VARIABLE));
        String file = variables.find(Quotas.VARIABLE);
        Path quotas = file == null ? null : Path.of(file);
        Quotas unused = Quotas.read(quotas, prices);
        return new LimitSettings(
                variables.integer("RATE_LIMIT_REQUESTS_PER_MINUTE", 0, 0, MOST),
                variables.integer("RATE_LIMIT_TOKENS_PER_MINUTE", 0, 0, MOST),
                variables.integer("MAX_RUNNING_TURNS_PER_TENANT", USUAL_TURNS, 0, MOST),
                prices,
                quotas);
    }
}
