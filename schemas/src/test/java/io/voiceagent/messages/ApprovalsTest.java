package io.voiceagent.messages;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.ToolSpec.ApprovalRule;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ApprovalsTest {
    private static ToolDescription tool(String name, @Nullable Boolean demands) {
        return new ToolDescription(
                name,
                "builtin",
                ToolDescription.Kind.MCP,
                "a tool",
                Json.tree("{\"type\":\"object\"}"),
                true,
                1_000,
                1_000,
                "00",
                demands);
    }

    private static boolean needed(@Nullable ApprovalRule rule, ToolDescription tool) {
        return Approvals.needed(
                ResponseSpec.builder("m", "hi")
                        .tools(List.of(new ToolSpec.Mcp("builtin", null, null, rule)))
                        .build(),
                tool);
    }

    private static ApprovalRule named(List<String> always, @Nullable List<String> never) {
        return new ApprovalRule(ApprovalRule.Mode.BY_NAME, always, never);
    }

    @Test
    void theClientSaysWhatItWantsToApprove() {
        assertThat(needed(null, tool("a", null))).isFalse();
        assertThat(needed(ApprovalRule.NEVER, tool("a", null))).isFalse();
        assertThat(needed(ApprovalRule.ALWAYS, tool("a", null))).isTrue();
        assertThat(needed(named(List.of("a"), null), tool("a", null))).isTrue();
        assertThat(needed(named(List.of("a"), null), tool("b", null))).isFalse();
        assertThat(needed(named(List.of(), List.of("a")), tool("a", null))).isFalse();
        assertThat(needed(named(List.of(), List.of("a")), tool("b", null))).isTrue();
    }

    @Test
    void aToolDemandsItWhateverTheClientSays() {
        assertThat(needed(ApprovalRule.NEVER, tool("a", true))).isTrue();
        assertThat(needed(named(List.of(), List.of("a")), tool("a", true))).isTrue();
    }

    @Test
    void onlyIdsOfRequestsNameAResponse() {
        String response = Samples.RESPONSE;
        assertThat(Approvals.responseOf(Approvals.requestId(response, 17))).contains(response);
        assertThat(Approvals.responseOf(response)).isEmpty();
        assertThat(Approvals.responseOf("mcpr_00")).isEmpty();
    }
}
