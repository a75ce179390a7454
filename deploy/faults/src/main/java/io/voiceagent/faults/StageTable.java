package io.voiceagent.faults;

import io.voiceagent.faults.ApiClient.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** What faults of stages, records, clocks and clients did, as Markdown. */
final class StageTable {
    private static final String HEAD = """
            ## Model, tools, records, clocks and clients

            Two of each service as processes of their own. The simulated model misbehaves as it is told in the text of a turn, through the real stage and with its time-outs at 3 s; tools do it by their nature; a stranger writes copies and poison behind the
            records of one topic; one service of two has a clock that is five minutes off; clients vanish, come back, or cancel at any moment. Columns as [above](#processes-killed-and-stopped), and:

            - **failed**: ended otherwise than designed. What a row says after the colon is what is designed: completed, unless it says otherwise.
            - **longest wait**: of each turn the longest time without an event, p50 / max, seconds.
            - **dead letters**: records that were put aside meanwhile.

            """;

    private record Tried(Verdict verdict, List<Long> waits, Map<String, Long> notes) {}

    private final Map<String, Object> rows = new LinkedHashMap<>();

    /** @param plan what is to be tried; what then is not has a row that says so */
    StageTable(List<StageRow> plan) {
        plan.forEach(row -> rows.put(row.name(), Objects.requireNonNullElse(row.untried(), "no time was left")));
    }

    void add(StageRow row, Verdict verdict, List<Accepted> turns, Map<String, Long> notes) {
        rows.put(row.name(), new Tried(verdict, waits(turns), Map.copyOf(notes)));
    }

    /** The section of the page. */
    String page(long seed, Duration took) {
        StringBuilder page = new StringBuilder(HEAD);
        page.append("Seed %d, %d min %d s, %d processors.%n%n"
                .formatted(
                        seed,
                        took.toMinutes(),
                        took.toSecondsPart(),
                        Runtime.getRuntime().availableProcessors()));
        page.append("| fault | accepted | ended | lost | failed | doubled | mixed | disagree | unknown | repeated |"
                + " extra calls | longest wait | dead letters |\n");
        page.append("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        List<Tried> all = new ArrayList<>();
        rows.forEach((name, row) -> {
            if (row instanceof Tried tried) {
                all.add(tried);
                page.append("| %s | %s |%n".formatted(name, figures(List.of(tried))));
            } else {
                page.append("| %s (not tried: %s) | | | | | | | | | | | | |%n".formatted(name, row));
            }
        });
        page.append("| **all** | %s |%n".formatted(figures(all)));
        return page.toString();
    }

    private static String figures(List<Tried> tried) {
        List<Verdict> verdicts = tried.stream().map(Tried::verdict).toList();
        List<Long> waits =
                tried.stream().flatMap(one -> one.waits().stream()).sorted().toList();
        long dead = tried.stream()
                .mapToLong(one -> one.notes().getOrDefault("dead letters", 0L))
                .sum();
        int[] sums = new int[10];
        for (Verdict verdict : verdicts) {
            int[] one = {
                verdict.accepted(),
                verdict.ended(),
                verdict.lost(),
                verdict.failed(),
                verdict.duplicatedEffects() + verdict.lostEffects(),
                verdict.mixedText(),
                verdict.disagreeing(),
                verdict.unknownOutcomes(),
                verdict.repeatedEffects(),
                verdict.extraModelCalls()
            };
            for (int i = 0; i < sums.length; i++) {
                sums[i] += one[i];
            }
        }
        StringBuilder line = new StringBuilder();
        for (int sum : sums) {
            line.append(sum).append(" | ");
        }
        return line.append(
                        waits.isEmpty() ? "-" : seconds(waits.get(waits.size() / 2)) + " / " + seconds(waits.getLast()))
                .append(" | ")
                .append(dead)
                .toString();
    }

    private static List<Long> waits(List<Accepted> turns) {
        List<Long> waits = new ArrayList<>();
        for (Accepted turn : turns) {
            long last = turn.submittedNanos();
            long longest = 0;
            for (Event event : turn.events()) {
                longest = Math.max(longest, event.nanos() - last);
                last = event.nanos();
            }
            waits.add(longest / 1_000_000);
        }
        return waits;
    }

    private static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.1f", millis / 1000.0);
    }
}
