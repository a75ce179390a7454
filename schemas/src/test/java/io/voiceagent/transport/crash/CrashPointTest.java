package io.voiceagent.transport.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CrashPointTest {
    @Test
    void nobodyIsToldUnlessAskedFor() {
        assertThat(System.getProperty(CrashPoint.PROPERTY)).isNull();
        assertThat(CrashPoint.watched()).isFalse();
        Arrays.stream(CrashPoint.values()).forEach(CrashPoint::reach);
    }

    @Test
    void isWrittenAsProcessPlaceAndSide() {
        assertThat(CrashPoint.STAGE_TAKE_BEFORE.text()).isEqualTo("stage.take.before");
        assertThat(CrashPoint.STAGE_FIRST_FRAME_AFTER.text()).isEqualTo("stage.first-frame.after");
        assertThat(Arrays.stream(CrashPoint.values()).map(CrashPoint::text))
                .doesNotHaveDuplicates()
                .allMatch(text -> text.matches("(stage|orchestrator|ingress)\\.[a-z-]+\\.(before|after)"));
    }
}
