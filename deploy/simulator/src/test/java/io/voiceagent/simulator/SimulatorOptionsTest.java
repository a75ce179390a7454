package io.voiceagent.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SimulatorOptionsTest {

    @Test
    void readsTheEnvironment() {
        SimulatorOptions options = SimulatorOptions.fromEnvironment(
                Map.of("SIM_PORT", "1234", "SIM_TTFT_MS", "0", "SIM_TOKENS_PER_SECOND", "12.5", "SIM_TOKENS", "7"));
        assertThat(options).isEqualTo(SimulatorOptions.defaults().withPort(1234).withPace(Duration.ZERO, 12.5, 7));
    }

    @Test
    void namesWhatIsWrong() {
        assertThatThrownBy(() -> SimulatorOptions.fromEnvironment(Map.of("SIM_PORT", "many")))
                .hasMessageContaining("SIM_PORT");
        assertThatThrownBy(() -> SimulatorOptions.fromEnvironment(Map.of("SIM_TOKENS", "0")))
                .hasMessageContaining("tokens must be 1 to 100000, was 0");
    }
}
