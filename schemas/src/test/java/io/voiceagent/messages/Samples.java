package io.voiceagent.messages;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One full sample of every message, all fields set. The golden files are these, written by the version that brought them. */
final class Samples {
    static final String CONVERSATION = "0003a1b2c3d4e5f607";
    static final String RESPONSE = "resp_01" + CONVERSATION + "0193a5c0de00" + "0042" + "0f1e2d3c4b5a";
    static final String PARENT = "resp_01" + CONVERSATION + "0193a5c0dd00" + "0041" + "a0b1c2d3e4f5";
    private static final String CONV = "conv_" + PARENT.substring(ResponseId.PREFIX.length());
    static final CallRef REF = new CallRef(RESPONSE, 1, 0, 2);
    static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private static final long AT = 1_732_406_400_000L;

    private Samples() {}

    /** All samples of messages that are records of a topic of their own, by the name of their files. */
    static Map<String, Object> all() {
        Map<String, Object> samples = new LinkedHashMap<>();
        samples.put(
                "request.submit",
                new Request.Submit(RESPONSE, CONVERSATION, "acme", AT, AT + 600_000, spec(), registration()));
        samples.put("request.cancel", new Request.Cancel(RESPONSE, CONVERSATION, "acme"));
        conversationRequests(samples);
        samples.put("request.delete", new Request.Delete(RESPONSE, CONVERSATION, "acme"));
        steps(samples);
        calls(samples);
        results(samples);
        samples.put("frame.opened", new Frame.Opened(REF, CONVERSATION, "w-1"));
        samples.put(
                "frame.deltas",
                new Frame.Deltas(
                        REF,
                        CONVERSATION,
                        "w-1",
                        1,
                        List.of(
                                new Frame.ReasoningText("think"),
                                new Frame.Text(
                                        "hello",
                                        List.of(new TokenLogprob(
                                                "hello",
                                                -0.25,
                                                List.of(104, 101),
                                                List.of(new TokenLogprob.Candidate("hi", -1.5, List.of(104)))))),
                                new Frame.Refusal("no"),
                                new Frame.ToolCallStart(0, "call_1", "calculator"),
                                new Frame.ToolCallArguments(0, "{\"expression\":\"1+1\"}"),
                                new Frame.Progress("searching"))));
        samples.put("frame.seal", new Frame.Seal(REF, CONVERSATION));
        samples.put(
                "announcement.worker",
                new Announcement.Worker(
                        "w-1",
                        7,
                        Stage.TOOL,
                        3,
                        120,
                        32,
                        List.of(REF.toString()),
                        false,
                        "0.1.0",
                        Map.of("calculator", "9f86d081")));
        samples.put("announcement.orchestrator", new Announcement.Orchestrator("o-1", 7, "0.1.0"));
        samples.put("tool_description", description());
        samples.put("tenant_usage", new TenantUsage("acme", 20_454, new Usage(10, 2, 5, 1), 1_500_000));
        return samples;
    }

    private static void steps(Map<String, Object> samples) {
        samples.put(
                "step_event.accepted",
                new StepEvent.Accepted(
                        RESPONSE,
                        CONVERSATION,
                        "acme",
                        AT,
                        AT,
                        AT + 600_000,
                        1,
                        spec(),
                        List.of(description()),
                        TRACEPARENT,
                        PARENT,
                        2));
        conversationSteps(samples);
        samples.put("step_event.repeated", new StepEvent.Repeated(RESPONSE, CONVERSATION, AT, PARENT, true));
        samples.put(
                "step_event.step_started",
                new StepEvent.StepStarted(
                        RESPONSE,
                        CONVERSATION,
                        AT,
                        1,
                        StepEvent.StepKind.TOOLS,
                        List.of(new StepEvent.PlannedTool(
                                "call_1", "calculator", "{\"expression\":\"1+1\"}", Approvals.requestId(PARENT, 1)))));
        samples.put(
                "step_event.call_assigned",
                new StepEvent.CallAssigned(RESPONSE, CONVERSATION, AT, REF, Stage.TOOL, "w-1", 3, AT + 30_000));
        samples.put(
                "step_event.attempt_ended",
                new StepEvent.AttemptEnded(RESPONSE, CONVERSATION, AT, REF, "failed", error(), AT + 500, 3));
        samples.put(
                "step_event.call_ended",
                new StepEvent.CallEnded(
                        RESPONSE,
                        CONVERSATION,
                        AT,
                        new StepEvent.CallOutcome(REF, 3, false, true, modelOutput(), error())));
        samples.put(
                "step_event.stop_requested",
                new StepEvent.StopRequested(
                        RESPONSE, CONVERSATION, AT, StepEvent.Status.INCOMPLETE, error(), "max_tool_calls"));
        samples.put(
                "step_event.step_ended",
                new StepEvent.StepEnded(
                        RESPONSE,
                        CONVERSATION,
                        AT,
                        1,
                        List.of(new StepEvent.CallOutcome(REF, 3, false, true, modelOutput(), error()))));
        samples.put(
                "step_event.ended",
                new StepEvent.Ended(
                        RESPONSE,
                        CONVERSATION,
                        AT,
                        StepEvent.Status.FAILED,
                        error(),
                        "max_output_tokens",
                        new Usage(10, 2, 5, 1),
                        71_000_000L));
        samples.put("step_event.deleted", new StepEvent.Deleted(RESPONSE, CONVERSATION, "acme", AT));
    }

