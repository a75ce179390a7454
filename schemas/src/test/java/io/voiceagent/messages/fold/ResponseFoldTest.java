package io.voiceagent.messages.fold;

import static io.voiceagent.messages.fold.Turn.accepted;
import static io.voiceagent.messages.fold.Turn.answered;
import static io.voiceagent.messages.fold.Turn.deltas;
import static io.voiceagent.messages.fold.Turn.ended;
import static io.voiceagent.messages.fold.Turn.modelStarted;
import static io.voiceagent.messages.fold.Turn.opened;
import static io.voiceagent.messages.fold.Turn.ran;
import static io.voiceagent.messages.fold.Turn.ref;
import static io.voiceagent.messages.fold.Turn.seal;
import static io.voiceagent.messages.fold.Turn.sealed;
import static io.voiceagent.messages.fold.Turn.stepEnded;
import static io.voiceagent.messages.fold.Turn.text;
import static io.voiceagent.messages.fold.Turn.toolsStarted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.TokenLogprob;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.Usage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ResponseFoldTest {
    private final ResponseFold fold = new ResponseFold(Turn.ID);
    private final List<ResponseEvent> events = new ArrayList<>();

    private void apply(Object... records) {
        for (Object each : records) {
            events.addAll(each instanceof Frame frame ? fold.apply(frame) : fold.apply((StepEvent) each));
        }
    }

    private List<String> types() {
        return events.stream().map(ResponseEvent::type).toList();
    }

    private JsonNode response() {
        return Json.tree(fold.response());
    }

    /** The bytes are the same in every process, and stay the same from version to version. */
    @Test
    void aWholeTurnGivesExactlyTheseBytes() throws IOException {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                deltas(ref(0, 0, 0), "w1", 1, new Frame.ReasoningText("Look it up."), new Frame.Text("Let me see.")),
                deltas(
                        ref(0, 0, 0),
                        "w1",
                        2,
                        new Frame.ToolCallStart(0, "call_a", "web_search"),
                        new Frame.ToolCallStart(1, "call_b", "calculator"),
                        new Frame.ToolCallArguments(0, "{\"query\":"),
                        new Frame.ToolCallArguments(1, "{\"expression\":\"1+1\"}"),
                        new Frame.ToolCallArguments(0, "\"news\"}")),
                stepEnded(0, answered(ref(0, 0, 0), 3, Finish.TOOL_CALLS)),
                toolsStarted(
                        1,
                        new StepEvent.PlannedTool("call_a", "web_search", ""),
                        new StepEvent.PlannedTool("call_b", "calculator", "")),
                opened(ref(1, 1, 0), "t1"),
                opened(ref(1, 0, 0), "t2"),
                deltas(ref(1, 0, 0), "t2", 1, new Frame.Progress("searching")),
                stepEnded(1, ran(ref(1, 0, 0), 2, "found"), ran(ref(1, 1, 0), 1, "2")),
                modelStarted(2),
                opened(ref(2, 0, 0), "w1"),
                text(ref(2, 0, 0), "w1", 1, "It is \"2\"\n\u2028é😀"),
                stepEnded(2, answered(ref(2, 0, 0), 2, Finish.STOP)),
                ended(Status.COMPLETED, null, null));

        try (InputStream golden = getClass().getResourceAsStream("/fold/turn.jsonl")) {
            assertThat(events)
                    .extracting(ResponseEvent::json)
                    .containsExactlyElementsOf(
                            new String(golden.readAllBytes(), StandardCharsets.UTF_8).lines()::iterator);
        }
        assertThat(events.getLast().json()).endsWith(fold.response() + "}");
    }

    @Test
    void aRefusalIsAPartOfItsOwn() {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                deltas(ref(0, 0, 0), "w1", 1, new Frame.Text("Well, "), new Frame.Refusal("I can't")),
                deltas(ref(0, 0, 0), "w1", 2, new Frame.Refusal(" do that.")),
                stepEnded(0, answered(ref(0, 0, 0), 3, Finish.STOP)),
                ended(Status.COMPLETED, null, null));

        assertThat(types().subList(2, types().size()))
                .containsExactly(
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.delta",
                        "response.content_part.added",
                        "response.refusal.delta",
                        "response.refusal.delta",
                        "response.output_text.done",
                        "response.content_part.done",
                        "response.refusal.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.completed");
        assertThat(response().at("/output/0/content/1")).isEqualTo(Json.tree("""
                {"type":"refusal","refusal":"I can't do that."}"""));
        JsonNode done = Json.tree(events.get(10).json());
        assertThat(done.path("refusal").stringValue()).isEqualTo("I can't do that.");
        assertThat(done.path("content_index").intValue()).isEqualTo(1);
    }

    @Test
    void logProbabilitiesAreToldWithEachDeltaAndTogetherAtTheEnd() {
        TokenLogprob first = new TokenLogprob("é", -0.5, null, List.of(new TokenLogprob.Candidate("e", -1.25, null)));
        TokenLogprob second = new TokenLogprob("?", -0.75, List.of(240, 159), List.of());
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                deltas(ref(0, 0, 0), "w1", 1, new Frame.Text("é", List.of(first))),
                deltas(ref(0, 0, 0), "w1", 2, new Frame.Text("?", List.of(second)), new Frame.Text("!")),
                stepEnded(0, answered(ref(0, 0, 0), 3, Finish.STOP)),
                ended(Status.COMPLETED, null, null));

        List<JsonNode> deltas = events.stream()
                .filter(event -> event.type().equals("response.output_text.delta"))
                .map(event -> Json.tree(event.json()).path("logprobs"))
                .toList();
        assertThat(deltas).containsExactly(Json.tree("""
                        [{"token":"é","logprob":-0.5,"top_logprobs":[{"token":"e","logprob":-1.25}]}]"""), Json.tree("""
                        [{"token":"?","logprob":-0.75,"top_logprobs":[]}]"""), Json.tree("[]"));
        assertThat(response().at("/output/0/content/0/logprobs")).isEqualTo(Json.tree("""
                [{"token":"é","bytes":[195,169],"logprob":-0.5,"top_logprobs":[{"token":"e","bytes":[101],"logprob":-1.25}]},
                 {"token":"?","bytes":[240,159],"logprob":-0.75,"top_logprobs":[]}]"""));
    }

    @Test
    void anAnswerThatIsRepairedIsInTheEventsAlone() {
        CallOutput.Model wrong = new CallOutput.Model(List.of(), Finish.STOP, Usage.NONE, null, List.of("not JSON"));
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                text(ref(0, 0, 0), "w1", 1, "wrong"),
                stepEnded(0, new StepEvent.CallOutcome(ref(0, 0, 0), 2, false, false, wrong, null)),
                modelStarted(1),
                opened(ref(1, 0, 0), "w1"),
                text(ref(1, 0, 0), "w1", 1, "{}"),
                stepEnded(1, answered(ref(1, 0, 0), 2, Finish.STOP)),
                ended(Status.COMPLETED, null, null));

        JsonNode first = Json.tree(events.stream()
                .filter(event -> event.type().equals("response.output_item.done"))
                .findFirst()
                .orElseThrow()
                .json());
        assertThat(first.at("/item/status").stringValue()).isEqualTo("incomplete");
        assertThat(response().path("output")).hasSize(1);
        assertThat(response().at("/output/0/content/0/text").stringValue()).isEqualTo("{}");
        assertThat(response().at("/output/0/status").stringValue()).isEqualTo("completed");
    }

    @Test
    void anAnswerOfAnotherFormatThatNobodyRepairsIsIncomplete() {
        CallOutput.Model wrong = new CallOutput.Model(List.of(), Finish.STOP, Usage.NONE, null, List.of("not JSON"));
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                text(ref(0, 0, 0), "w1", 1, "wrong"),
                stepEnded(0, new StepEvent.CallOutcome(ref(0, 0, 0), 2, false, true, wrong, null)),
                ended(Status.INCOMPLETE, null, "invalid_output"));

        assertThat(response().at("/output/0/status").stringValue()).isEqualTo("incomplete");
        assertThat(response().at("/incomplete_details/reason").stringValue()).isEqualTo("invalid_output");
    }

    @Test
    void nothingIsKnownBeforeTheTurnIsAccepted() {
        apply(opened(ref(0, 0, 0), "w1"), modelStarted(0), ended(Status.COMPLETED, null, null));

        assertThat(events).isEmpty();
        assertThat(fold.response()).isNull();
        assertThat(fold.ended()).isFalse();
    }

    @Test
    void everyFieldIsThereFromTheQueuedResponseOn() {
        List<String> always = List.of(
                "id",
                "object",
                "created_at",
                "status",
                "model",
                "output",
                "tools",
                "tool_choice",
                "truncation",
                "parallel_tool_calls",
                "text",
                "top_p",
                "temperature",
                "presence_penalty",
                "frequency_penalty",
                "top_logprobs",
                "store",
                "background",
                "service_tier",
                "metadata");
        List<String> nullable = List.of(
                "completed_at",
                "incomplete_details",
                "previous_response_id",
                "instructions",
                "error",
                "reasoning",
                "usage",
                "max_output_tokens",
                "max_tool_calls",
                "safety_identifier",
                "prompt_cache_key");
        apply(accepted());

        for (JsonNode response : List.of(Json.tree(ResponseFold.queued(Turn.submit())), response())) {
            assertThat(response.propertyNames()).containsAll(always).containsAll(nullable);
            assertThat(always).allMatch(response::hasNonNull);
        }
        assertThat(Json.tree(ResponseFold.queued(Turn.submit())).get("status").stringValue())
                .isEqualTo("queued");
        assertThat(response().get("text").toString()).isEqualTo("{\"format\":{\"type\":\"text\"}}");
        assertThat(response().get("tools").get(0).toString())
                .isEqualTo(
                        "{\"type\":\"function\",\"name\":\"ask_user\",\"description\":null,\"parameters\":null,\"strict\":null}");
        assertThat(response().get("metadata").toString()).isEqualTo("{\"zulu\":\"1\",\"alpha\":\"2\",\"mike\":\"3\"}");
    }

    @Test
    void theFirstDeltaIsThereAtOnce() {
        apply(accepted(), modelStarted(0), opened(ref(0, 0, 0), "w1"), text(ref(0, 0, 0), "w1", 1, "He"));

        assertThat(types())
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.delta");
    }

    @Test
    void aHigherAttemptSupersedesAndTheLowerOneIsHeardNoMore() {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                text(ref(0, 0, 0), "w1", 1, "old"),
                opened(ref(0, 0, 1), "w2"));

        assertThat(types()).endsWith("response.content_part.done", "response.output_item.done");
        assertThat(Json.tree(events.getLast().json()).at("/item/status").stringValue())
                .isEqualTo("incomplete");

        apply(
                text(ref(0, 0, 0), "w1", 2, "er"),
                text(ref(0, 0, 1), "w3", 1, "a stranger's"),
                text(ref(0, 0, 1), "w2", 1, "new"),
                stepEnded(0, answered(ref(0, 0, 1), 2, Finish.STOP)),
                ended(Status.COMPLETED, null, null));

        assertThat(response().get("output")).hasSize(1);
        assertThat(response().at("/output/0/content/0/text").stringValue()).isEqualTo("new");
        assertThat(response().at("/output/0/id").stringValue()).isEqualTo("msg_" + Turn.ID.substring(5) + "0001");
    }

    @Test
    void theBoundaryWaitsForTheLastFrame() {
        apply(
                accepted(),
                modelStarted(0),
                stepEnded(0, answered(ref(0, 0, 0), 3, Finish.STOP)),
                ended(Status.COMPLETED, null, null),
                opened(ref(0, 0, 0), "w1"),
                text(ref(0, 0, 0), "w1", 1, "a"));
        assertThat(fold.ended()).isFalse();

        apply(text(ref(0, 0, 0), "w1", 2, "b"));
        assertThat(fold.ended()).isTrue();
        assertThat(types()).endsWith("response.output_item.done", "response.completed");
    }

    @Test
    void theFirstSealIsTheCut() {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                text(ref(0, 0, 0), "w1", 1, "a"),
                stepEnded(0, sealed(ref(0, 0, 0), new TurnError(ErrorCodes.WORKER_LOST, "lost"))),
                ended(Status.FAILED, new TurnError(ErrorCodes.WORKER_LOST, "lost"), null));
        assertThat(fold.ended()).isFalse();

        apply(seal(ref(0, 0, 0)), text(ref(0, 0, 0), "w1", 2, "late"), seal(ref(0, 0, 0)));
        assertThat(types()).endsWith("response.output_item.done", "response.failed");
        assertThat(events).noneMatch(event -> event.json().contains("late"));
        assertThat(response().get("output")).isEmpty();
        assertThat(response().at("/error/code").stringValue()).isEqualTo("worker_lost");
    }

    @Test
    void aSealOfAnAttemptThatNeverOpenedEndsTheOneBefore() {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                text(ref(0, 0, 0), "w1", 1, "a"),
                stepEnded(0, sealed(ref(0, 0, 1), new TurnError(ErrorCodes.WORKER_LOST, "lost"))),
                seal(ref(0, 0, 1)),
                text(ref(0, 0, 0), "w1", 2, "late"));

        assertThat(types()).endsWith("response.output_item.done");
        assertThat(events).noneMatch(event -> event.json().contains("late"));
    }

    @Test
    void whatFollowsAHoleIsNotShown() {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                text(ref(0, 0, 0), "w1", 1, "a"),
                text(ref(0, 0, 0), "w1", 3, "c"),
                text(ref(0, 0, 0), "w1", 4, "d"),
                stepEnded(0, sealed(ref(0, 0, 0), new TurnError(ErrorCodes.WORKER_LOST, "lost"))),
                seal(ref(0, 0, 0)));

        assertThat(Json.tree(events.getLast().json()).at("/item/content/0/text").stringValue())
                .isEqualTo("a");
    }

    @Test
    void framesThatAreSentAgainCountOnce() {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                text(ref(0, 0, 0), "w1", 1, "a"),
                text(ref(0, 0, 0), "w1", 3, "c"),
                text(ref(0, 0, 0), "w1", 1, "a"),
                text(ref(0, 0, 0), "w1", 2, "b"),
                text(ref(0, 0, 0), "w1", 3, "c"),
                stepEnded(0, answered(ref(0, 0, 0), 4, Finish.STOP)));

        assertThat(Json.tree(events.getLast().json()).at("/item/content/0/text").stringValue())
                .isEqualTo("abc");
    }

    @Test
    void aClientsFunctionIsClosedByTheModelsStep() {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                deltas(
                        ref(0, 0, 0),
                        "w1",
                        1,
                        new Frame.ToolCallStart(0, "call_a", "ask_user"),
                        new Frame.ToolCallArguments(0, "{}")),
                stepEnded(0, answered(ref(0, 0, 0), 2, Finish.TOOL_CALLS)),
                ended(Status.COMPLETED, null, null));

        assertThat(types().subList(2, 7))
                .containsExactly(
                        "response.output_item.added",
                        "response.function_call_arguments.delta",
                        "response.function_call_arguments.done",
                        "response.output_item.done",
                        "response.completed");
        assertThat(response().at("/output/0/call_id").stringValue()).isEqualTo("call_a");
        assertThat(response().at("/output/0/status").stringValue()).isEqualTo("completed");
    }

    @Test
    void aToolOfUnknownOutcomeFailsItsItem() {
        hostedCall("calculator");
        apply(
                toolsStarted(1, new StepEvent.PlannedTool("call_a", "calculator", "{}")),
                opened(ref(1, 0, 0), "t1"),
                seal(ref(1, 0, 0)),
                stepEnded(1, sealed(ref(1, 0, 0), new TurnError(ErrorCodes.OUTCOME_UNKNOWN, "may have run"))),
                ended(Status.CANCELLED, null, null));

        assertThat(types()).endsWith("response.mcp_call.failed", "response.output_item.done", "response.incomplete");
        assertThat(response().get("status").stringValue()).isEqualTo("cancelled");
        assertThat(response().get("incomplete_details").isNull()).isTrue();
        assertThat(response().at("/output/0/status").stringValue()).isEqualTo("failed");
        assertThat(response().at("/output/0/error").stringValue()).isEqualTo("may have run");
    }

    @Test
    void aHostedCallThatIsNeverRunEndsWithTheTurn() {
        hostedCall("web_search");
        apply(ended(Status.INCOMPLETE, null, "max_tool_calls"));

        assertThat(types()).endsWith("response.output_item.done", "response.incomplete");
        assertThat(response().at("/output/0/status").stringValue()).isEqualTo("failed");
        assertThat(response().at("/incomplete_details/reason").stringValue()).isEqualTo("max_tool_calls");
    }

    private void hostedCall(String tool) {
        apply(
                accepted(),
                modelStarted(0),
                opened(ref(0, 0, 0), "w1"),
                deltas(ref(0, 0, 0), "w1", 1, new Frame.ToolCallStart(0, "call_a", tool)),
                stepEnded(0, answered(ref(0, 0, 0), 2, Finish.TOOL_CALLS)));
    }

    @Test
    void aTurnOfANewerVersionIsRefused() {
        StepEvent.Accepted now = accepted();
        StepEvent.Accepted newer = new StepEvent.Accepted(
                now.responseId(),
                now.conversation(),
                now.tenant(),
                now.at(),
                now.submittedAt(),
                now.deadlineAt(),
                ResponseFold.VERSION + 1,
                now.spec(),
                now.catalogue(),
                null);

        assertThatThrownBy(() -> fold.apply(newer))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("version 2");
    }
}
