package io.voiceagent.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarkersTest {

    @Test
    void readsEveryMarkerAndLeavesTheText() {
        Markers markers = Markers.of("[[tokens=50]] Say [[ttft=20]] it [[tps=12.5]][[reasoning]][[rounds=2]]"
                + "[[call=f {\"a\":[[1]]}]] [[tag=One]] now [[search-fault=500:1]] [[note]]");

        assertThat(markers.tokens()).hasValue(50);
        assertThat(markers.timeToFirstToken()).contains(Duration.ofMillis(20));
        assertThat(markers.tokensPerSecond()).hasValue(12.5);
        assertThat(markers.reasoningTokens()).isEqualTo(10);
        assertThat(markers.rounds()).isEqualTo(2);
        assertThat(markers.calls()).containsExactly(new Markers.ExplicitCall("f", "{\"a\":[[1]]}"));
        assertThat(markers.tag()).contains("One");
        assertThat(markers.searchMarkers()).isEqualTo("[[search-fault=500:1]]");
        assertThat(markers.plainText()).isEqualTo("Say it now [[note]]");
    }

    @Test
    void faultsAreUsedUpOneAfterTheOther() {
        Markers markers = Markers.of("[[fault=429:1]] [[cut=3:2]] [[fault=hang:1]]");

        assertThat(markers.faultFor(0).map(Fault::kind)).contains(Fault.Kind.RATE_LIMITED);
        assertThat(markers.faultFor(1)).contains(new Fault(Fault.Kind.CUT, 3, 2));
        assertThat(markers.faultFor(2)).contains(new Fault(Fault.Kind.CUT, 3, 2));
        assertThat(markers.faultFor(3).map(Fault::kind)).contains(Fault.Kind.HANG);
        assertThat(markers.faultFor(4)).isEmpty();
    }

    @Property
    void aFaultWithoutACountHitsEveryRequest(@ForAll @IntRange(min = 0) int earlier) {
        assertThat(Markers.of("[[fault=500]]").faultFor(Math.min(earlier, Integer.MAX_VALUE - 1)))
                .isPresent();
    }

    @Property
    void anyTextIsReadOrRefused(@ForAll String text) {
        assertThat(Markers.of(text.replace("[[", "")).faults()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[[tokens=0]]",
                "[[tokens=x]]",
                "[[ttft=-1]]",
                "[[tps=0]]",
                "[[tps=NaN]]",
                "[[rounds=1000]]",
                "[[fault=nothing]]",
                "[[fault=429:0]]",
                "[[cut=a]]"
            })
    void aValueOutOfBoundsIsRefusedByName(String text) {
        String name = text.replaceAll("\\[\\[(\\w+)=.*", "$1");
        assertThatThrownBy(() -> Markers.of(text))
                .isInstanceOf(InvalidRequest.class)
                .hasMessageContaining(name);
    }
}
