package io.voiceagent.archiver.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({
        "250ms, PT0.25S",
        "1.5s, PT1.5S",
        "1h30m, PT1H30M",
        "2d, PT48H",
        "100us, PT0.0001S",
        "7µs, PT0.000007S",
        "0s, PT0S"
    })
    void readsThemAsPeopleWriteThem(String text, Duration expected) {
        assertThat(Durations.parse(text)).contains(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "ms", "-1s", "1 s", "1y", "1e3s", "s1", "99999d", "1s1s1s1s1s1s1s"})
    void refusesOthers(String text) {
        assertThat(Durations.parse(text)).isEmpty();
    }

    @Property
    void everyNumberOfNanosecondsCanBeWritten(@ForAll @LongRange(min = 0, max = 999_999_999_999L) long nanos) {
        assertThat(Durations.parse(nanos + "ns")).contains(Duration.ofNanos(nanos));
    }
}