    private static void conversationSteps(Map<String, Object> samples) {
        samples.put("step_event.refused", new StepEvent.Refused(RESPONSE, CONVERSATION, AT, error()));
        samples.put("step_event.moved", new StepEvent.Moved(RESPONSE, CONVERSATION, AT, 1));
        samples.put("step_event.started", new StepEvent.Started(RESPONSE, CONVERSATION, AT, PARENT));
        samples.put(
                "step_event.conversation_created",
                new StepEvent.ConversationCreated(RESPONSE, CONVERSATION, AT, CONV, "acme", Map.of("team", "blue")));
        samples.put(
                "step_event.conversation_updated",
                new StepEvent.ConversationUpdated(RESPONSE, CONVERSATION, AT, CONV, Map.of("team", "blue")));
        samples.put(
                "step_event.conversation_deleted", new StepEvent.ConversationDeleted(RESPONSE, CONVERSATION, AT, CONV));
        samples.put(
                "step_event.items_added", new StepEvent.ItemsAdded(RESPONSE, CONVERSATION, AT, CONV, PARENT, items()));
        samples.put("step_event.item_removed", new StepEvent.ItemRemoved(RESPONSE, CONVERSATION, AT, CONV, place()));
        samples.put(
                "step_event.conversation_read",
                new StepEvent.ConversationRead(
                        RESPONSE,
                        CONVERSATION,
                        AT,
                        CONV,
                        Map.of("team", "blue"),
                        RESPONSE,
                        List.of(RESPONSE),
                        List.of("msg_1"),
                        List.of(new StepEvent.Node(PARENT, true, items())),
                        true));
    }

    private static void conversationRequests(Map<String, Object> samples) {
        samples.put(
                "request.create_conversation",
                new Request.CreateConversation(RESPONSE, CONVERSATION, "acme", CONV, Map.of("team", "blue"), items()));
        samples.put(
                "request.update_conversation",
                new Request.UpdateConversation(RESPONSE, CONVERSATION, "acme", CONV, Map.of("team", "blue")));
        samples.put(
                "request.delete_conversation", new Request.DeleteConversation(RESPONSE, CONVERSATION, "acme", CONV));
        samples.put("request.add_items", new Request.AddItems(RESPONSE, CONVERSATION, "acme", CONV, items()));
        samples.put("request.remove_item", new Request.RemoveItem(RESPONSE, CONVERSATION, "acme", CONV, place()));
        samples.put(
                "request.read_conversation",
                new Request.ReadConversation(RESPONSE, CONVERSATION, "acme", CONV, PARENT, true, 20));
    }

    private static ItemPlace place() {
        return new ItemPlace("msg_1", PARENT, ItemPlace.Part.MESSAGE, 1);
    }

    private static void calls(Map<String, Object> samples) {
        samples.put(
                "call.model",
                new Call.Model(
                        REF,
                        CONVERSATION,
                        "acme",
                        "w-1",
                        AT + 30_000,
                        new ModelRequest(
                                "gpt-test",
                                items(),
                                List.of(new ModelRequest.Tool("lookup", "finds", schema(), true)),
                                new ToolChoice(ToolChoice.Mode.TOOL, "lookup"),
                                true,
                                100,
                                0.5,
                                0.9,
                                Json.tree("{\"format\":{\"type\":\"text\"}}"),
                                Json.tree("{\"effort\":\"low\"}"),
                                "flex",
                                "cache-1",
                                "user-1",
                                2)));
        samples.put(
                "call.tool",
                new Call.Tool(
                        REF,
                        CONVERSATION,
                        "acme",
                        "w-1",
                        AT + 30_000,
                        "call_1",
                        "calculator",
                        "9f86d081",
                        "{\"expression\":\"1+1\"}"));
        samples.put("call.stop", new Call.Stop(REF, CONVERSATION, "w-1", "cancelled"));
    }

