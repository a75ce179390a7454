package io.voiceagent.ingress.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SealedTextProperties {
    private static final String OLD = "1:" + Base64.getEncoder().encodeToString(new byte[32]);
    private static final String NEW = "2:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    private static final SealedText SEALED = new SealedText(ResponseIds.parse(OLD));

    @Property(tries = 200)
    void whatIsSealedIsOpenedByItsTenantAlone(@ForAll @CharRange(from = ' ', to = '\ud7ff') String text) {
        String sealed = SEALED.seal("acme", text);

        assertThat(SEALED.open("acme", sealed)).contains(text);
        assertThat(SEALED.open("globex", sealed)).isEmpty();
        assertThat(SEALED.seal("acme", text)).isNotEqualTo(sealed);
    }

    @Property(tries = 200)
    void whatWasChangedIsNotOpened(
            @ForAll @IntRange(max = 1_000) int at, @ForAll @IntRange(min = 1, max = 255) int by) {
        byte[] bytes = Base64.getUrlDecoder().decode(SEALED.seal("acme", "a text of some length"));
        bytes[at % bytes.length] ^= (byte) by;

        assertThat(SEALED.open("acme", Base64.getUrlEncoder().encodeToString(bytes)))
                .isEmpty();
    }

    @Property(tries = 200)
    void anythingElseIsNotOpened(@ForAll String text, @ForAll @Size(max = 60) byte[] bytes) {
        assertThat(SEALED.open("acme", text)).isEmpty();
        assertThat(SEALED.open("acme", Base64.getUrlEncoder().encodeToString(bytes)))
                .isEmpty();
    }

    @Property(tries = 1)
    void aKeyThatWasExchangedStillOpensUntilItIsGone() {
        String sealed = SEALED.seal("acme", "text");

        assertThat(new SealedText(ResponseIds.parse(NEW + "," + OLD)).open("acme", sealed))
                .contains("text");
        assertThat(new SealedText(ResponseIds.parse(NEW)).open("acme", sealed)).isEmpty();
    }
}
