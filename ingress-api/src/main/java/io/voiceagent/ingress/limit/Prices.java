package io.voiceagent.ingress.limit;

import io.voiceagent.messages.Price;
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
 * What models cost: {@code {"MODEL": {"input": 2.5, "cached_input": 0.25, "output": 10}}}, US dollars per million tokens. {@code "*"} stands for
 * all models that are not named; without {@code cached_input} cached input costs as much as other input.
 */
public final class Prices {
    /** No prices: nothing costs anything, and no cost can be limited. */
    public static final Prices NONE = new Prices(Map.of());

    static final String VARIABLE = "PRICES_FILE";
    private static final String ALL = "*";
    private static final int MOST_MODELS = 1_000;
    private static final BigDecimal HIGHEST = BigDecimal.valueOf(100_000);
    private static final BigDecimal PICODOLLARS = BigDecimal.valueOf(1_000_000);
    private static final Set<String> FIELDS = Set.of("input", "cached_input", "output");
    private static final String REMEDY =
            "Use {\"MODEL\": {\"input\": 2.5, \"cached_input\": 0.25, \"output\": 10}}, US dollars per million tokens, 0 to 100000";

    private final Map<String, Price> prices;

    private Prices(Map<String, Price> prices) {
        this.prices = prices;
    }

    /** Reads the file; throws {@link InvalidSettingException} naming the variable, the place and the remedy. */
    static Prices read(@Nullable String file) {
        if (file == null) {
            return NONE;
        }
        SettingsFile settings = SettingsJson.file(VARIABLE, Path.of(file), REMEDY);
        return parse(SettingsJson.parse(settings, settings.text()));
    }

    static Prices parse(JsonNode root) {
        SettingsJson json = new SettingsJson(VARIABLE, REMEDY);
        json.require(root.size() <= MOST_MODELS, "has more than %d models".formatted(MOST_MODELS));
        Map<String, Price> prices = new LinkedHashMap<>();
        root.properties().forEach(entry -> {
            String model = entry.getKey();
            JsonNode price = entry.getValue();
            json.requireFields(model, price, FIELDS);
            long input = picodollars(json, model, "input", price, null);
            prices.put(
                    model,
                    new Price(
                            input,
                            picodollars(json, model, "cached_input", price, input),
                            picodollars(json, model, "output", price, null)));
        });
        return new Prices(prices);
    }

    private static long picodollars(
            SettingsJson json, String model, String field, JsonNode price, @Nullable Long otherwise) {
        BigDecimal dollars = json.number(model, field, price, HIGHEST);
        if (dollars != null) {
            return dollars.multiply(PICODOLLARS)
                    .setScale(0, RoundingMode.CEILING)
                    .longValueExact();
        }
        json.require(otherwise != null, "has no %s.%s".formatted(model, field));
        return otherwise == null ? 0 : otherwise;
    }

    /** The price of that model; null when there is none. */
    public @Nullable Price of(String model) {
        Price price = prices.get(model);
        return price == null ? prices.get(ALL) : price;
    }
}
