package io.voiceagent.agent.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.voiceagent.messages.CallOutput.Finish;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.TokenLogprob;
import io.voiceagent.messages.Usage;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class AnswerTest {
    private static final int MAX_CHARS = 1_000_000;

    /** What an endpoint may send. */
    sealed interface Piece {
        record Text(String text) implements Piece {}

        record Thought(String text) implements Piece {}

        record Call(int index, String id, String name, String arguments) implements Piece {}

        record WholeCall(int index, String id, String name, String arguments) implements Piece {}

        default void to(Answer answer) {
            switch (this) {
                case Text(String text) -> answer.text(text);
                case Thought(String text) -> answer.reasoning(text);
                case Call(int index, String id, String name, String arguments) ->
                    answer.call(index, id, name, arguments);
                case WholeCall(int index, String id, String name, String arguments) ->
                    answer.callComplete(index, id, name, arguments);
            }
        }
    }

    @Provide
    Arbitrary<List<Piece>> pieces() {
        Arbitrary<String> text = Arbitraries.strings().ofMinLength(1).ofMaxLength(40);
        Arbitrary<String> id = Arbitraries.of("", "a", "b", "call_1").injectNull(0.3);
        Arbitrary<Integer> index = Arbitraries.integers().between(0, 4);
        return Arbitraries.<Piece>oneOf(
                        text.map(Piece.Text::new),
                        text.map(Piece.Thought::new),
                        Combinators.combine(index, id, text)
                                .as((i, callId, arguments) -> new Piece.Call(i, callId, "tool", arguments)),
                        Combinators.combine(index, id, text)
                                .as((i, callId, arguments) -> new Piece.WholeCall(i, callId, "tool", arguments)))
                .list()
                .ofMaxSize(60);
    }

    private static Answer answer(Recorder recorder, int maxChars) {
        return new Answer(Recorder.REF, Set.of("a"), maxChars, recorder);
    }

    private static List<Item> items(Answer answer) {
        return answer.output(Finish.STOP, Usage.NONE, null).items();
    }

    @Property
    void itemsAreTheConcatenationOfTheDeltas(@ForAll("pieces") List<Piece> pieces) {
        Recorder recorder = new Recorder();
        Answer answer = answer(recorder, MAX_CHARS);
        pieces.forEach(piece -> piece.to(answer));

        assertThat(items(answer)).isEqualTo(recorder.items());
        assertThat(answer.isStarted()).isEqualTo(!recorder.deltas.isEmpty());
    }

    @Property
    void callIdsAreThereAndNeverTwice(@ForAll("pieces") List<Piece> pieces) {
        Recorder recorder = new Recorder();
        Answer answer = answer(recorder, MAX_CHARS);
        pieces.forEach(piece -> piece.to(answer));

        assertThat(items(answer).stream()
                        .filter(Item.ToolCall.class::isInstance)
                        .map(item -> ((Item.ToolCall) item).callId()))
                .doesNotHaveDuplicates()
                .doesNotContain("a")
                .allSatisfy(id -> assertThat(id).isNotBlank());
    }

    @Property
    void alsoWhenTheSinkRefusesAtAnyMoment(
            @ForAll("pieces") List<Piece> pieces, @ForAll @IntRange(max = 30) int taken) {
        Recorder recorder = new Recorder();
        Answer answer = new Answer(Recorder.REF, Set.of(), MAX_CHARS, delta -> {
            if (recorder.deltas.size() >= taken) {
                throw new IllegalStateException("refused");
            }
            recorder.accept(delta);
        });
        Throwable refused = catchThrowable(() -> pieces.forEach(piece -> piece.to(answer)));

        assertThat(items(answer)).isEqualTo(recorder.items());
        assertThat(refused == null).isEqualTo(recorder.deltas.size() < taken || fits(pieces, taken));
    }

    private static boolean fits(List<Piece> pieces, int taken) {
        Recorder all = new Recorder();
        Answer answer = new Answer(Recorder.REF, Set.of(), MAX_CHARS, all);
        pieces.forEach(piece -> piece.to(answer));
        return all.deltas.size() <= taken;
    }

    @Property(tries = 20)
    void longPiecesAreCutBetweenCharactersOnly(@ForAll @IntRange(min = 20_000, max = 60_000) int length) {
        String text = "a" + "\uD83D\uDE00".repeat(length);
        Recorder recorder = new Recorder();
        answer(recorder, MAX_CHARS).text(text);

        assertThat(recorder.text()).isEqualTo(text);
        assertThat(recorder.deltas).hasSizeGreaterThan(1).allSatisfy(delta -> {
            String piece = ((Frame.Text) delta).text();
            assertThat(piece.length()).isLessThanOrEqualTo(32 * 1024);
            assertThat(Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                    .isFalse();
        });
    }

    @Example
    void logProbabilitiesGoWithTheBeginningOfTheirTextUpToABound() {
        Recorder recorder = new Recorder();
        Answer answer = answer(recorder, MAX_CHARS);
        TokenLogprob.Candidate candidate = new TokenLogprob.Candidate("b", -2, null);
        TokenLogprob logprob = new TokenLogprob("a", -1, null, Collections.nCopies(19, candidate));
        answer.text("a".repeat(40_000), List.of(logprob));
        assertThat(recorder.deltas)
                .extracting(delta -> ((Frame.Text) delta).logprobs())
                .containsExactly(List.of(logprob), null);

        recorder.deltas.clear();
        for (int i = 0; i < 1_100; i++) {
            answer.text("a", List.of(logprob));
        }
        assertThat(recorder.deltas).hasSize(1_100);
        // 20,000 in all, the first piece's among them
        assertThat(recorder.deltas.stream().filter(delta -> ((Frame.Text) delta).logprobs() != null))
                .hasSize(999);
    }

    @Property(tries = 50)
    void noMoreIsGivenOnThanTheBound(@ForAll("pieces") List<Piece> pieces, @ForAll @IntRange(max = 300) int bound) {
        Recorder recorder = new Recorder();
        Answer answer = answer(recorder, bound);
        Throwable tooMuch = catchThrowable(() -> pieces.forEach(piece -> piece.to(answer)));

        int given = recorder.deltas.stream()
                .mapToInt(delta -> switch (delta) {
                    case Frame.Text(String text, var _) -> text.length();
                    case Frame.ReasoningText(String text) -> text.length();
                    case Frame.ToolCallArguments(int index, String text) -> text.length();
                    default -> 0;
                })
                .sum();
        assertThat(given).isLessThanOrEqualTo(bound);
        if (tooMuch != null) {
            assertThat(tooMuch).isInstanceOf(FailureException.class);
            assertThat(((FailureException) tooMuch).failure().retryable()).isFalse();
        }
    }
}
