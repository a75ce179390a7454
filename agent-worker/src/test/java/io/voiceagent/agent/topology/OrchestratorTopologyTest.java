package io.voiceagent.agent.topology;

import static io.voiceagent.agent.topology.Fixtures.TOOL;
import static io.voiceagent.agent.topology.Fixtures.answer;
import static io.voiceagent.agent.topology.Fixtures.asks;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.context.Context;
import io.voiceagent.agent.core.Limits;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.TurnError;
import io.voiceagent.transport.Records;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;

/** The topology without a broker: which records go in, which come out, and what the clock makes of it. */
class OrchestratorTopologyTest extends TopologyHarness {
    @Test
    void theWiringIsAsDrawn() {
        String drawn = topology.describe().toString();
        assertThat(drawn)
                .contains("agent.requests", "llm.results", "tool.results")
                .contains("open-turns", "ended-turns", "submissions-by-key", "submissions-by-body")
                .contains("usage-by-day", "usage-accounts");
        List<String> sinks = drawn.lines()
                .filter(line -> line.contains("Sink:"))
                .map(line -> line.replaceAll(".*topic: ([a-z.]+)\\).*", "$1"))
                .toList();
        assertThat(sinks)
                .containsExactlyInAnyOrder(
                        Topics.STEPS,
                        Topics.LLM_CALLS,
                        Topics.TOOL_CALLS,
                        Topics.USAGE,
                        Topics.deadLetters(Topics.REQUESTS),
                        Topics.deadLetters(Topics.LLM_RESULTS),
                        Topics.deadLetters(Topics.TOOL_RESULTS));
    }

    @Test
    void aTurnIsAcceptedAndItsCallGoesToAWorker() {
        announce(Stage.LLM, "w1");
        String id = submit(spec(null));

        assertThat(newSteps()).containsExactly("Accepted", "StepStarted", "CallAssigned");
        TestRecord<String, byte[]> record = output(Topics.LLM_CALLS).readRecord();
        Call.Model call = Json.read(record.value(), Call.Model.class);
        assertThat(call.owner()).isEqualTo("w1");
        assertThat(call.ref().responseId()).isEqualTo(id);
        assertThat(record.key()).isEqualTo(call.conversation());
        assertThat(header(record, Headers.TYPE)).isEqualTo("model");
        assertThat(header(record, Headers.RESPONSE_ID)).isEqualTo(id);
    }

    @Test
    void theSameRequestTwiceIsOneTurn() {
        announce(Stage.LLM, "w1");
        Request.Submit request = request(spec(null));
        send(request);
        send(request);
        assertThat(newSteps()).containsExactly("Accepted", "StepStarted", "CallAssigned");
        assertThat(calls(Stage.LLM)).hasSize(1);

        complete(Stage.LLM, assigned(), answer("hi"));
        newSteps();
        send(request);
        assertThat(newSteps()).as("it is over, and stays so").isEmpty();
    }

    @Test
    void aResultEndsTheTurnAndASecondOneIsRefused() {
        announce(Stage.LLM, "w1");
        submit(spec(null));
        complete(Stage.LLM, assigned(), answer("hi"));
        assertThat(newSteps()).endsWith("StepEnded", "Ended");
        assertThat(ended().status()).isEqualTo(StepEvent.Status.COMPLETED);

        complete(Stage.LLM, assigned(), answer("again"));
        assertThat(newSteps()).isEmpty();
        assertThat(meters.get("voice.agent.results.refused").counter().count()).isEqualTo(1);
    }

    @Test
    void aToolRunsAtAToolWorkerAndItsAnswerGoesToTheModel() {
        announce(Stage.LLM, "w1");
        announce(Stage.TOOL, "t1");
        submit(spec(null));
        complete(Stage.LLM, assigned(), asks(TOOL.name()));
        Call.Tool tool = (Call.Tool) calls(Stage.TOOL).getFirst();
        assertThat(tool.owner()).isEqualTo("t1");
        assertThat(tool.hash()).isEqualTo("hash");

        calls(Stage.LLM);
        complete(Stage.TOOL, assigned(), new CallOutput.Tool("42", null));
        Call.Model next = (Call.Model) calls(Stage.LLM).getFirst();
        assertThat(next.request().messages()).contains(new Item.ToolResult("c1", "42", false, "once"));
    }

