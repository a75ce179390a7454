package io.voiceagent.agent.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.agent.llm.ChatRequests.MaxTokensField;
import io.voiceagent.transport.Variables;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LlmSettingsTest {
    private static LlmSettings from(Map<String, String> variables) {
        return LlmSettings.from(Variables.of(variables));
    }

    @Test
    void openAiNeedsAKeyAndTakesTheNewerField() {
        assertThatThrownBy(() -> from(Map.of()))
                .hasMessageContaining("LLM_API_KEY")
                .hasMessageContaining("LLM_BASE_URL");
        assertThat(from(Map.of("LLM_API_KEY", "k")).maxTokensField()).isEqualTo(MaxTokensField.MAX_COMPLETION_TOKENS);
    }

    @Test
    void anotherEndpointNeedsNoKey() {
        LlmSettings settings = from(Map.of("LLM_BASE_URL", "http://localhost:11434/v1"));
        assertThat(settings.apiKey()).isNull();
        assertThat(settings.maxTokensField()).isEqualTo(MaxTokensField.MAX_TOKENS);
    }

    @Test
    void aBadAddressIsRefusedByNameAndNotRepeated() {
        assertThatThrownBy(() -> from(Map.of("LLM_BASE_URL", "https://user:secret@host/v1")))
                .hasMessageContaining("LLM_BASE_URL")
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> from(Map.of("LLM_BASE_URL", "host:80"))).hasMessageContaining("LLM_BASE_URL");
    }

    @Test
    void theKeyIsNeverShown() {
        assertThat(from(Map.of("LLM_API_KEY", "sk-secret")).toString()).doesNotContain("sk-secret");
    }
}
