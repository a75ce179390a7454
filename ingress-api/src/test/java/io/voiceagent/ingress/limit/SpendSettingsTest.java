package io.voiceagent.ingress.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.Price;
import io.voiceagent.messages.TenantUsage;
import io.voiceagent.messages.Usage;
import io.voiceagent.transport.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpendSettingsTest {
    @TempDir
    Path directory;

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("settings.json"), text);
    }

    private static Prices prices(String text) {
        return Prices.parse(Json.tree(text.replace('\'', '"')));
    }

    @Test
    void pricesArePerMillionTokens() {
        Prices prices = prices("{'big':{'input':2.5,'cached_input':0.25,'output':10},'*':{'input':0.0125,'output':0}}");
        assertThat(prices.of("big")).isEqualTo(new Price(2_500_000, 250_000, 10_000_000));
        assertThat(prices.of("other")).isEqualTo(new Price(12_500, 12_500, 0));
        assertThat(prices("{'big':{'input':1,'output':1}}").of("other")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'m':1}",
                "{'m':{'input':1}}",
                "{'m':{'output':1}}",
                "{'m':{'input':-1,'output':1}}",
                "{'m':{'input':'1','output':1}}",
                "{'m':{'input':1,'output':100001}}",
                "{'m':{'input':1,'output':1,'audio':1}}"
            })
    void wrongPricesAreNamed(String text) {
        assertThatThrownBy(() -> prices(text))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("PRICES_FILE")
                .hasMessageContaining("per million tokens");
    }

    @Test
    void aTenantWithoutAQuotaHasThatOfAll() throws IOException {
        Prices prices = prices("{'*':{'input':1,'output':1}}");
        Quotas quotas = Quotas.read(
                file("{\"acme\":{\"max_cost_per_turn\":0.5},\"*\":{\"max_cost_per_turn\":0.000001}}"), prices);
        assertThat(quotas.of("acme").costPerTurn()).isEqualTo(Price.DOLLAR / 2);
        assertThat(quotas.of("globex").costPerTurn()).isEqualTo(1_000_000);
        assertThat(Quotas.NONE.of("acme")).isEqualTo(Quotas.Quota.NONE);
    }

    @Test
    void aDayIsLimitedInDollarsAndTokens() throws IOException {
        Quotas quotas = Quotas.read(
                file("{\"acme\":{\"max_cost_per_day\":1.5},\"*\":{\"max_tokens_per_day\":1000}}"),
                prices("{'*':{'input':1,'output':1}}"));
        TenantUsage used = new TenantUsage("acme", 1, new Usage(400, 0, 599, 0), Price.DOLLAR * 3 / 2 - 1);
        assertThat(quotas.of("acme").reachedBy(used)).isNull();
        assertThat(quotas.of("acme").reachedBy(used.plus(Usage.NONE, 1))).isEqualTo("1.5 of 1.5 US dollars are used");
        assertThat(quotas.of("globex").reachedBy(used)).isNull();
        assertThat(quotas.of("globex").reachedBy(used.plus(new Usage(1, 0, 0, 0), 0)))
                .isEqualTo("1000 of 1000 tokens are used");
        assertThat(Quotas.NONE.of("acme").reachedBy(used)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":{\"max_tokens_per_day\":1.5}}",
                "{\"a\":{\"max_tokens_per_day\":-1}}",
                "{\"a\":{\"max_tokens_per_day\":1e16}}",
                "{\"a\":{\"max_cost_per_day\":\"1\"}}",
                "{\"a\":{\"max_cost_per_day\":1000001}}",
                "[]"
            })
    void wrongQuotasAreNamed(String text) throws IOException {
        Path file = file(text);
        assertThatThrownBy(() -> Quotas.read(file, Prices.NONE))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("QUOTAS_FILE")
                .hasMessageContaining("max_tokens_per_day");
    }

    @Test
    void costsOfADayNeedPricesToo() throws IOException {
        Path costs = file("{\"acme\":{\"max_cost_per_day\":0.5}}");
        assertThatThrownBy(() -> Quotas.read(costs, Prices.NONE))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("PRICES_FILE");
        Path tokens = file("{\"acme\":{\"max_tokens_per_day\":5}}");
        assertThat(Quotas.read(tokens, Prices.NONE).of("acme").tokensPerDay()).isEqualTo(5);
    }

    @Test
    void whatCantBeUsedIsToldAtTheStart() throws IOException {
        Path costs = file("{\"acme\":{\"max_cost_per_turn\":0.5}}");
        assertThatThrownBy(() -> Quotas.read(costs, Prices.NONE))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("QUOTAS_FILE")
                .hasMessageContaining("PRICES_FILE");
        assertThatThrownBy(() -> Prices.read(directory.resolve("none").toString()))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("can't be read");
        String broken = file("{").toString();
        assertThatThrownBy(() -> Prices.read(broken))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("not JSON");
        assertThatThrownBy(() -> Quotas.parse(Json.tree("{\"acme\":{\"per_day\":1}}")))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("acme.per_day");
    }
}
