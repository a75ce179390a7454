package io.voiceagent.ingress.submit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.ToolSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ApprovalAnswersTest {
    private static final String ASKER = "resp_" + "0a".repeat(24);
    private static final String OTHER = "resp_" + "0b".repeat(24);
    private static final Duration LIFE = Duration.ofHours(1);
    private static final Instant ASKED = Instant.ofEpochSecond(1_750_000_000L);

    private static String response(String status) {
        return """
                {"id":"%s","status":"%s","completed_at":%d,"output":[
                  {"id":"msg_1","type":"message"},
                  {"id":"%s","type":"mcp_approval_request","server_label":"bank","name":"pay","arguments":"{}"}]}""".formatted(ASKER, status, ASKED.getEpochSecond(), Approvals.requestId(ASKER, 0));
    }

    private static ResponseSpec spec(List<ToolSpec> tools, Item... answers) {
        return ResponseSpec.builder("m", List.of(answers)).tools(tools).build();
    }

    private static Item.ApprovalAnswer answer(int number, boolean approve) {
        return new Item.ApprovalAnswer(Approvals.requestId(ASKER, number), approve, null);
    }

    private static void check(String status, ResponseSpec spec, Duration after) {
        ApprovalAnswers.requireOpen(ASKER, response(status), spec, ASKED.plus(after), LIFE);
    }

    private static void assertRefused(Code code, String status, ResponseSpec spec, Duration after) {
        assertThatThrownBy(() -> check(status, spec, after))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.code()).isEqualTo(code));
    }

    private static final ToolSpec BANK = new ToolSpec.Mcp("bank", null, null);

    @Test
    void whatWasAskedForIsAnsweredInTime() {
        assertThatCode(() -> check("completed", spec(List.of(BANK), answer(0, true)), LIFE.minusSeconds(1)))
                .doesNotThrowAnyException();
        assertThatCode(() -> check("completed", spec(List.of(), answer(0, false)), Duration.ZERO))
                .doesNotThrowAnyException();
    }

    @Test
    void anythingElseIsRefused() {
        ResponseSpec good = spec(List.of(BANK), answer(0, true));
        assertRefused(Code.APPROVAL_EXPIRED, "completed", good, LIFE);
        assertRefused(Code.APPROVAL_NOT_FOUND, "cancelled", good, Duration.ZERO);
        assertRefused(Code.APPROVAL_NOT_FOUND, "completed", spec(List.of(BANK), answer(1, true)), Duration.ZERO);
        assertRefused(Code.TOOL_NOT_AVAILABLE, "completed", spec(List.of(), answer(0, true)), Duration.ZERO);
        assertRefused(
                Code.TOOL_NOT_AVAILABLE,
                "completed",
                spec(List.of(new ToolSpec.Mcp("bank", List.of("look"), null)), answer(0, true)),
                Duration.ZERO);
    }

    @Test
    void eachResponseThatAskedIsLookedForOnceAndTheyAreBounded() {
        assertThat(ApprovalAnswers.asking(List.of(
                        answer(0, true),
                        answer(1, true),
                        new Item.ApprovalAnswer(Approvals.requestId(OTHER, 0), true, null),
                        new Item.Message(Item.Role.USER, "hi"))))
                .containsExactly(ASKER, OTHER);
        List<Item> many = new ArrayList<>();
        for (int i = 0; i <= ApprovalAnswers.RESPONSES; i++) {
            many.add(new Item.ApprovalAnswer("mcpr_%048x0000".formatted(i), true, null));
        }
        assertThatThrownBy(() -> ApprovalAnswers.asking(many)).isInstanceOf(Refusal.class);
    }
}
