package io.voiceagent.messages.fold;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.CallOutcome;
import io.voiceagent.messages.StepEvent.PlannedTool;
import io.voiceagent.messages.StepEvent.StepKind;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolDescription.Kind;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.Usage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the records of one turn. */
final class Turn {
    static final String ID = "resp_0100030102030405060701920102030400070a0b0c0d0e0f";
    static final String CONVERSATION = "000301020304050607";
    static final long SUBMITTED = 1_750_000_000_123L;

    /** A tool whose calls wait for approval. */
    static final ToolDescription GUARDED = new ToolDescription(
            "guarded",
            "builtin",
            Kind.MCP,
            "A tool.",
            Json.tree("{\"type\":\"object\"}"),
            false,
            1000,
            1000,
            "01",
            true);

    private Turn() {}

    static ResponseSpec spec() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("zulu", "1");
        metadata.put("alpha", "2");
        metadata.put("mike", "3");
        return ResponseSpec.builder("model-1", "Hi")
                .instructions("Be brief.")
                .tools(List.of(
                        new ToolSpec.Function("ask_user", null, null, null),
                        new ToolSpec.WebSearch(null),
                        new ToolSpec.Mcp("builtin", null, null)))
                .metadata(metadata)
                .build();
    }

    static Request.Submit submit() {
        return new Request.Submit(ID, CONVERSATION, "acme", SUBMITTED, SUBMITTED + 600_000, spec());
    }

    static ToolDescription tool(String name, Kind kind) {
        return new ToolDescription(
                name, "builtin", kind, "A tool.", Json.tree("{\"type\":\"object\"}"), true, 1000, 1000, "00");
    }

    static StepEvent.Accepted accepted() {
        return new StepEvent.Accepted(
                ID,
                CONVERSATION,
                "acme",
                SUBMITTED + 5,
                SUBMITTED,
                SUBMITTED + 600_000,
                ResponseFold.VERSION,
                spec(),
                List.of(tool("web_search", Kind.WEB_SEARCH), tool("calculator", Kind.MCP), GUARDED),
                null);
    }

    static StepEvent modelStarted(int step) {
        return new StepEvent.StepStarted(ID, CONVERSATION, SUBMITTED, step, StepKind.MODEL, List.of());
    }

    static StepEvent toolsStarted(int step, PlannedTool... calls) {
        return new StepEvent.StepStarted(ID, CONVERSATION, SUBMITTED, step, StepKind.TOOLS, List.of(calls));
    }

    static StepEvent stepEnded(int step, CallOutcome... outcomes) {
        return new StepEvent.StepEnded(ID, CONVERSATION, SUBMITTED, step, List.of(outcomes));
    }

    static StepEvent ended(StepEvent.Status status, @Nullable TurnError error, @Nullable String incompleteReason) {
        return new StepEvent.Ended(
                ID, CONVERSATION, SUBMITTED + 2_000, status, error, incompleteReason, new Usage(10, 2, 5, 1));
    }

    static CallRef ref(int step, int call, int attempt) {
        return new CallRef(ID, step, call, attempt);
    }

    static CallOutcome answered(CallRef ref, int frames, Finish finish) {
        return new CallOutcome(
                ref, frames, false, true, new CallOutput.Model(List.of(), finish, Usage.NONE, null), null);
    }

    static CallOutcome ran(CallRef ref, int frames, String output) {
        return new CallOutcome(ref, frames, false, true, new CallOutput.Tool(output, null), null);
    }

    static CallOutcome sealed(CallRef ref, TurnError error) {
        return new CallOutcome(ref, 0, true, false, null, error);
    }

    static Frame opened(CallRef ref, String incarnation) {
        return new Frame.Opened(ref, CONVERSATION, incarnation);
    }

    static Frame deltas(CallRef ref, String incarnation, int index, Frame.Delta... deltas) {
        return new Frame.Deltas(ref, CONVERSATION, incarnation, index, List.of(deltas));
    }

    static Frame text(CallRef ref, String incarnation, int index, String text) {
        return deltas(ref, incarnation, index, new Frame.Text(text));
    }

    static Frame seal(CallRef ref) {
        return new Frame.Seal(ref, CONVERSATION);
    }
}