    @Test
    void ofTwoTurnsThatAnswerOneRequestForApprovalTheSecondFails() {
        announce(Stage.LLM, "w1");
        announce(Stage.TOOL, "t1");
        ToolSpec guarded = new ToolSpec.Mcp(ToolDescription.BUILTIN_SERVER, null, null, ToolSpec.ApprovalRule.ALWAYS);
        ResponseSpec asking = spec(null).toBuilder().tools(List.of(guarded)).build();
        String asked = submit(asking);
        complete(Stage.LLM, assigned(), asks(TOOL.name()));
        assertThat(ended().status()).isEqualTo(StepEvent.Status.COMPLETED);
        assertThat(calls(Stage.TOOL)).isEmpty();

        String request = Approvals.requestId(asked, 0);
        ResponseSpec answering = asking.toBuilder()
                .previousResponseId(asked)
                .input(List.of(new Item.ApprovalAnswer(request, true, null)))
                .build();
        String first = submitAfter(asked, answering);
        assertThat(calls(Stage.TOOL))
                .singleElement()
                .matches(call -> call.ref().responseId().equals(first));
        submitAfter(asked, answering);
        assertThat(ended().error()).isNotNull().extracting(TurnError::code).isEqualTo(ErrorCodes.APPROVAL_ANSWERED);
        assertThat(calls(Stage.TOOL)).isEmpty();
    }

    @Test
    void aCallWaitsUntilAWorkerIsThere() {
        submit(spec(null));
        assertThat(newSteps()).containsExactly("Accepted", "StepStarted");
        pass(1_000);
        assertThat(newSteps()).isEmpty();

        announce(Stage.LLM, "w1");
        pass(100);
        assertThat(newSteps()).containsExactly("CallAssigned");
    }

    @Test
    void aDeadWorkersCallIsTakenFromItByTheClock() {
        announce(Stage.LLM, "w1");
        submit(spec(null));
        StepEvent.CallAssigned first = assigned();
        newSteps();
        for (int second = 0; second < 7; second++) {
            announce(Stage.LLM, "w2");
            echo();
            pass(1_000);
        }
        assertThat(newSteps()).containsExactly("AttemptEnded", "CallAssigned");
        assertThat(assigned().owner()).isEqualTo("w2");
        assertThat(assigned().ref()).isEqualTo(first.ref().next());
        assertThat(meters.get("voice.agent.lease.expiries").counter().count()).isEqualTo(1);
    }

    @Test
    void aCancelStopsTheWorkerAndWaitsForIt() {
        announce(Stage.LLM, "w1");
        String id = submit(spec(null));
        calls(Stage.LLM);
        send(new Request.Cancel(id, ResponseId.parse(id).conversation(), "tenant"));
        assertThat(newSteps()).endsWith("StopRequested");
        assertThat(calls(Stage.LLM)).singleElement().isInstanceOf(Call.Stop.class);

        StepEvent.CallAssigned call = assigned();
        send(Stage.LLM, new CallResult.Stopped(call.ref(), call.conversation(), "w1", 2, answer("ha")));
        assertThat(newSteps()).containsExactly("StepEnded", "Ended");
        assertThat(ended().status()).isEqualTo(StepEvent.Status.CANCELLED);
    }

