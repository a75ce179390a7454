package io.voiceagent.ingress.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.transport.InvalidSettingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {
    @Test
    void aKeyBelongsToItsTenant() {
        ApiKeys keys = ApiKeys.parse("acme:acme-key-0123456789, globex:globex:key:0123456, acme:acme-key-abcdefghij");
        assertThat(keys.tenant("acme-key-0123456789")).contains("acme");
        assertThat(keys.tenant("acme-key-abcdefghij")).contains("acme");
        assertThat(keys.tenant("globex:key:0123456")).contains("globex");
        assertThat(keys.tenant("acme-key-012345678")).isEmpty();
        assertThat(keys.tenant("acme-key-01234567890")).isEmpty();
        assertThat(keys.tenant("")).isEmpty();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                " ",
                "acme:acme-key-0123456789",
                "acme:acme-key-0123456789,",
                "acme:acme-key-0123456789,globex",
                "acme:acme-key-0123456789,:globex-key-0123456789",
                "acme:acme-key-0123456789,glo bex:globex-key-0123456789",
                "acme:acme-key-0123456789,globex:short-secret",
                "acme:acme-key-0123456789,globex:with blank 0123456789",
                "acme:acme-key-0123456789,globex:acme-key-0123456789"
            })
    void whatCannotBeUsedIsRefusedWithoutAKeyInTheMessage(String value) {
        assertThatThrownBy(() -> ApiKeys.parse(value))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("API_KEYS ")
                .hasMessageContaining("openssl rand")
                .hasMessageNotContainingAny("key-0123456789", "short-secret", "with blank");
    }
}
