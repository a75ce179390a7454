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
                    {}                              | 'n'
                    ''                              | 'n'
                    {"n":0}                         | n
                    {"n":"1"}                       | n
                    {"n":1,"s":"too long"}          | s
                    {"n":1,"x":1}                   | 'x'
                    {"n":1,"o":{"deep":"c"}}        | deep
                    [1]                             | object
                    7                               | object
                    {"n":                           | not JSON
                    {"n":1} {"n":2}                 | not JSON
                    """)
    void namesTheField(String arguments, String named) {
        assertThat(check.check(TOOL, arguments))
                .isInstanceOfSatisfying(
                        Verdict.Violates.class,
                        v -> assertThat(v.violations())
                                .anySatisfy(violation -> assertThat(violation).contains(named)));
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
