package io.voiceagent.ingress.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignatureTest {
    /** The worked example of the Standard Webhooks specification. */
    private static final Secret KNOWN = Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    private static final Secret OTHER = Secret.parse("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");

    @Test
    void itIsThatOfTheSpecification() {
        assertThat(Signature.headers(
                        "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        Instant.ofEpochMilli(1_614_265_330_999L),
                        "{\"test\": 2432232314}",
                        List.of(KNOWN)))
                .containsExactly(
                        java.util.Map.entry("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
                        java.util.Map.entry("webhook-timestamp", "1614265330"),
                        java.util.Map.entry("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    @Test
    void everySecretSigns() {
        String both = Signature.headers("a", Instant.EPOCH, "{}", List.of(OTHER, KNOWN))
                .get("webhook-signature");
        assertThat(both.split(" ")).hasSize(2).allMatch(each -> each.matches("v1,[A-Za-z0-9+/]{43}="));
        assertThat(both)
                .endsWith(Signature.headers("a", Instant.EPOCH, "{}", List.of(KNOWN))
                        .get("webhook-signature"));
    }

    @ParameterizedTest
    @CsvSource({
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, does not begin with whsec_",
        "whsec_%%%%, is not base64 after whsec_",
        "whsec_c2hvcnQ=, has 5 bytes instead of 24 to 64"
    })
    void aBadSecretIsToldWithoutItself(String text, String problem) {
        assertThatThrownBy(() -> Secret.parse(text)).hasMessage(problem).hasNoCause();
    }

    @Test
    void aSecretIsNotShown() {
        assertThat(KNOWN).hasToString("whsec_***").isNotEqualTo(OTHER);
    }
}
