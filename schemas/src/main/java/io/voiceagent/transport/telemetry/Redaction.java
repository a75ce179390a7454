package io.voiceagent.transport.telemetry;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes out of a text what looks like a secret or names a person's numbers: keys and tokens, passwords beside their names, addresses of
 * e-mail, long numbers. What has none of these forms stays: this makes a leak less likely and is no promise.
 */
final class Redaction {
    private static final String GONE = "[redacted]";

    private record Rule(Pattern pattern, String replacement) {}

    /** In this order: later ones see what earlier ones left. Each repetition is bounded or can't be entered twice, so time is linear. */
    private static final List<Rule> RULES = List.of(
            rule("(?i)\\b(bearer|basic)\\s{1,4}[a-z0-9._~+/=-]{6,}", "$1 " + GONE),
            rule("\\beyJ[A-Za-z0-9_-]{6,}(\\.[A-Za-z0-9_-]*){0,4}", GONE),
            rule(
                    "(?i)\\b(password|passwd|passphrase|secret|api[_ -]?key|access[_ -]?key|token|credential)s?\\b([\"']?\\s{0,4}(?:[=:]|is)\\s{0,4}[\"']?)[^\\s\"',;]{3,}",
                    "$1$2" + GONE),
            rule(
                    "\\b(?:sk|pk|rk|va|tvly|whsec|gh[pousr]|github_pat|glpat|xox[abprs]|hf|npm|pypi|AKIA|ASIA|AIza)[-_]?[A-Za-z0-9_-]{10,}",
                    GONE),
            rule("[\\w.+-]{1,64}@[\\w-]{1,63}(?:\\.[\\w-]{1,63}){1,6}", "[e-mail]"),
            rule("\\b[A-Za-z0-9+/_-]{32,}={0,2}", GONE),
            rule("\\+?\\d(?:[ ./()-]{0,2}\\d){7,}", "[number]"));

    private Redaction() {}

    private static Rule rule(String pattern, String replacement) {
        return new Rule(Pattern.compile(pattern), replacement);
    }

    static String of(String text) {
        String redacted = text;
        for (Rule rule : RULES) {
            Matcher matcher = rule.pattern().matcher(redacted);
            redacted = matcher.replaceAll(rule.replacement());
        }
        return redacted;
    }

    /**
     * The begin of a text, redacted.
     *
     * @param max characters at most, 16 or more
     */
    static String of(String text, int max) {
        int window = 4 * max;
        String seen = text;
        if (text.length() > window) {
            // What is cut in the middle would not be known for what it is
            int end = window;
            while (end > 0 && !Character.isWhitespace(text.charAt(end - 1))) {
                end--;
            }
            seen = text.substring(0, Math.max(0, end - 64));
        }
        String redacted = of(seen);
        if (redacted.length() <= max && seen.length() == text.length()) {
            return redacted;
        }
        int end = Math.min(redacted.length(), max - 1);
        if (end > 0 && Character.isHighSurrogate(redacted.charAt(end - 1))) {
            end--;
        }
        return redacted.substring(0, end) + "…";
    }
}