    @Test
    void aDeletedTurnLeavesTheStoreAndNothingGoesOnFromIt() {
        announce(Stage.LLM, "w1");
        String id = submit(spec("a secret"));
        complete(Stage.LLM, assigned(), answer("hi"));
        send(delete(id));
        assertThat(newSteps()).endsWith("Ended", "Deleted");
        assertThat(last(StepEvent.Deleted.class).tenant()).isEqualTo("tenant");
        try (var kept = driver.<String, byte[]>getWindowStore(TurnStore.ENDED).all()) {
            assertThat(kept)
                    .toIterable()
                    .singleElement()
                    .satisfies(entry -> assertThat(new String(entry.value, StandardCharsets.UTF_8))
                            .doesNotContain("secret"));
        }

        send(after(id));
        assertThat(newSteps()).containsExactly("Accepted", "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.PREVIOUS_NOT_FOUND);
    }

    @Test
    void aTurnWhosePreviousOneIsDeletedMeanwhileEndsWithThatReason() {
        announce(Stage.LLM, "w1");
        announce(Stage.TOOL, "t1");
        String id = submit(spec(null));
        complete(Stage.LLM, assigned(), answer("hi"));
        send(after(id));
        complete(Stage.LLM, assigned(), asks(TOOL.name()));
        send(delete(id));
        complete(Stage.TOOL, assigned(), new CallOutput.Tool("42", null));
        assertThat(newSteps()).endsWith("Deleted", "StepEnded", "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.PREVIOUS_NOT_FOUND);
    }

    @Test
    void nothingGoesOnFromATurnThatIsNotKept() {
        announce(Stage.LLM, "w1");
        String id = submit(spec(null).toBuilder().store(false).build());
        send(after(id));
        complete(Stage.LLM, assigned(), answer("hi"));
        send(after(id));
        assertThat(newSteps())
                .containsExactly(
                        "Accepted",
                        "StepStarted",
                        "CallAssigned",
                        "Accepted",
                        "Ended",
                        "StepEnded",
                        "Ended",
                        "Accepted",
                        "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.PREVIOUS_NOT_FOUND);
    }

    private static Request.Delete delete(String id) {
        return new Request.Delete(id, ResponseId.parse(id).conversation(), "tenant");
    }

    private Request.Submit after(String id) {
        return request(
                spec(null).toBuilder().previousResponseId(id).build(),
                ResponseId.parse(id).conversation());
    }

    @Test
    void theClockEndsATurnAtItsDeadline() {
        announce(Stage.LLM, "w1");
        submit(spec(null));
        newSteps();
        calls(Stage.LLM);
        pass(TURN_MILLIS - 1_000);
        assertThat(newSteps()).isEmpty();

        pass(1_000);
        assertThat(newSteps()).containsExactly("StopRequested");
        assertThat(calls(Stage.LLM)).singleElement().isInstanceOf(Call.Stop.class);

        pass(Limits.DEFAULT.stopGrace());
        assertThat(newSteps()).containsExactly("StepEnded", "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.DEADLINE);
        assertThat(boundary().outcomes().getFirst().sealed()).isTrue();
    }

    @Test
    void aTurnThatIsTooLargeFailsAndTheNextOneRuns() {
        announce(Stage.LLM, "w1");
        submit(spec("x".repeat(Plan.LIMIT)));
        assertThat(newSteps()).containsExactly("Accepted", "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.CONTEXT_LENGTH);
        assertThat(calls(Stage.LLM)).isEmpty();

        submit(spec(null));
        assertThat(newSteps()).containsExactly("Accepted", "StepStarted", "CallAssigned");
    }

    @Test
    void anAnswerThatIsTooLargeFailsTheTurnAndDoesNotHideThatTheToolMayHaveRun() {
        announce(Stage.LLM, "w1");
        announce(Stage.TOOL, "t1");
        submit(spec(null));
        complete(Stage.LLM, assigned(), asks(TOOL.name()));
        newSteps();
        complete(Stage.TOOL, assigned(), new CallOutput.Tool("x".repeat(Plan.LIMIT - 600), null));
        assertThat(newSteps()).containsExactly("StepEnded", "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.CONTEXT_LENGTH);
        assertThat(meters.get("voice.agent.turns.aborted").counter().count()).isEqualTo(1);
        assertThat(boundary().outcomes().getFirst().error().code()).isEqualTo(ErrorCodes.OUTCOME_UNKNOWN);
    }

    @Test
    void whatCanNotBeReadGoesToTheDeadLetters() {
        announce(Stage.LLM, "w1");
        Request.Submit elsewhere = request(spec(null), ResponseId.conversation(1, 7));
        Request.Submit newer = request(spec(null));
        ProducerRecord<String, byte[]> ofTomorrow = Records.request(newer, Context.root());
        ofTomorrow.headers().remove(Headers.SCHEMA_VERSION);
        ofTomorrow.headers().add(Headers.SCHEMA_VERSION, "99".getBytes(StandardCharsets.UTF_8));
        TestInputTopic<String, byte[]> requests = input(Topics.REQUESTS);

        requests.pipeInput("k", "no json".getBytes(StandardCharsets.UTF_8));
        requests.pipeInput("k", "{\"type\":\"unheard-of\"}".getBytes(StandardCharsets.UTF_8));
        requests.pipeInput("k", null);
        send(elsewhere);
        requests.pipeInput(new TestRecord<>(ofTomorrow.key(), ofTomorrow.value(), ofTomorrow.headers()));
        input(Topics.LLM_RESULTS).pipeInput("k", "[]".getBytes(StandardCharsets.UTF_8));

        List<TestRecord<String, byte[]>> dead =
                output(Topics.deadLetters(Topics.REQUESTS)).readRecordsToList();
        assertThat(dead).hasSize(5).allSatisfy(record -> {
            assertThat(header(record, Headers.DLT_TOPIC)).isEqualTo(Topics.REQUESTS);
            assertThat(header(record, Headers.DLT_REASON)).isNotBlank();
        });
        assertThat(dead)
                .extracting(record -> header(record, Headers.DLT_OFFSET))
                .containsExactly("0", "1", "2", "3", "4");
        assertThat(output(Topics.deadLetters(Topics.LLM_RESULTS)).getQueueSize())
                .isEqualTo(1);
        assertThat(newSteps()).as("the one of tomorrow").containsExactly("Accepted", "Ended");

        submit(spec(null));
        assertThat(newSteps()).containsExactly("Accepted", "StepStarted", "CallAssigned");
    }

    private String submitAfter(String previous, ResponseSpec spec) {
        Request.Submit request = request(spec, ResponseId.parse(previous).conversation());
        send(request);
        return request.responseId();
    }
}
