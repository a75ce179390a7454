package io.voiceagent.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoleTest {
    @Test
    void bothRolesUnlessSaidOtherwise() {
        assertThat(Role.from(Variables.of(Map.of()))).containsExactly(Role.ORCHESTRATOR, Role.LLM);
        assertThat(Role.from(Variables.of(Map.of("AGENT_ROLES", " LLM ")))).containsExactly(Role.LLM);
    }

    @Test
    void anUnknownRoleIsRefusedByName() {
        assertThatThrownBy(() -> Role.from(Variables.of(Map.of("AGENT_ROLES", "llm,boss"))))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("AGENT_ROLES")
                .hasMessageContaining("boss");
    }
}
