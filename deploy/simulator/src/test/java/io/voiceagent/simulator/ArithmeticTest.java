package io.voiceagent.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArithmeticTest {

    @ParameterizedTest
    @CsvSource({
        "what is 12*7?, 12*7",
        "what is 12 * 7 please, 12*7",
        "what is 12 times 7, 12*7",
        "3 plus 4 minus 2, 3+4-2",
        "(3+4)*2 and the rest, (3+4)*2",
        "as said (see 3*4) before, 3*4",
        "half of it: 2^10/-2., 2^10/-2",
        "on 2026-01-31 it was 1.5+2, 1.5+2"
    })
    void findsTheExpression(String text, String expression) {
        assertThat(Arithmetic.in(text)).contains(expression);
    }

    @ParameterizedTest
    @CsvSource({"just 12", "call 555", "on 2026-01-31", "version 1.2.3", "a-1 b+2", "''"})
    void findsNoneWhereThereIsNone(String text) {
        assertThat(Arithmetic.in(text)).isEmpty();
    }

    @Property
    void findsAnyExpressionInsideWords(@ForAll("expressions") String expression) {
        assertThat(Arithmetic.in("tell me " + expression + " now")).contains(expression);
    }

    @Property
    void whatIsFoundHasBalancedParentheses(@ForAll("soup") String text) {
        Arithmetic.in(text)
                .ifPresent(found -> assertThat(found.chars()
                                .map(c -> c == '(' ? 1 : c == ')' ? -1 : 0)
                                .sum())
                        .isZero());
    }

    @Test
    void longHostileTextEndsQuickly() {
        String text = "((( 1 ".repeat(5_000) + "1 ".repeat(50_000);
        long begun = System.nanoTime();
        assertThat(Arithmetic.in(text)).isEmpty();
        assertThat(System.nanoTime() - begun).isLessThan(5_000_000_000L);
    }

    @Provide
    Arbitrary<String> expressions() {
        Arbitrary<String> number = Arbitraries.integers().between(0, 9999).map(String::valueOf);
        return Arbitraries.lazyOf(
                        () -> number, () -> binary(number), () -> binary(number).map(e -> "(" + e + ")*3"))
                .filter(e -> e.matches(".*[-+*/^%].*"));
    }

    private static Arbitrary<String> binary(Arbitrary<String> number) {
        return Combinators.combine(number, Arbitraries.of("+", "-", "*", "/", "^", "%"), number)
                .as((a, op, b) -> a + op + b);
    }

    @Provide
    Arbitrary<String> soup() {
        return Arbitraries.strings().withChars("0123456789 ()+-*/^%.ab").ofMaxLength(60);
    }
}
