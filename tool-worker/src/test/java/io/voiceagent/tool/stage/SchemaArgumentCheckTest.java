package io.voiceagent.tool.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.voiceagent.messages.ToolDescription;
import io.voiceagent.tool.core.ArgumentCheck;
import io.voiceagent.tool.core.ArgumentCheck.Verdict;
import io.voiceagent.tool.core.Descriptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaArgumentCheckTest {
    private static final ToolDescription TOOL =
            Descriptions.builtin("t", ToolDescription.Kind.MCP, "x", """
            {"type":"object","properties":{"n":{"type":"integer","minimum":1},"s":{"type":"string","maxLength":5},
             "o":{"type":"object","properties":{"deep":{"enum":["a","b"]}}}},"required":["n"],"additionalProperties":false}
            """, true, Duration.ofSeconds(1), 200);

    private final ArgumentCheck check = new SchemaArgumentCheck();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {}                              | required property 'n' not found
                    ''                              | required property 'n' not found
                    {"n":0}                         | n: must have a minimum value of 1
                    {"n":"1"}                       | n: string found, integer expected
                    {"n":1e999999999}               | n:
                    {"n":1e-999999999}              | n:
                    {"n":1,"s":"too long"}          | s: must be at most 5 characters long
                    {"n":1,"x":1}                   | property 'x' is not defined
                    {"n":1,"o":{"deep":"c"}}        | o/deep:
                    [1]                             | the arguments must be a JSON object
                    7                               | the arguments must be a JSON object
                    {"n":                           | the arguments are not JSON: Unexpected end-of-input
                    {'n':1}                         | the arguments are not JSON: Unexpected character
                    {"n":1} {"n":2}                 | the arguments are not JSON: Trailing token
                    """)
    void namesTheArgumentAndWhatIsWrong(String arguments, String told) {
        assertThat(check.check(TOOL, arguments))
                .isInstanceOfSatisfying(
                        Verdict.Violates.class,
                        v -> assertThat(v.violations())
                                .anySatisfy(violation -> assertThat(violation).startsWith(told)));
    }

    @Test
    void givesTheArgumentsThatFit() {
        assertThat(check.check(TOOL, "{\"n\":3}"))
                .isInstanceOfSatisfying(
                        Verdict.Fits.class,
                        fits -> assertThat(fits.arguments().path("n").asInt()).isEqualTo(3));
    }

    @Test
    void hugeOrDeepArgumentsAreRefused() {
        assertThat(check.check(TOOL, "{\"n\":1,\"s\":\"" + "x".repeat(70_000) + "\"}"))
                .isInstanceOf(Verdict.Violates.class);
        assertThat(check.check(TOOL, "[".repeat(30_000))).isInstanceOf(Verdict.Violates.class);
    }

    @Test
    void aFewViolationsAreEnough() {
        StringBuilder many = new StringBuilder("{\"n\":1");
        for (int i = 0; i < 100; i++) {
            many.append(",\"x").append(i).append("\":1");
        }
        assertThat(check.check(TOOL, many.append('}').toString()))
                .isInstanceOfSatisfying(
                        Verdict.Violates.class, v -> assertThat(v.violations()).hasSizeLessThanOrEqualTo(5));
    }
}
