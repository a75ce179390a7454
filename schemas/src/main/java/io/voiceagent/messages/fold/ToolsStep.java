package io.voiceagent.messages.fold;

import io.voiceagent.messages.Frame;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.PlannedTool;
import java.util.List;

/** Hosted tool calls side by side. Their items were begun by the model's step, or are begun here when the client approved them; this one ends them. */
final class ToolsStep extends OpenStep {
    private final List<PlannedTool> planned;

    ToolsStep(Output output, List<PlannedTool> planned) {
        super(output, planned.size());
        this.planned = planned;
        planned.stream().filter(call -> call.approvalRequestId() != null).forEach(output::beginApproved);
    }

    @Override
    void delta(int number, Frame.Delta delta) {
        HostedCallItem item = output.hostedCall(planned.get(number).callId());
        if (item != null && delta instanceof Frame.Progress(String status)) {
            item.progress(status);
        }
    }

    /** The item is the model's, so it outlives an attempt at running it. */
    @Override
    void superseded() {}

    @Override
    void end() {
        for (int number = 0; number < planned.size(); number++) {
            HostedCallItem item = output.hostedCall(planned.get(number).callId());
            CallOutcome outcome = outcome(number);
            if (item != null && outcome != null) {
                output.end(item, outcome);
            }
        }
    }
}
