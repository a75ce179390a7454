package io.voiceagent.transport.deadletters;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What was asked for.
 *
 * @param operands topics of {@code list}, places of the others
 * @param limit lines of each topic of {@code list}, bytes of {@code show}
 * @param turn only letters of that response
 * @param force also what was written again before
 */
record Arguments(
        Verb verb,
        List<String> operands,
        int limit,
        @Nullable String turn,
        boolean force) {
    private static final int MAX_LIMIT = 10_000_000;

    enum Verb {
        LIST(100),
        SHOW(20_000),
        REPLAY(1);

        private final int usualLimit;

        Verb(int usualLimit) {
            this.usualLimit = usualLimit;
        }
    }

    Arguments {
        operands = List.copyOf(operands);
    }

    /** @throws CommandException when they are not understood */
    static Arguments parse(String[] args) {
        Iterator<String> words = List.of(args).iterator();
        Verb verb = verb(words.hasNext() ? words.next() : "");
        List<String> operands = new ArrayList<>();
        int limit = verb.usualLimit;
        String turn = null;
        boolean force = false;
        while (words.hasNext()) {
            String word = words.next();
            switch (word) {
                case "--limit" -> limit = limit(value(word, words));
                case "--turn" -> turn = value(word, words);
                case "--force" -> force = true;
                default -> {
                    if (word.startsWith("--")) {
                        throw new CommandException(Text.clean(word, 40) + " is not known; see --help");
                    }
                    operands.add(word);
                }
            }
        }
        if (verb == Verb.SHOW && operands.size() != 1 || verb == Verb.REPLAY && operands.isEmpty()) {
            throw new CommandException(
                    verb.name().toLowerCase(Locale.ROOT) + " needs the place of a letter, as list prints it");
        }
        return new Arguments(verb, operands, limit, turn, force);
    }

    private static Verb verb(String word) {
        return switch (word) {
            case "list" -> Verb.LIST;
            case "show" -> Verb.SHOW;
            case "replay" -> Verb.REPLAY;
            default -> throw new CommandException("say list, show or replay; see --help");
        };
    }

    private static String value(String option, Iterator<String> words) {
        if (!words.hasNext()) {
            throw new CommandException(option + " needs a value");
        }
        return words.next();
    }

    private static int limit(String text) {
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= MAX_LIMIT) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message below
        }
        throw new CommandException("--limit must be a whole number from 1 to %,d".formatted(MAX_LIMIT));
    }
}
