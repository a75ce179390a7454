package io.voiceagent.simulator;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds an arithmetic expression in a sentence. */
final class Arithmetic {

    private static final int MAX_TEXT = 20_000;
    private static final Pattern DATE = Pattern.compile("\\b\\d{4}-\\d{2}-\\d{2}\\b|\\b\\d{1,2}/\\d{1,2}/\\d{4}\\b");
    private static final Pattern EXPRESSION;

    static {
        String number = "(?<![\\w.])\\d+(?:\\.\\d+)?(?![\\w])";
        String operand = "(?:\\( ?){0,9}-?" + number + "(?: ?\\)){0,9}";
        EXPRESSION = Pattern.compile(operand + "(?: ?[-+*/^%] ?" + operand + ")+");
    }

    private Arithmetic() {}

    /**
     * The first expression of two or more numbers in the text, without blanks, with balanced parentheses;
     * {@code "what is 12 times 7?"} gives {@code 12*7}. Dates are not expressions.
     */
    static Optional<String> in(String text) {
        String readable = text.substring(0, Math.min(text.length(), MAX_TEXT)).replaceAll("\\s+", " ");
        String symbols = DATE.matcher(readable)
                .replaceAll(" ")
                .replaceAll("(?i)(?<=\\d) (?:times|multiplied by) (?=[\\d(])", "*")
                .replaceAll("(?i)(?<=\\d) plus (?=[\\d(])", "+")
                .replaceAll("(?i)(?<=\\d) minus (?=[\\d(])", "-")
                .replaceAll("(?i)(?<=\\d) divided by (?=[\\d(])", "/")
                .replaceAll("(?<=[\\d)]) ?[x×] ?(?=[\\d(])", "*")
                .replaceAll("(?<=[\\d)]) ?÷ ?(?=[\\d(])", "/");
        Matcher matcher = EXPRESSION.matcher(symbols);
        return matcher.find() ? Optional.of(balance(matcher.group().replace(" ", ""))) : Optional.empty();
    }

    /** Drops the parentheses that have no partner: {@code (see 3*4)} must not become {@code 3*4)}. */
    private static String balance(String expression) {
        StringBuilder kept = new StringBuilder();
        int open = 0;
        for (int i = 0; i < expression.length(); i++) {
            char c = expression.charAt(i);
            if (c == ')' && open == 0) {
                continue;
            }
            open += c == '(' ? 1 : c == ')' ? -1 : 0;
            kept.append(c);
        }
        for (int i = 0; open > 0; open--) {
            i = kept.indexOf("(", i);
            kept.deleteCharAt(i);
        }
        return kept.toString();
    }
}
