package io.voiceagent.tool.tools.calculator;

import com.ezylang.evalex.EvaluationException;
import com.ezylang.evalex.Expression;
import com.ezylang.evalex.config.ExpressionConfiguration;
import com.ezylang.evalex.config.FunctionDictionaryIfc;
import com.ezylang.evalex.config.MapBasedFunctionDictionary;
import com.ezylang.evalex.config.OperatorDictionaryIfc;
import com.ezylang.evalex.data.EvaluationValue;
import com.ezylang.evalex.data.conversion.DefaultEvaluationValueConverter;
import com.ezylang.evalex.data.conversion.EvaluationValueConverterIfc;
import com.ezylang.evalex.functions.AbstractFunction;
import com.ezylang.evalex.functions.FunctionIfc;
import com.ezylang.evalex.functions.FunctionParameter;
import com.ezylang.evalex.operators.InfixOperator;
import com.ezylang.evalex.operators.OperatorIfc;
import com.ezylang.evalex.operators.arithmetic.InfixPowerOfOperator;
import com.ezylang.evalex.parser.Token;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** EvalEx without what a stranger must not have: dates, strings, random numbers, and work without bound. */
final class Arithmetic {
    /** No number has more digits before the point, or zeros after it, than this. */
    static final int MAX_EXPONENT = 5_000;

    private static final int MAX_FACTORIAL = 1_000;
    private static final int MAX_PLACES = 100;
    /** More than an expression of the greatest length can need, and far less than a stack holds. */
    private static final int MAX_DEPTH = 1_500;

    /** Our name → the library's, whose own SIN and the like take degrees, unlike those of every programming language. */
    private static final Map<String, String> FUNCTIONS = Map.ofEntries(
            Map.entry("ABS", "ABS"),
            Map.entry("AVERAGE", "AVERAGE"),
            Map.entry("CEILING", "CEILING"),
            Map.entry("FLOOR", "FLOOR"),
            Map.entry("IF", "IF"),
            Map.entry("LN", "LOG"),
            Map.entry("LOG10", "LOG10"),
            Map.entry("MAX", "MAX"),
            Map.entry("MIN", "MIN"),
            Map.entry("SQRT", "SQRT"),
            Map.entry("SUM", "SUM"),
            Map.entry("SIN", "SINR"),
            Map.entry("COS", "COSR"),
            Map.entry("TAN", "TANR"),
            Map.entry("ASIN", "ASINR"),
            Map.entry("ACOS", "ACOSR"),
            Map.entry("ATAN", "ATANR"),
            Map.entry("ATAN2", "ATAN2R"),
            Map.entry("DEG", "DEG"),
            Map.entry("RAD", "RAD"));

    private Arithmetic() {}

    static ExpressionConfiguration configuration() {
        OperatorDictionaryIfc operators =
                ExpressionConfiguration.defaultConfiguration().getOperatorDictionary();
        operators.addOperator("^", new Power());
        return ExpressionConfiguration.builder()
                .operatorDictionary(operators)
                .functionDictionary(functions())
                .mathContext(MathContext.DECIMAL128)
                .arraysAllowed(false)
                .structuresAllowed(false)
                .binaryAllowed(false)
                .implicitMultiplicationAllowed(false)
                .singleQuoteStringLiteralsAllowed(false)
                .maxRecursionDepth(MAX_DEPTH)
                .powerOfPrecedence(OperatorIfc.OPERATOR_PRECEDENCE_POWER_HIGHER) // as people write: -2^2 is -4
                .locale(Locale.ROOT)
                .evaluationValueConverter(new Bounded())
                .build();
    }

    private static FunctionDictionaryIfc functions() {
        FunctionDictionaryIfc all =
                ExpressionConfiguration.defaultConfiguration().getFunctionDictionary();
        MapBasedFunctionDictionary ours = new MapBasedFunctionDictionary();
        FUNCTIONS.forEach((name, theirs) -> {
            FunctionIfc function = all.getFunction(theirs);
            if (function == null) {
                throw new IllegalStateException("EvalEx has no function " + theirs);
            }
            ours.addFunction(name, function);
        });
        ours.addFunction("FACT", new Factorial());
        ours.addFunction("ROUND", new Round());
        return ours;
    }

    private static int whole(Token token, EvaluationValue value, int min, int max, String what)
            throws EvaluationException {
        BigDecimal number = value.getNumberValue();
        if (number.compareTo(BigDecimal.valueOf(min)) < 0
                || number.compareTo(BigDecimal.valueOf(max)) > 0
                || number.remainder(BigDecimal.ONE).signum() != 0) {
            throw new EvaluationException(token, what + " must be a whole number from " + min + " to " + max);
        }
        return number.intValueExact();
    }

    /** The library's own gives 34 digits behind the point for a negative exponent, so 10^-40 would be 0. */
    @InfixOperator(precedence = OperatorIfc.OPERATOR_PRECEDENCE_POWER, leftAssociative = false)
    static final class Power extends InfixPowerOfOperator {
        @Override
        public EvaluationValue evaluate(Expression expression, Token token, EvaluationValue... operands)
                throws EvaluationException {
            if (!operands[0].isNumberValue()
                    || !operands[1].isNumberValue()
                    || operands[1].getNumberValue().signum() >= 0) {
                return super.evaluate(expression, token, operands);
            }
            EvaluationValue inverse = super.evaluate(
                    expression,
                    token,
                    operands[0],
                    expression.convertValue(operands[1].getNumberValue().negate()));
            return expression.convertValue(BigDecimal.ONE.divide(inverse.getNumberValue(), MathContext.DECIMAL128));
        }
    }

    /** The library's own runs as long as its argument is large. */
    @FunctionParameter(name = "value")
    static final class Factorial extends AbstractFunction {
        @Override
        public EvaluationValue evaluate(Expression expression, Token token, EvaluationValue... parameters)
                throws EvaluationException {
            int n = whole(token, parameters[0], 0, MAX_FACTORIAL, "FACT: the value");
            BigInteger product = BigInteger.ONE;
            for (int i = 2; i <= n; i++) {
                product = product.multiply(BigInteger.valueOf(i));
            }
            return expression.convertValue(product);
        }
    }

    /** The library's own makes as many digits as it is asked for. */
    @FunctionParameter(name = "value")
    @FunctionParameter(name = "places")
    static final class Round extends AbstractFunction {
        @Override
        public EvaluationValue evaluate(Expression expression, Token token, EvaluationValue... parameters)
                throws EvaluationException {
            int places = whole(token, parameters[1], -MAX_PLACES, MAX_PLACES, "ROUND: places");
            return expression.convertValue(parameters[0].getNumberValue().setScale(places, RoundingMode.HALF_UP));
        }
    }

    /** Every operator and function gives its result through here. */
    static final class Bounded implements EvaluationValueConverterIfc {
        private final DefaultEvaluationValueConverter all = new DefaultEvaluationValueConverter();

        @Override
        public EvaluationValue convertObject(@Nullable Object object, ExpressionConfiguration configuration) {
            EvaluationValue value = all.convertObject(object, configuration);
            if (value.isNumberValue() && value.getNumberValue().signum() != 0) {
                BigDecimal number = value.getNumberValue();
                long exponent = (long) number.precision() - number.scale();
                if (Math.abs(exponent) > MAX_EXPONENT) {
                    throw new ArithmeticException("out of range");
                }
            }
            return value;
        }
    }
}
