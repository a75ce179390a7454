package io.voiceagent.ingress.limit;

import io.voiceagent.messages.Price;
import io.voiceagent.transport.InvalidSettingException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What tenants may spend: {@code {"TENANT": {"max_cost_per_turn": 0.5}}}, US dollars. {@code "*"} stands for all tenants that are not named; what is left out is not limited.
 */
public final class Quotas {
    /** Nothing is limited. */
    public static final Quotas NONE = new Quotas(Map.of());

    static final String VARIABLE = "QUOTAS_FILE";
    private static final String ALL = "*";
    private static final int MOST_TENANTS = 10_000;
    private static final BigDecimal MOST_DOLLARS = BigDecimal.valueOf(1_000_000);
    private static final Set<String> FIELDS = Set.of("max_cost_per_turn");
    private static final String REMEDY = "Use {\"TENANT\": {\"max_cost_per_turn\": 0.5}}, US dollars, 0 to 1000000";

    private final Map<String, Quota> quotas;

    /**
     * What one tenant may spend; null: as much as it likes.
     *
     * @param costPerTurn picodollars
     */
    public record Quota(@Nullable Long costPerTurn) {
        static final Quota NONE = new Quota(null);
    }

    private Quotas(Map<String, Quota> quotas) {
        this.quotas = quotas;
    }

    /** Reads the file; throws {@link InvalidSettingException} naming the variable, the place and the remedy. */
    static Quotas read(@Nullable String file, Prices prices) {
        Quotas quotas = file == null ? NONE : parse(SettingsJson.read(VARIABLE, Path.of(file), REMEDY));
        if (prices == Prices.NONE && quotas.quotas.values().stream().anyMatch(quota -> quota.costPerTurn != null)) {
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
            quotas.put(tenant, new Quota(picodollars(json.number(tenant, "max_cost_per_turn", quota, MOST_DOLLARS))));
        });
        return new Quotas(quotas);
    }

    static @Nullable Long picodollars(@Nullable BigDecimal dollars) {
        return dollars == null
                ? null
                : (Long) dollars.multiply(BigDecimal.valueOf(Price.DOLLAR))
                        .setScale(0, RoundingMode.FLOOR)
                        .longValueExact();
    }

    /** What that tenant may spend. */
    public Quota of(String tenant) {
        Quota quota = quotas.get(tenant);
        return quota == null ? quotas.getOrDefault(ALL, Quota.NONE) : quota;
    }
}
