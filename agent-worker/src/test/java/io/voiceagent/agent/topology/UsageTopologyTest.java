package io.voiceagent.agent.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Price;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.TenantUsage;
import io.voiceagent.messages.Topics;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.Usage;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;

/** What is published of what the turns' model calls have used. */
class UsageTopologyTest extends TopologyHarness {
    private static final Price PRICE = new Price(3, 1, 5);

    private static ResponseSpec priced() {
        return spec(null).toBuilder()
                .spend(new ResponseSpec.Spend(null, null, PRICE))
                .build();
    }

    private static CallOutput.Model answer(long input, long output) {
        return new CallOutput.Model(
                List.of(new Item.Message(Item.Role.ASSISTANT, "yes")),
                CallOutput.Finish.STOP,
                new Usage(input, 0, output, 0),
                "model");
    }

    private List<TenantUsage> totals() {
        return output(Topics.USAGE).readValuesToList().stream()
                .map(value -> Json.read(value, TenantUsage.class))
                .toList();
    }

    @Test
    void eachCallIsAddedToTheDayOfItsTenant() {
        announce(Stage.LLM, "w1");
        submit(priced());
        complete(Stage.LLM, assigned(), answer(10, 4));
        TestRecord<String, byte[]> record = output(Topics.USAGE).readRecord();
        assertThat(record.key()).isEqualTo("2026-01-01/tenant");
        assertThat(Json.read(record.value(), TenantUsage.class))
                .isEqualTo(new TenantUsage(
                        "tenant", TenantUsage.day(START.toEpochMilli()), new Usage(10, 0, 4, 0), 10 * 3 + 4 * 5));

        submit(spec("without a price"));
        complete(Stage.LLM, assigned(), answer(1, 1));
        assertThat(totals()).singleElement().satisfies(total -> {
            assertThat(total.tokens()).isEqualTo(16);
            assertThat(total.cost()).isEqualTo(50);
        });
    }

    @Test
    void anotherDayBeginsAtNothing() {
        announce(Stage.LLM, "w1");
        submit(priced());
        complete(Stage.LLM, assigned(), answer(10, 4));
        pass(Duration.ofDays(1).toMillis());
        announce(Stage.LLM, "w2");
        submit(priced());
        complete(Stage.LLM, assigned(), answer(1, 0));
        assertThat(totals())
                .extracting(TenantUsage::key, TenantUsage::cost)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("2026-01-01/tenant", 50L),
                        org.assertj.core.groups.Tuple.tuple("2026-01-02/tenant", 3L));
    }

    @Test
    void aResultThatIsToldAgainIsCountedOnce() {
        announce(Stage.LLM, "w1");
        submit(priced());
        StepEvent.CallAssigned call = assigned();
        complete(Stage.LLM, call, answer(10, 4));
        complete(Stage.LLM, call, answer(10, 4));
        assertThat(totals()).hasSize(1);
    }

    @Test
    void whatWasReplacedIsCountedWhenItAnswersAtLast() {
        announce(Stage.LLM, "w1");
        submit(priced());
        StepEvent.CallAssigned first = assigned();
        // w1 is not heard of any more, while others are
        for (int i = 0; i <= Announcement.LEASE_MILLIS / 1_000 + 1; i++) {
            pass(1_000);
            echo();
            announce(Stage.LLM, "w2");
        }
        pass(1_000);
        StepEvent.CallAssigned second = assigned();
        assertThat(second.owner()).isEqualTo("w2");
        complete(Stage.LLM, second, answer(10, 4));
        assertThat(ended().cost()).isEqualTo(50);
        complete(Stage.LLM, first, answer(100, 0));
        complete(Stage.LLM, first, answer(100, 0));
        assertThat(totals()).extracting(TenantUsage::cost).containsExactly(50L, 350L);
    }

    @Test
    void aTurnThatEndedBeforeItsFirstAnswerIsPaidForToo() {
        announce(Stage.LLM, "w1");
        String id = submit(priced());
        StepEvent.CallAssigned call = assigned();
        send(new Request.Cancel(id, call.conversation(), "tenant"));
        pass(TURN_MILLIS);
        assertThat(ended().responseId()).isEqualTo(id);
        assertThat(totals()).isEmpty();
        complete(Stage.LLM, call, answer(10, 4));
        assertThat(totals()).extracting(TenantUsage::cost).containsExactly(50L);
    }

    @Test
    void aStoppedAnswerIsEstimatedAndAFailedOneTellsNothing() {
        announce(Stage.LLM, "w1");
        String id = submit(priced());
        StepEvent.CallAssigned call = assigned();
        send(new Request.Cancel(id, call.conversation(), "tenant"));
        CallOutput.Model half = new CallOutput.Model(
                List.of(new Item.Message(Item.Role.ASSISTANT, "word ".repeat(100))),
                CallOutput.Finish.STOP,
                Usage.NONE,
                null);
        send(Stage.LLM, new CallResult.Stopped(call.ref(), call.conversation(), call.owner(), 2, half));
        assertThat(totals()).singleElement().satisfies(total -> {
            assertThat(total.usage().inputTokens()).isPositive();
            assertThat(total.usage().outputTokens()).isBetween(50L, 500L);
        });

        submit(priced());
        StepEvent.CallAssigned failing = assigned();
        send(
                Stage.LLM,
                new CallResult.Failed(
                        failing.ref(),
                        failing.conversation(),
                        failing.owner(),
                        1,
                        new TurnError(ErrorCodes.MODEL_ERROR, "no"),
                        false,
                        0));
        assertThat(totals()).isEmpty();
    }
}
