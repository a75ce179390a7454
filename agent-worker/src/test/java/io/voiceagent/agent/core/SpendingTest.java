package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Price;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.Usage;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class SpendingTest {
    private static final ToolSpec HOSTED = new ToolSpec.Mcp("builtin", null, null);
    private static final Price PRICE = new Price(2, 1, 10);

    private final Fixtures.FixedWorkers workers = Fixtures.FixedWorkers.of("w1", "w2");

    private static ResponseSpec spec(Integer maxOutputTokens, Long limit, Price price) {
        return Fixtures.spec(maxOutputTokens, null, HOSTED).toBuilder()
                .spend(new ResponseSpec.Spend(limit, limit, price))
                .build();
    }

    private static CallOutput.Model answer(CallOutput.Finish finish, Usage usage) {
        Item item = finish == CallOutput.Finish.TOOL_CALLS
                ? Fixtures.call("c1", "pure")
                : new Item.Message(Item.Role.ASSISTANT, "words");
        return new CallOutput.Model(List.of(item), finish, usage, "model");
    }

    private static Integer bound(Table table) {
        return Prompt.request((Turn.Open) table.turn, List.of(), 128_000).maxOutputTokens();
    }

    @Test
    void whatIsLeftBoundsTheNextAnswer() {
        Table table = new Table(workers).submit(spec(null, 10_000L, PRICE));
        Integer first = bound(table);
        assertThat(first).isBetween(900, 1_000);

        table.complete(0, answer(CallOutput.Finish.TOOL_CALLS, new Usage(100, 40, 50, 0)));
        table.complete(0, new CallOutput.Tool("", null));
        // 10,000 less 60·2 + 40·1 + 50·10 for the first call, less 150·2 and the tool's answer for the input of the
        // second
        assertThat(bound(table)).isEqualTo((int) (10_000 - 660 - 300 - 2 * Window.tokens("")) / 10);
        table.complete(0, answer(CallOutput.Finish.STOP, new Usage(150, 0, 20, 0)));
        assertThat(table.ended().cost()).isEqualTo(660 + 300 + 200);
        assertThat(table.ended().status()).isEqualTo(Status.COMPLETED);
    }

    @Test
    void aCallThatIsNotPaidForIsNotMade() {
        Table table = new Table(workers).submit(spec(null, 1_000L, PRICE));
        table.complete(0, answer(CallOutput.Finish.TOOL_CALLS, new Usage(100, 0, 50, 0)));
        table.complete(0, new CallOutput.Tool("42", null));

        assertThat(table.ended().status()).isEqualTo(Status.INCOMPLETE);
        assertThat(table.ended().incompleteReason()).isEqualTo(Reasons.MAX_COST);
        assertThat(table.ended().cost()).isEqualTo(700);
    }

    @Test
    void theReasonIsWhatBoundTheAnswer() {
        Table byMoney = new Table(workers).submit(spec(5_000, 10_000L, PRICE));
        byMoney.complete(0, answer(CallOutput.Finish.LENGTH, new Usage(1, 0, 950, 0)));
        assertThat(byMoney.ended().incompleteReason()).isEqualTo(Reasons.MAX_COST);

        Table byTokens = new Table(workers).submit(spec(100, 10_000L, PRICE));
        assertThat(bound(byTokens)).isEqualTo(100);
        byTokens.complete(0, answer(CallOutput.Finish.LENGTH, new Usage(1, 0, 100, 0)));
        assertThat(byTokens.ended().incompleteReason()).isEqualTo(Reasons.MAX_OUTPUT_TOKENS);
    }

    @Test
    void withoutAPriceThereIsNoLimitAndNoCost() {
        Table table = new Table(workers).submit(spec(null, 1L, null));
        assertThat(bound(table)).isNull();
        table.complete(0, answer(CallOutput.Finish.STOP, new Usage(1, 0, 1, 0)));
        assertThat(table.ended().cost()).isNull();
    }

    /** An endpoint that keeps to its bound, and whose input is as estimated or less, can't cost more than the limit. */
    @Property(tries = 500)
    void theLimitHolds(
            @ForAll @LongRange(min = 1, max = 200_000) long limit,
            @ForAll @IntRange(max = 50) int inputPrice,
            @ForAll @IntRange(max = 50) int outputPrice,
            @ForAll @IntRange(min = 1, max = 6) int rounds,
            @ForAll @IntRange(min = 1, max = 400) int said) {
        Price price = new Price(inputPrice, inputPrice, outputPrice);
        Table table = new Table(workers).submit(spec(null, limit, price));
        long context = 1;
        for (int i = 0; i < rounds && table.turn instanceof Turn.Running running; i++) {
            Integer bound = bound(table);
            int tokens = bound == null ? said : Math.min(bound, said);
            assertThat(running.step().number()).isEqualTo(2 * i);
            table.complete(0, answer(CallOutput.Finish.TOOL_CALLS, new Usage(context, 0, tokens, 0)));
            context += tokens;
            if (table.turn instanceof Turn.Running) {
                table.complete(0, new CallOutput.Tool("", null));
            }
        }
        Long cost = Spending.cost(
                table.turn instanceof Turn.Open open ? open : (Turn.Open) Turn.fold(table.id, head(table)));
        assertThat(cost).isLessThanOrEqualTo(limit);
    }

    private static List<io.voiceagent.messages.StepEvent> head(Table table) {
        return table.events.subList(0, table.events.size() - 1);
    }
}
