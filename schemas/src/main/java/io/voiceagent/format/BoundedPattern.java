package io.voiceagent.format;

import com.networknt.schema.regex.RegularExpression;
import com.networknt.schema.regex.RegularExpressionFactory;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * A client's pattern. Java's matcher takes exponential time for some patterns, and can't be interrupted; but it reads its text by
 * {@code charAt}, so counting there bounds it.
 */
final class BoundedPattern implements RegularExpression {
    /** The pattern, or all patterns of a check together, would take too long. */
    static final class TooLongException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooLongException() {
            super("a pattern takes too long", null, false, false);
        }
    }

    private final Pattern pattern;
    private final AtomicLong steps;

    private BoundedPattern(Pattern pattern, AtomicLong steps) {
        this.pattern = pattern;
        this.steps = steps;
    }

    /** Patterns that share {@code steps}: the characters that all of them may still read. */
    static RegularExpressionFactory factory(AtomicLong steps) {
        return regex -> new BoundedPattern(Pattern.compile(regex), steps);
    }

    @Override
    public boolean matches(String value) {
        return pattern.matcher(new Counted(value, steps)).find();
    }

    private record Counted(CharSequence text, AtomicLong steps) implements CharSequence {
        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (steps.decrementAndGet() < 0) {
                throw new TooLongException();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Counted(text.subSequence(start, end), steps);
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
