package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.allinone.Settings.Servers;
import io.voiceagent.allinone.Settings.SimulatedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {

    private static final SimulatedModel SIMULATED = new SimulatedModel("http://127.0.0.1:1/v1", "http://127.0.0.1:1");
    private static final Servers WITH_SIMULATOR =
            new Servers("127.0.0.1:9", "jdbc:postgresql://127.0.0.1:5/voice_agent", "agent_user", "secret", SIMULATED);
    private static final Servers WITHOUT_SIMULATOR =
            new Servers("127.0.0.1:9", "jdbc:postgresql://127.0.0.1:5/voice_agent", "agent_user", "secret", null);

    @TempDir
    private Path root;

    @Test
    void makesKeysOnceAndKeepsThem() throws IOException {
        Map<String, String> first = settings(Map.of(), WITH_SIMULATOR);
        Map<String, String> second = settings(Map.of(), WITH_SIMULATOR);

        assertThat(second).isEqualTo(first);
        assertThat(first.get("API_KEYS")).matches("local:va-[A-Za-z0-9]{32},guest:va-[A-Za-z0-9]{32}");
        assertThat(Settings.firstKey(first.get("API_KEYS"))).startsWith("va-");
        String idKey = first.get("RESPONSE_ID_KEYS");
        assertThat(idKey).startsWith("1:");
        assertThat(Base64.getDecoder().decode(idKey.substring(2))).hasSize(32);
    }

    @Test
    void pointsAtTheSimulatedModelOnlyWhenNoneIsNamed() throws IOException {
        assertThat(settings(Map.of(), WITH_SIMULATOR))
                .containsEntry("LLM_BASE_URL", SIMULATED.baseUrl())
                .containsEntry("TAVILY_BASE_URL", SIMULATED.searchUrl());
        assertThat(settings(Map.of("LLM_API_KEY", "sk-1"), WITHOUT_SIMULATOR))
                .containsEntry("LLM_API_KEY", "sk-1")
                .doesNotContainKeys("LLM_BASE_URL", "LLM_MODEL", "TAVILY_BASE_URL", "TAVILY_API_KEY");
        assertThat(new Settings(Map.of("LLM_BASE_URL", "http://model")).namesModel())
                .isTrue();
        assertThat(new Settings(Map.of("LLM_BASE_URL", " ")).namesModel()).isFalse();
    }

    @Test
    void leavesAKeyOfTheEnvironmentAlone() throws IOException {
        Map<String, String> environment = Map.of("API_KEYS", "acme:k1,other:k2", "TAVILY_API_KEY", "tvly-1");

        Map<String, String> settings = settings(environment, WITH_SIMULATOR);

        assertThat(settings).containsEntry("API_KEYS", "acme:k1,other:k2").doesNotContainKey("TAVILY_BASE_URL");
        assertThat(Settings.firstKey(settings.get("API_KEYS"))).isEqualTo("k1");
    }

    @Test
    void namesAWrongPace() {
        assertThatThrownBy(() -> new Settings(Map.of("SIM_TOKENS", "many")).simulatorPace())
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("SIM_TOKENS");
    }

    private Map<String, String> settings(Map<String, String> environment, Servers servers) throws IOException {
        try (var data = DataDirectory.open(root, false, "http://127.0.0.1:8000")) {
            return new Settings(environment).forServices(data, servers);
        }
    }
}
