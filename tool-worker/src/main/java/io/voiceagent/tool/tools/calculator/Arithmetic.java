package io.voiceagent.tool.tools.calculator;

import com.ezylang.evalex.EvaluationException;
import com.ezylang.evalex.Expression;
import com.ezylang.evalex.config.ExpressionConfiguration;
import com.ezylang.evalex.config.FunctionDictionaryIfc;
import com.ezylang.evalex.config.MapBasedFunctionDictionary;
import com.ezylang.evalex.data.EvaluationValue;
import com.ezylang.evalex.data.conversion.DefaultEvaluationValueConverter;
import com.ezylang.evalex.data.conversion.EvaluationValueConverterIfc;
import com.ezylang.evalex.functions.AbstractFunction;
import com.ezylang.evalex.functions.FunctionIfc;
import com.ezylang.evalex.functions.FunctionParameter;
import com.ezylang.evalex.operators.OperatorIfc;
import com.ezylang.evalex.parser.Token;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** EvalEx without what a stranger must not have: dates, strings, random numbers, and work without bound. */
final class Arithmetic {
    /** No number has more digits before the point, or zeros after it, than this. */
    static final int MAX_EXPONENT = 5_000;

    private static final int MAX_FACTORIAL = 1_000;
    private static final int MAX_PLACES = 100;
    /** More than an expression of the greatest length can need, and far less than a stack holds. */
    private static final int MAX_DEPTH = 1_500;

    private static final List<String> FUNCTIONS = List.of(
            "ABS", "AVERAGE", "CEILING", "FLOOR", "IF", "LOG", "LOG10", "MAX", "MIN", "NOT", "SQRT", "SUM", "SIN",
            "COS", "TAN", "ASIN", "ACOS", "ATAN", "ATAN2", "SINR", "COSR", "TANR", "ASINR", "ACOSR", "ATANR", "ATAN2R",
            "SINH", "COSH", "TANH", "DEG", "RAD");

    private Arithmetic() {}

    static ExpressionConfiguration configuration() {
        return ExpressionConfiguration.builder()
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
        for (String name : FUNCTIONS) {
            FunctionIfc function = all.getFunction(name);
            if (function == null) {
                throw new IllegalStateException("EvalEx has no function " + name);
            }
            ours.addFunction(name, function);
        }
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
