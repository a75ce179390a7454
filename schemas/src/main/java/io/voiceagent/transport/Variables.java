package io.voiceagent.transport;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Typed, checked access to environment variables, wherever they come from: {@code System::getenv}, a map in a test, or
 * Spring's {@code environment::getProperty}. A blank value counts as absent.
 */
public final class Variables {
    private final Function<String, @Nullable String> lookup;

    private Variables(Function<String, @Nullable String> lookup) {
        this.lookup = lookup;
    }

    /** Reads through {@code lookup}, which answers null for a variable that is not set. */
    public static Variables of(Function<String, @Nullable String> lookup) {
        return new Variables(lookup);
    }

    /** Reads the variables in {@code values}. */
    public static Variables of(Map<String, String> values) {
        return new Variables(values::get);
    }

    /** Reads the environment of this process. */
    public static Variables ofEnvironment() {
        return new Variables(System::getenv);
    }

    /** The trimmed value, or null when it is absent or blank. */
    public @Nullable String find(String name) {
        String value = lookup.apply(name);
        return value == null || value.isBlank() ? null : value.trim();
    }

    /** The trimmed value, or {@code otherwise} when it is absent or blank. */
    public String text(String name, String otherwise) {
        String value = find(name);
        return value == null ? otherwise : value;
    }

    /** A whole number from {@code min} to {@code max}, both included. */
    public int integer(String name, int otherwise, int min, int max) {
        String value = find(name);
        if (value == null) {
            return otherwise;
        }
        int number;
        try {
            number = Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw notBetween(name, value, "a whole number", min, max);
        }
        if (number < min || number > max) {
            throw notBetween(name, value, "a whole number", min, max);
        }
        return number;
    }

    /** A decimal number from {@code min} to {@code max}, both included. */
    public double decimal(String name, double otherwise, double min, double max) {
        String value = find(name);
        if (value == null) {
            return otherwise;
        }
        double number;
        try {
            number = Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw notBetween(name, value, "a number", min, max);
        }
        // Written so that NaN fails too
        if (!(number >= min && number <= max)) {
            throw notBetween(name, value, "a number", min, max);
        }
        return number;
    }

    /** One of {@code allowed}, compared without regard to case and given back as it is spelled there. */
    public String oneOf(String name, String otherwise, Set<String> allowed) {
        String value = find(name);
        if (value == null) {
            return otherwise;
        }
        return allowed.stream()
                .filter(a -> a.toLowerCase(Locale.ROOT).equals(value.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new InvalidSettingException(
                        name,
                        "is \"%s\", which is not known".formatted(value),
                        "Use one of "
                                + String.join(", ", allowed.stream().sorted().toList())));
    }

    private static InvalidSettingException notBetween(String name, String value, String kind, Number min, Number max) {
        return new InvalidSettingException(
                name,
                "is \"%s\"".formatted(value),
                "Use %s from %s to %s, or leave it out for the default".formatted(kind, min, max));
    }
}
