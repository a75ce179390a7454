package io.voiceagent.ingress.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

class PreferencesTest {
    private static Preferences of(String... values) {
        HttpHeaders headers = new HttpHeaders();
        List.of(values).forEach(value -> headers.add("Prefer", value));
        return Preferences.of(headers);
    }

    private static String told(Preferences preferences) {
        HttpHeaders headers = new HttpHeaders();
        preferences.tell(headers);
        return headers.getFirst("Preference-Applied");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "respond-async, wait=10",
                "Respond-Async,WAIT=10",
                "respond-async;x=y, wait = \"10\"; z",
                "wait=10, respond-async, wait=20",
                "foo=\"a, wait=99\", respond-async, wait=10, bar"
            })
    void itIsReadAsTheRfcWritesIt(String value) {
        assertThat(of(value)).isEqualTo(new Preferences(true, Duration.ofSeconds(10), false));
    }

    @Test
    void severalHeadersAreOneList() {
        assertThat(of("wait=3", "cancel-on-disconnect", "respond-async"))
                .isEqualTo(new Preferences(true, Duration.ofSeconds(3), true));
        assertThat(told(of("wait=3", "cancel-on-disconnect", "respond-async")))
                .isEqualTo("respond-async, wait=3, cancel-on-disconnect");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "wait",
                "wait=",
                "wait=-1",
                "wait=1.5",
                "wait=99999999999",
                "respond-async=1",
                "return=minimal",
                "handling=strict"
            })
    void whatMakesNoSenseIsPassedOverAndNotTold(String value) {
        assertThat(of(value)).isEqualTo(new Preferences(false, null, false));
        assertThat(told(of(value))).isNull();
    }

    @Test
    void nobodyWaitsLongerThanATurnMayTake() {
        assertThat(of("wait=100").within(Duration.ofSeconds(15)).patience()).isEqualTo(Duration.ofSeconds(15));
        assertThat(of("wait=15").within(Duration.ofSeconds(15)).patience()).isEqualTo(Duration.ofSeconds(15));
        assertThat(of("respond-async").within(Duration.ofSeconds(15)).patience())
                .isNull();
    }

    /** Also long and malformed ones, in linear time: a stranger sends them. */
    @Property(tries = 500)
    void anyTextCanBeRead(@ForAll String piece) {
        String value = piece + ",\"" + piece.repeat(20) + "wait=1,;=" + "\\".repeat(piece.length() % 7);
        Preferences read = of(value);
        assertThat(read.patience() == null || !read.patience().isNegative()).isTrue();
    }
}
