package io.voiceagent.ingress.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.Sha256;
import io.voiceagent.transport.InvalidSettingException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {
    @Test
    void aKeyBelongsToItsTenant() {
        ApiKeys keys = ApiKeys.parse("acme:acme-key-0123456789, globex:globex:key:0123456, acme:acme-key-abcdefghij");
        assertThat(keys.find("acme-key-0123456789")).contains(new ApiKey("acme", ApiKey.USUAL));
        assertThat(keys.find("acme-key-abcdefghij")).contains(new ApiKey("acme", ApiKey.USUAL));
        assertThat(keys.find("globex:key:0123456")).contains(new ApiKey("globex", ApiKey.USUAL));
        assertThat(keys.find("acme-key-012345678")).isEmpty();
        assertThat(keys.find("acme-key-01234567890")).isEmpty();
        assertThat(keys.find("")).isEmpty();
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
        assertThatThrownBy(() -> ApiKeys.parse(value).required(2))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("API_KEYS ")
                .hasMessageContaining("openssl rand")
                .hasMessageNotContainingAny("key-0123456789", "short-secret", "with blank");
    }

    @Test
    void aFileHasHashesAndScopes() {
        ApiKeys keys = ApiKeys.parseFile("""
                # exchanged in spring

                acme:sha256:%s
                acme:sha256:%s:read
                globex:sha256:%s:submit+read+admin
                """.formatted(
                        hash("acme-key-0123456789"),
                        hash("acme-key-abcdefghij").toUpperCase(Locale.ROOT),
                        hash("globex-key-0123456789")));
        assertThat(keys.size()).isEqualTo(3);
        assertThat(keys.find("acme-key-0123456789")).contains(new ApiKey("acme", Set.of(Scope.SUBMIT, Scope.READ)));
        assertThat(keys.find("acme-key-abcdefghij")).contains(new ApiKey("acme", Set.of(Scope.READ)));
        assertThat(keys.find("globex-key-0123456789").orElseThrow().scopes()).containsExactlyInAnyOrder(Scope.values());
        // The hash is not the key
        assertThat(keys.find(hash("acme-key-0123456789"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "acme",
                "acme:acme-key-0123456789",
                "acme:md5:HASH",
                "acme:sha256:0123",
                "acme:sha256:HASHx",
                "ac me:sha256:HASH",
                "acme:sha256:HASH:",
                "acme:sha256:HASH:write",
                "acme:sha256:HASH:read+",
                "acme:sha256:HASH:read:more",
                "acme:sha256:HASH\nglobex:sha256:HASH"
            })
    void aBadLineIsNamedByItsNumberAndNotRepeated(String bad) {
        String hash = hash("acme-key-0123456789");
        String text = "# first\n" + bad.replace("HASH", hash);
        int line = text.lines().toList().size();
        assertThatThrownBy(() -> ApiKeys.parseFile(text))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("API_KEYS_FILE ")
                .hasMessageContaining("line " + line)
                .hasMessageContaining("tenant:sha256:HASH")
                .hasMessageNotContainingAny(hash, "key-0123456789");
    }

    static String hash(String key) {
        return HexFormat.of().formatHex(Sha256.of(key));
    }
}
