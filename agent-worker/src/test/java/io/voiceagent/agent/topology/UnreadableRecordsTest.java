package io.voiceagent.agent.topology;

import static io.voiceagent.agent.topology.Fixtures.TOOL;
import static io.voiceagent.agent.topology.Fixtures.answer;
import static io.voiceagent.agent.topology.Fixtures.asks;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.context.Context;
import io.voiceagent.agent.core.Limits;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.fold.ResponseFold;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.TopicSpecs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;

/** What becomes of the turns that unreadable records belong to: none waits for ever, and none is harmed that has no need of them. */
class UnreadableRecordsTest extends TopologyHarness {
    private static ProducerRecord<String, byte[]> ofTomorrow(ProducerRecord<String, byte[]> record) {
        record.headers().remove(Headers.SCHEMA_VERSION);
        record.headers().add(Headers.SCHEMA_VERSION, "99".getBytes(StandardCharsets.UTF_8));
        return record;
    }

    private static ProducerRecord<String, byte[]> withValue(ProducerRecord<String, byte[]> record, String value) {
        return new ProducerRecord<>(
                record.topic(),
                record.partition(),
                record.key(),
                value.getBytes(StandardCharsets.UTF_8),
                record.headers());
    }

    private TestRecord<String, byte[]> deadLetter(String topic) {
        return output(Topics.deadLetters(topic)).readRecord();
    }

    @Test
    void aRequestOfANewerVersionEndsItsTurnOnceAndForAll() {
        announce(Stage.LLM, "w1");
        Request.Submit request = request(spec(null));
        pipe(ofTomorrow(Records.request(request, Context.root())));

        assertThat(newSteps()).containsExactly("Accepted", "Ended");
        assertThat(ended().status()).isEqualTo(StepEvent.Status.FAILED);
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.UNREADABLE);
        assertThat(last(StepEvent.Accepted.class).tenant()).isEqualTo("tenant");
        ResponseFold fold = new ResponseFold(request.responseId());
        steps.forEach(fold::apply);
        assertThat(fold.response()).contains("\"status\":\"failed\"", ErrorCodes.UNREADABLE);

