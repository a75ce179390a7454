package io.voiceagent.tool.tools.calculator;

import com.ezylang.evalex.EvaluationException;
import com.ezylang.evalex.Expression;
import com.ezylang.evalex.config.ExpressionConfiguration;
import com.ezylang.evalex.data.EvaluationValue;
import com.ezylang.evalex.parser.ParseException;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.tool.core.Descriptions;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolCall;
import io.voiceagent.tool.core.ToolFailure;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Evaluates arithmetic in decimal numbers of 34 digits, by EvalEx.
 *
 * <p>The text comes from a model, so from a stranger: it is bounded in length and depth, offers no function that takes
 * time or memory beyond its text, and its numbers stay below 10^5000 in every step.
 */
public final class Calculator implements Tool {
    private static final int MAX_EXPRESSION = 1_000;
    /** A literal is no step: nothing converts it before an operator takes it. */
    private static final Pattern HUGE_LITERAL = Pattern.compile("[0-9.][eE][+-]?[0-9]{4,}");
    /** The parser takes the sign for the second operand. */
    private static final Pattern SIGNED_EXPONENT = Pattern.compile("\\^\\s*[-+]");
    /** Exponents up to this are written out. */
    private static final int MAX_PLAIN_EXPONENT = 40;

    private static final ToolDescription DESCRIPTION = Descriptions.builtin(
            "calculator",
            ToolDescription.Kind.MCP,
            "Evaluates an arithmetic expression with 34 significant digits and returns the number. Operators: + - * / ^,"
                    + " % (remainder), parentheses, comparisons (= != < > <= >=), && || !. Functions: ABS, AVERAGE, CEILING,"
                    + " FACT, FLOOR, IF(condition, then, else), LN, LOG10, MAX, MIN, ROUND(x, places), SQRT, SUM, SIN, COS,"
                    + " TAN, ASIN, ACOS, ATAN, ATAN2(y, x) (in radians), DEG (to degrees), RAD (to radians). Constants: PI, E.",
            """
            {
              "type": "object",
              "properties": {
                "expression": {
                  "type": "string",
                  "description": "The expression, for example (1234.5 * 3 - 7) / 2",
                  "minLength": 1,
                  "maxLength": %d
                }
              },
              "required": ["expression"],
              "additionalProperties": false
            }
            """.formatted(MAX_EXPRESSION),
            true,
            Duration.ofSeconds(2),
            6_000);

    private final ExpressionConfiguration configuration = Arithmetic.configuration();

    @Override
    public ToolDescription description() {
        return DESCRIPTION;
    }

    @Override
    public String run(ToolCall call) throws ToolFailure {
        return evaluate(call.arguments().path("expression").asString());
    }

    String evaluate(String expression) throws ToolFailure {
        if (HUGE_LITERAL.matcher(expression).find()) {
            throw ToolFailure.arguments("expression: a number is out of range");
        }
        if (SIGNED_EXPONENT.matcher(expression).find()) {
            throw ToolFailure.arguments("expression: an exponent with a sign needs parentheses, as in 2 ^ (-3)");
        }
        EvaluationValue value;
        try {
            value = new Expression(expression, configuration).evaluate();
        } catch (ParseException e) {
            throw ToolFailure.arguments("expression: " + e.getMessage() + " at position " + e.getStartPosition());
        } catch (EvaluationException e) {
            throw ToolFailure.arguments("expression: " + e.getMessage());
        } catch (ArithmeticException | NumberFormatException e) {
            throw ToolFailure.arguments("expression: the result is not a number within range");
        }
        return switch (value.getDataType()) {
            case NUMBER -> text(value.getNumberValue());
            case BOOLEAN -> String.valueOf(value.getBooleanValue());
            default -> throw ToolFailure.arguments("expression: the result must be a number or a truth value");
        };
    }

    /** Written out where a reader can take it in, else with an exponent: 1E+4000 has 4,001 digits. */
    private static String text(BigDecimal number) {
        BigDecimal stripped = number.stripTrailingZeros();
        if (stripped.scale() > 0) {
            // A root and the constants have more digits than the arithmetic vouches for; whole numbers are exact
            stripped = stripped.round(MathContext.DECIMAL128).stripTrailingZeros();
        }
        int exponent = stripped.precision() - stripped.scale();
        boolean plain = Math.abs(exponent) <= MAX_PLAIN_EXPONENT && stripped.scale() <= 2 * MAX_PLAIN_EXPONENT;
        return plain ? stripped.toPlainString() : stripped.toString();
    }
}
