package io.voiceagent.tool.tools.calculator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.tool.ToolContract;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolFailure;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CalculatorTest extends ToolContract {
    private final Calculator calculator = new Calculator();

    @Override
    protected Tool tool() {
        return calculator;
    }

    @Override
    protected String example() {
        return "{\"expression\":\"(1234.5 * 3 - 7) / 2\"}";
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    (1234.5 * 3 - 7) / 2       | 1848.25
                    0.1 + 0.2                  | 0.3
                    2 ^ 10                     | 1024
                    -2 ^ 2                     | -4
                    17 % 5                     | 2
                    1 / 3                      | 0.3333333333333333333333333333333333
                    ROUND(2.5, 0)              | 3
                    ROUND(1234.567, -2)        | 1200
                    FACT(20)                   | 2432902008176640000
                    SQRT(2) * SQRT(2) > 1.99   | true
                    MAX(1, 7, 3) + MIN(4, 2)   | 9
                    IF(3 > 2, 10, 20)          | 10
                    1e40 + 1                   | 1E+40
                    ROUND(SIN(RAD(30)), 10)    | 0.5
                    ROUND(sin(pi / 2), 10)     | 1
                    2 ^ (-3)                   | 0.125
                    10 ^ (-60)                 | 1E-60
                    2 ^ (-200) * 2 ^ 200       | 1
                    SQRT(2)                    | 1.414213562373095048801688724209698
                    FACT(30)                   | 265252859812191058636308480000000
                    LOG10(1000)                | 3
                    """)
    void calculates(String expression, String result) throws Exception {
        assertThat(calculator.evaluate(expression)).isEqualTo(result);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1 / 0",
                "1 +",
                "foo + 1",
                "(1",
                "\"text\"",
                "DT_NOW()",
                "STR_UPPER(\"a\")",
                "RANDOM()",
                "(-8) ^ 0.5",
                "SQRT(-1)",
                "FACT(1000000000)",
                "FACT(2.5)",
                "ROUND(1, 2000000000)",
                "1e999999999 % 3",
                "FLOOR(1e999999999)",
                "2 ^ 1e9999",
                "9 ^ 99999999",
                "0 ^ (-1)",
                "2 ^ -3",
                "2 ^ (-999999999)",
                "10 ^ 4000 * 10 ^ 4000",
                "FLOOR(10 ^ 4000 * 10 ^ 4000 * 10 ^ 4000)",
                "IF(1"
            })
    void whatIsNoNumberIsToldByField(String expression) {
        long begin = System.nanoTime();
        assertThatThrownBy(() -> calculator.evaluate(expression))
                .isInstanceOfSatisfying(
                        ToolFailure.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCodes.TOOL_ARGUMENTS))
                .hasMessageStartingWith("expression: ")
                .hasMessageNotContaining("\n");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
    }

    @ParameterizedTest
    @MethodSource("worst")
    void theWorstThatFitsIsQuick(String expression) throws Exception {
        assertThat(expression).hasSizeLessThanOrEqualTo(1_000);
        long begin = System.nanoTime();
        Throwable refused;
        // As the stage does: on a virtual thread, whose stack has bounds of its own
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            refused = threads.submit(() -> catchThrowable(() -> calculator.evaluate(expression)))
                    .get();
        }

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
        if (refused != null) {
            assertThat(refused).isInstanceOf(ToolFailure.class);
        }
    }

    @Test
    void aLongerExpressionNeverReachesTheParser() {
        assertThatThrownBy(() -> call("{\"expression\":\"" + "1+".repeat(500) + "1\"}"))
                .hasMessageContaining("expression")
                .hasMessageContaining("1000");
    }

    static Stream<String> worst() {
        return Stream.of(
                "FACT(1000)" + "/FACT(999)*FACT(1000)".repeat(40),
                "SQRT(".repeat(160) + "2" + ")".repeat(160),
                "LOG(".repeat(160) + "2" + ")".repeat(160),
                "9^".repeat(499) + "9",
                "1+".repeat(499) + "1",
                "-(".repeat(330) + "1" + ")".repeat(330),
                "(".repeat(499) + "1" + ")".repeat(499),
                "ROUND(1/3,100)*".repeat(60) + "1",
                "7".repeat(1_000));
    }
}
