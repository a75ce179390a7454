package io.voiceagent.ingress.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.ResponseId;
import io.voiceagent.transport.InvalidSettingException;
import java.time.Instant;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;

class ResponseIdsProperties {
    private static final String OLD = "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    private static final String NEW = "200:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
    private static final ResponseIds IDS = ResponseIds.parse(OLD);

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void anIdIsValidForItsTenantAlone(
            @ForAll @IntRange(max = 65_535) int partition,
            @ForAll long random,
            @ForAll @LongRange(min = 0, max = (1L << 48) - 1) long millis,
            @ForAll int nonce,
            @ForAll @AlphaChars @StringLength(min = 1, max = 10) String tenant) {
        String conversation = ResponseId.conversation(partition, random);
        ResponseId id = IDS.mint(tenant, conversation, Instant.ofEpochMilli(millis), nonce);
        assertThat(id.toString()).matches("resp_[0-9a-f]{48}");
        assertThat(id.partition()).isEqualTo(partition);
        assertThat(id.conversation()).isEqualTo(conversation);
        assertThat(id.submittedAt().toEpochMilli()).isEqualTo(millis);
        assertThat(IDS.verify(id.toString(), tenant)).contains(id);
        assertThat(IDS.verify(id.toString(), tenant + "x")).isEmpty();
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void anIdWithOneOtherDigitIsUnknown(
            @ForAll long random,
            @ForAll @IntRange(max = 47) int digit,
            @ForAll @IntRange(min = 1, max = 15) int change) {
        String id = IDS.mint("acme", ResponseId.conversation(1, random), Instant.ofEpochMilli(1_700_000_000_000L), 7)
                .toString();
        int at = ResponseId.PREFIX.length() + digit;
        char other = Character.forDigit(Character.digit(id.charAt(at), 16) ^ change, 16);
        assertThat(IDS.verify(id.substring(0, at) + other + id.substring(at + 1), "acme"))
                .isEmpty();
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void anyOtherTextIsUnknown(@ForAll String text) {
        assertThat(IDS.verify(text, "acme")).isEmpty();
        assertThat(IDS.verify(ResponseId.PREFIX + text, "acme")).isEmpty();
    }

    @Example
    void aKeyIsExchangedWhileIdsOfTheOldOneStayValid() {
        ResponseId old = IDS.mint("acme", ResponseId.conversation(3, 1), Instant.EPOCH, 0);
        ResponseIds exchanged = ResponseIds.parse(NEW + "," + OLD);
        assertThat(exchanged.verify(old.toString(), "acme")).contains(old);
        ResponseId fresh = exchanged.mint("acme", ResponseId.conversation(3, 1), Instant.EPOCH, 0);
        assertThat(fresh.keyId()).isEqualTo(200);
        assertThat(exchanged.verify(fresh.toString(), "acme")).contains(fresh);
        assertThat(IDS.verify(fresh.toString(), "acme")).isEmpty();
    }

    @Example
    void whatCannotBeUsedIsRefusedWithoutAKeyInTheMessage() {
        for (String value : new String[] {
            "", "x", "1", "1:", "1:!!!", "256:" + OLD.substring(2), "1:c2hvcnQ=", OLD + "," + OLD, OLD + ","
        }) {
            assertThatThrownBy(() -> ResponseIds.parse(value))
                    .as(value)
                    .isInstanceOf(InvalidSettingException.class)
                    .hasMessageStartingWith("RESPONSE_ID_KEYS ")
                    .hasMessageContaining("openssl rand -base64 32")
                    .hasMessageNotContaining("MDEyMzQ1");
        }
    }
}
