package io.voiceagent.ingress.limit;

import io.voiceagent.messages.Price;
import io.voiceagent.messages.TenantUsage;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.SettingsFile;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What tenants may spend: {@code {"TENANT": {"max_cost_per_turn": 0.5, "max_cost_per_day": 20, "max_tokens_per_day": 1000000}}}, US dollars and
 * tokens. {@code "*"} stands for all tenants that are not named, each by itself; what is left out is not limited.
 */
public final class Quotas {
    /** Nothing is limited. */
    public static final Quotas NONE = new Quotas(Map.of());

    static final String VARIABLE = "QUOTAS_FILE";
    private static final String ALL = "*";
    private static final int MOST_TENANTS = 10_000;
    private static final BigDecimal MOST_DOLLARS = BigDecimal.valueOf(1_000_000);
    private static final BigDecimal MOST_TOKENS = BigDecimal.valueOf(1_000_000_000_000_000L);
    private static final String COST_PER_TURN = "max_cost_per_turn";
    private static final String COST_PER_DAY = "max_cost_per_day";
    private static final String TOKENS_PER_DAY = "max_tokens_per_day";
    private static final Set<String> FIELDS = Set.of(COST_PER_TURN, COST_PER_DAY, TOKENS_PER_DAY);
    private static final String REMEDY =
            "Use {\"TENANT\": {\"max_cost_per_turn\": 0.5, \"max_cost_per_day\": 20, \"max_tokens_per_day\": 1000000}}: US dollars, 0 to 1000000, and whole tokens, 0 to 1000000000000000";

    private final Map<String, Quota> quotas;

    /**
     * What one tenant may spend; null: as much as it likes.
     *
     * @param costPerTurn picodollars
     * @param costPerDay picodollars
     * @param tokensPerDay of input and output
     */
    public record Quota(
            @Nullable Long costPerTurn,
            @Nullable Long costPerDay,
            @Nullable Long tokensPerDay) {
        static final Quota NONE = new Quota(null, null, null);

        /** Whether a turn or a day may cost only so much. */
        boolean limitsCost() {
            return costPerTurn != null || costPerDay != null;
        }

        /** Whether a day is limited. */
        boolean limitsDay() {
            return costPerDay != null || tokensPerDay != null;
        }

        /** What of this the day's total has reached, for people; null: nothing. */
        @Nullable
        String reachedBy(TenantUsage total) {
            if (costPerDay != null && total.cost() >= costPerDay) {
                return "%s of %s US dollars are used".formatted(dollars(total.cost()), dollars(costPerDay));
            }
            return tokensPerDay != null && total.tokens() >= tokensPerDay
                    ? "%d of %d tokens are used".formatted(total.tokens(), tokensPerDay)
                    : null;
        }
    }

    private Quotas(Map<String, Quota> quotas) {
        this.quotas = quotas;
    }

    /** Reads the file; throws {@link InvalidSettingException} naming the variable, the place and the remedy. */
    static Quotas read(@Nullable Path file, Prices prices) {
        if (file == null) {
            return NONE;
        }
        SettingsFile settings = at(file);
        return parse(settings, settings.text(), prices);
    }

    /** The file, not read yet. */
    static SettingsFile at(Path file) {
        return SettingsJson.file(VARIABLE, file, REMEDY);
    }

    /** What the file says. */
    static Quotas parse(SettingsFile file, String text, Prices prices) {
        Quotas quotas = parse(SettingsJson.parse(file, text));
        if (prices == Prices.NONE && quotas.quotas.values().stream().anyMatch(Quota::limitsCost)) {
            throw new InvalidSettingException(
                    VARIABLE, "limits costs, but there are no prices", "Set " + Prices.VARIABLE);
        }
        return quotas;
    }

    static Quotas parse(JsonNode root) {
        SettingsJson json = new SettingsJson(VARIABLE, REMEDY);
        json.require(root.size() <= MOST_TENANTS, "has more than %d tenants".formatted(MOST_TENANTS));
        Map<String, Quota> quotas = new LinkedHashMap<>();
        root.properties().forEach(entry -> {
            String tenant = entry.getKey();
            JsonNode quota = entry.getValue();
            json.requireFields(tenant, quota, FIELDS);
            quotas.put(
                    tenant,
                    new Quota(
                            picodollars(json.number(tenant, COST_PER_TURN, quota, MOST_DOLLARS)),
                            picodollars(json.number(tenant, COST_PER_DAY, quota, MOST_DOLLARS)),
                            tokens(json, tenant, quota)));
        });
        return new Quotas(quotas);
    }

    private static @Nullable Long tokens(SettingsJson json, String tenant, JsonNode quota) {
        BigDecimal tokens = json.number(tenant, TOKENS_PER_DAY, quota, MOST_TOKENS);
        if (tokens == null) {
            return null;
        }
        json.require(
                tokens.stripTrailingZeros().scale() <= 0,
                "has no whole number at %s.%s".formatted(tenant, TOKENS_PER_DAY));
        return (Long) tokens.longValueExact();
    }

    /** An amount for people, from picodollars. */
    static String dollars(long picodollars) {
        return Price.dollars(picodollars).toPlainString();
    }

    static @Nullable Long picodollars(@Nullable BigDecimal dollars) {
        return dollars == null
                ? null
                : (Long) dollars.multiply(BigDecimal.valueOf(Price.DOLLAR))
                        .setScale(0, RoundingMode.FLOOR)
                        .longValueExact();
    }

    /** How many tenants are named. */
    int size() {
        return quotas.size();
    }

    /** What that tenant may spend. */
    public Quota of(String tenant) {
        Quota quota = quotas.get(tenant);
        return quota == null ? quotas.getOrDefault(ALL, Quota.NONE) : quota;
    }
}
