package io.voiceagent.faults;

import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;

/** The columns that the tables of all suites have in common. */
final class Figures {
    /** Their names; the table's own columns come before them. */
    static final String HEAD =
            "runs | accepted | ended | lost | failed | doubled | mixed | disagree | unknown | repeated | extra calls |"
                    + " next token |";
    /** The line below the names. */
    static final String RULE = "--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

    private Figures() {}

    /** The cells of what batches of one kind came to. */
    static String of(List<Verdict> verdicts) {
        List<Long> held =
                verdicts.stream().flatMap(v -> v.held().stream()).sorted().toList();
        String wait = held.isEmpty()
                ? "-"
                : "%d: %s / %s".formatted(held.size(), seconds(held.get(held.size() / 2)), seconds(held.getLast()));
        return "%d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %s |"
                .formatted(
                        verdicts.size(),
                        sum(verdicts, Verdict::accepted),
                        sum(verdicts, Verdict::ended),
                        sum(verdicts, Verdict::lost),
                        sum(verdicts, Verdict::failed),
                        sum(verdicts, Verdict::duplicatedEffects) + sum(verdicts, Verdict::lostEffects),
                        sum(verdicts, Verdict::mixedText),
                        sum(verdicts, Verdict::disagreeing),
                        sum(verdicts, Verdict::unknownOutcomes),
                        sum(verdicts, Verdict::repeatedEffects),
                        sum(verdicts, Verdict::extraModelCalls),
                        wait);
    }

    /** With one decimal. */
    static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.1f", millis / 1000.0);
    }

    private static int sum(List<Verdict> verdicts, ToIntFunction<Verdict> what) {
        return verdicts.stream().mapToInt(what).sum();
    }
}
