package io.voiceagent.messages.fold;

import static io.voiceagent.messages.fold.Turn.accepted;
import static io.voiceagent.messages.fold.Turn.answered;
import static io.voiceagent.messages.fold.Turn.deltas;
import static io.voiceagent.messages.fold.Turn.ended;
import static io.voiceagent.messages.fold.Turn.modelStarted;
import static io.voiceagent.messages.fold.Turn.opened;
import static io.voiceagent.messages.fold.Turn.ran;
import static io.voiceagent.messages.fold.Turn.ref;
import static io.voiceagent.messages.fold.Turn.stepEnded;
import static io.voiceagent.messages.fold.Turn.toolsStarted;
import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ApprovalFoldTest {
    private final ResponseFold fold = new ResponseFold(Turn.ID);
    private final List<ResponseEvent> events = new ArrayList<>();

    private void apply(Object... records) {
        for (Object each : records) {
            events.addAll(each instanceof Frame frame ? fold.apply(frame) : fold.apply((StepEvent) each));
        }
    }

    private List<String> typesFrom(int index) {
        return events.stream().map(ResponseEvent::type).skip(index).toList();
    }

    private JsonNode output() {
        return Json.tree(fold.response()).get("output");
    }

    private void ask(Finish finish) {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                deltas(
                        ref(0, 0, 0),
                        "w1",
                        1,
                        new Frame.ToolCallStart(0, "call_a", "guarded"),
                        new Frame.ToolCallStart(1, "call_b", "calculator"),
                        new Frame.ToolCallArguments(0, "{\"a\":"),
                        new Frame.ToolCallArguments(1, "{}"),
                        new Frame.ToolCallArguments(0, "1}")),
                stepEnded(0, answered(ref(0, 0, 0), 2, finish)));
    }

    @Test
    void aCallThatWaitsIsAskedForWholeWhenTheModelHasEnded() {
        ask(Finish.TOOL_CALLS);
        apply(
                toolsStarted(1, new PlannedTool("call_b", "calculator", "{}")),
                opened(ref(1, 0, 0), "w2"),
                stepEnded(1, ran(ref(1, 0, 0), 1, "2")),
                ended(Status.COMPLETED, null, null));

        assertThat(typesFrom(2))
                .containsExactly(
                        "response.output_item.added",
                        "response.mcp_call.in_progress",
                        "response.mcp_call_arguments.delta",
                        "response.mcp_call_arguments.done",
                        "response.output_item.added",
                        "response.output_item.done",
                        "response.mcp_call.completed",
                        "response.output_item.done",
                        "response.completed");
        String id = Approvals.requestId(Turn.ID, 0);
        String item = "{\"id\":\"" + id
                + "\",\"type\":\"mcp_approval_request\",\"server_label\":\"builtin\",\"name\":\"guarded\",\"arguments\":\"{\\\"a\\\":1}\"}";
        assertThat(events.get(6).json())
                .isEqualTo("{\"type\":\"response.output_item.added\",\"sequence_number\":6,\"output_index\":1,\"item\":"
                        + item + "}");
        assertThat(output().get(1).toString()).isEqualTo(item);
        assertThat(Approvals.responseOf(id)).contains(Turn.ID);
    }

    @Test
    void aCallThatWasCutShortIsNotAskedFor() {
        ask(Finish.LENGTH);
        apply(ended(Status.INCOMPLETE, null, "max_output_tokens"));

        assertThat(output()).hasSize(1);
        assertThat(output().toString()).doesNotContain("mcp_approval_request");
    }

    @Test
    void anApprovedCallIsAnItemOfTheTurnThatRunsIt() {
        String approved = "mcpr_" + "0".repeat(52);
        apply(
                accepted(),
                toolsStarted(0, new PlannedTool("call_a", "guarded", "{\"a\":1}", approved)),
                opened(ref(0, 0, 0), "w2"),
                stepEnded(0, ran(ref(0, 0, 0), 1, "done")),
                modelStarted(1),
                opened(ref(1, 0, 0), "w1"),
                deltas(ref(1, 0, 0), "w1", 1, new Frame.Text("It is done.")),
                stepEnded(1, answered(ref(1, 0, 0), 2, Finish.STOP)),
                ended(Status.COMPLETED, null, null));

        assertThat(typesFrom(2).subList(0, 6))
                .containsExactly(
                        "response.output_item.added",
                        "response.mcp_call.in_progress",
                        "response.mcp_call_arguments.delta",
                        "response.mcp_call_arguments.done",
                        "response.mcp_call.completed",
                        "response.output_item.done");
        JsonNode call = output().get(0);
        assertThat(call.get("approval_request_id").stringValue()).isEqualTo(approved);
        assertThat(call.get("arguments").stringValue()).isEqualTo("{\"a\":1}");
        assertThat(call.get("output").stringValue()).isEqualTo("done");
        assertThat(output().get(1).get("type").stringValue()).isEqualTo("message");
    }
}