        send(request);
        assertThat(newSteps()).as("written again, it is over already").isEmpty();
    }

    @Test
    void aRequestOfAWrongShapeEndsItsTurn() {
        Request.Submit request = request(spec(null));
        pipe(withValue(
                Records.request(request, Context.root()),
                Json.text(request).replace("\"spec\":{", "\"spec\":7,\"x\":{")));
        assertThat(newSteps()).containsExactly("Accepted", "Ended");
        assertThat(ended().responseId()).isEqualTo(request.responseId());
    }

    @Test
    void aRequestOfAClockThatIsHoursAheadEndsAndLeavesNoTrace() {
        now += Duration.ofHours(3).toMillis();
        Request.Submit request = request(spec(null));
        now -= Duration.ofHours(3).toMillis();
        send(request);

        assertThat(newSteps()).containsExactly("Accepted", "Ended");
        assertThat(header(deadLetter(Topics.REQUESTS), Headers.DLT_REASON)).contains("future");
        try (var kept = driver.<String, byte[]>getWindowStore(TurnStore.ENDED).all()) {
            assertThat(kept.hasNext()).isFalse();
        }
    }

    @Test
    void aCopyOfARequestThatCanNotBeReadDoesItsTurnNoHarm() {
        announce(Stage.LLM, "w1");
        Request.Submit request = request(spec(null));
        send(request);
        newSteps();
        pipe(ofTomorrow(Records.request(request, Context.root())));
        assertThat(newSteps()).isEmpty();

        complete(Stage.LLM, assigned(), answer("hi"));
        assertThat(ended().status()).isEqualTo(StepEvent.Status.COMPLETED);
    }

    @Test
    void whatNamesNoTurnEndsNone() {
        for (String value :
                new String[] {"no json", "[]", "{\"type\":\"submit\"}", "{\"type\":\"submit\",\"responseId\":7}"}) {
            pipe(withValue(Records.request(request(spec(null)), Context.root()), value));
        }
        Request.Submit elsewhere = request(spec(null), ResponseId.conversation(1, 7));
        pipe(ofTomorrow(Records.request(elsewhere, Context.root())));
        assertThat(newSteps()).isEmpty();
        assertThat(output(Topics.deadLetters(Topics.REQUESTS)).getQueueSize()).isEqualTo(5);
    }

    @Test
    void aHeaderWithoutAValueIsNoReasonToStop() {
        ProducerRecord<String, byte[]> record = Records.request(request(spec(null)), Context.root());
        record.headers().remove(Headers.SCHEMA_VERSION);
        record.headers().add(Headers.SCHEMA_VERSION, null);
        pipe(record);
        assertThat(header(deadLetter(Topics.REQUESTS), Headers.DLT_REASON)).contains(Headers.SCHEMA_VERSION);
    }

    @Test
    void aRecordThatIsTooLargeForTheDeadLettersLeavesItsValueBehind() {
        byte[] large = new byte[TopicSpecs.MAX_RECORD_BYTES + (40 << 10)];
        input(Topics.REQUESTS).pipeInput("k", large);

        TestRecord<String, byte[]> dead = deadLetter(Topics.REQUESTS);
        assertThat(dead.value()).isNull();
        assertThat(header(dead, Headers.DLT_OMITTED_BYTES)).isEqualTo(Integer.toString(large.length));
        assertThat(header(dead, Headers.DLT_OFFSET)).isEqualTo("0");
    }

    @Test
    void aResultOfANewerVersionIsAFailedAttemptAndAtLastAFailedTurn() {
        announce(Stage.LLM, "w1");
        submit(spec(null));
        int answered = 0;
        for (int second = 0; second < 60 && !newSteps().contains("Ended"); second++) {
            StepEvent.CallAssigned call = assigned();
            if (call.ref().attempt() == answered) {
                answered++;
                CallResult result = new CallResult.Completed(call.ref(), call.conversation(), "w1", 3, answer("hi"));
                pipe(ofTomorrow(Records.result(Stage.LLM, result, Context.root())));
            }
            announce(Stage.LLM, "w1");
            pass(1_000);
        }
        assertThat(answered).isEqualTo(Limits.DEFAULT.maxAttempts());
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.UNREADABLE);
        assertThat(boundary().outcomes().getFirst().frames()).isEqualTo(3);
    }

    @Test
    void aResultThatCountsNoFramesEndsTheTurnAndDoesNotHideThatTheToolMayHaveRun() {
        announce(Stage.LLM, "w1");
        announce(Stage.TOOL, "t1");
        submit(spec(null));
        complete(Stage.LLM, assigned(), asks(TOOL.name()));
        newSteps();
        StepEvent.CallAssigned call = assigned();
        CallResult result =
                new CallResult.Completed(call.ref(), call.conversation(), "t1", 2, new CallOutput.Tool("42", null));
        pipe(withValue(
                Records.result(Stage.TOOL, result, Context.root()),
                Json.text(result).replace("\"frames\":2", "\"frames\":\"two\"")));

        assertThat(newSteps()).containsExactly("StepEnded", "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.UNREADABLE);
        assertThat(boundary().outcomes().getFirst().error().code()).isEqualTo(ErrorCodes.OUTCOME_UNKNOWN);
        assertThat(boundary().outcomes().getFirst().sealed()).isTrue();
    }

    @Test
    void aResultThatNobodyWaitsForHarmsNobody() {
        announce(Stage.LLM, "w1");
        submit(spec(null));
        newSteps();
        StepEvent.CallAssigned call = assigned();
        CallResult foreign = new CallResult.Completed(call.ref(), call.conversation(), "w2", 3, answer("no"));
        CallResult later = new CallResult.Completed(call.ref().next(), call.conversation(), "w1", 3, answer("no"));
        pipe(ofTomorrow(Records.result(Stage.LLM, foreign, Context.root())));
        pipe(ofTomorrow(Records.result(Stage.LLM, later, Context.root())));
        pipe(withValue(Records.result(Stage.LLM, foreign, Context.root()), "garbage"));
        assertThat(newSteps()).isEmpty();

        complete(Stage.LLM, call, answer("hi"));
        assertThat(ended().status()).isEqualTo(StepEvent.Status.COMPLETED);
        assertThat(meters.get("voice.agent.orchestrator.dead.letters").counter().count())
                .isEqualTo(3);
    }
}