    private static void results(Map<String, Object> samples) {
        samples.put(
                "call_result.completed",
                new CallResult.Completed(REF, CONVERSATION, "w-1", 3, new CallOutput.Tool("2", error())));
        samples.put("call_result.failed", new CallResult.Failed(REF, CONVERSATION, "w-1", 1, error(), true, 1_500));
        samples.put("call_result.stopped", new CallResult.Stopped(REF, CONVERSATION, "w-1", 2, modelOutput()));
        samples.put("call_result.busy", new CallResult.Busy(REF, CONVERSATION, "w-1"));
        samples.put("call_result.never_started", new CallResult.NeverStarted(REF, CONVERSATION, "w-1"));
    }

    private static Request.Registration registration() {
        return new Request.Registration(Request.Registration.Kind.KEY, "0f".repeat(32), "a1".repeat(32));
    }

    private static TurnError error() {
        return new TurnError(ErrorCodes.MODEL_ERROR, "the model endpoint answered 500");
    }

    private static List<Item> items() {
        return List.of(
                new Item.Message(Item.Role.USER, "What is 1+1?"),
                new Item.Message(
                        Item.Role.USER,
                        "And here?",
                        List.of(
                                new Item.Content.Text("And here?"),
                                new Item.Content.Image("https://example.com/sum.png", "auto"),
                                new Item.Content.Refusal("no"))),
                new Item.Reasoning("think"),
                new Item.ToolCall("call_1", "calculator", "{\"expression\":\"1+1\"}"),
                new Item.ToolResult("call_1", "2", false, "calculator"));
    }

    private static CallOutput modelOutput() {
        return new CallOutput.Model(
                items(), CallOutput.Finish.TOOL_CALLS, new Usage(10, 2, 5, 1), "gpt-test", List.of("/a: is missing"));
    }

    private static tools.jackson.databind.JsonNode schema() {
        return Json.tree("{\"type\":\"object\",\"properties\":{\"expression\":{\"type\":\"string\"}}}");
    }

    private static ToolDescription description() {
        return new ToolDescription(
                "calculator",
                ToolDescription.BUILTIN_SERVER,
                ToolDescription.Kind.MCP,
                "Evaluates an expression.",
                schema(),
                true,
                5_000,
                4_000,
                "9f86d081",
                true);
    }

    private static ToolSpec.ApprovalRule approval() {
        return new ToolSpec.ApprovalRule(
                ToolSpec.ApprovalRule.Mode.BY_NAME, List.of("calculator"), List.of("current_time"));
    }

    private static ResponseSpec spec() {
        return ResponseSpec.builder(
                        "gpt-test",
                        Stream.concat(
                                        items().stream(),
                                        Stream.of(new Item.ApprovalAnswer(
                                                Approvals.requestId(PARENT, 0), false, "too dear")))
                                .toList())
                .instructions("Be brief.")
                .tools(List.of(
                        new ToolSpec.Function("lookup", "finds", schema(), true),
                        new ToolSpec.WebSearch("medium"),
                        new ToolSpec.Mcp(ToolDescription.BUILTIN_SERVER, List.of("calculator"), "our own", approval())))
                .background(true)
                .previousResponseId(PARENT)
                .metadata(Map.of("team", "blue"))
                .maxOutputTokens(100)
                .maxToolCalls(5)
                .temperature(0.5)
                .topP(0.9)
                .text(Json.tree("{\"format\":{\"type\":\"text\"}}"))
                .reasoning(Json.tree("{\"effort\":\"low\"}"))
                .safetyIdentifier("user-1")
                .promptCacheKey("cache-1")
                .conversationId("conv_1")
                .spend(new ResponseSpec.Spend(
                        5_000_000_000L, 5_000_000_000L, new Price(2_500_000, 250_000, 10_000_000)))
                .concurrency(Concurrency.INTERRUPT)
                .truncation(ResponseSpec.Truncation.AUTO)
                .serviceTier("flex")
                .topLogprobs(2)
                .build();
    }
}
