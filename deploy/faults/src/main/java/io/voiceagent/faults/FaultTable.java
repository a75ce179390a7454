package io.voiceagent.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What faults of processes did, as Markdown. */
final class FaultTable {
    private static final String HEAD = """
            ## Processes killed and stopped

            Two of each service as processes of their own on loopback, a ledger outside of them (accepted ids, the simulated model's count of calls, an effect server), and one process harmed at a named
            point (`CrashPoint`) while turns of all kinds run: plain, with tools that may run twice and that may not, cancelled, in conversations, with approval. `SIGSTOP` lasts 9 s, longer than lease and session; then the process goes on.

            - **lost**: accepted, and not ended within 90 s or not known to an ingress. **failed**: ended otherwise than asked for. **doubled**: effects that must not happen twice, and did; **mixed**: text that the model did not say or that was not streamed so;
              **disagree**: another reader, at each ingress, or a poll, tells another story. All of these are to be 0.
            - **unknown**: calls of tools that must not run twice, of which the model was told that they may have run. **repeated**: effects that may happen twice, and did. **extra calls**: calls of the model beyond need.
            - **next token**: turns that waited for an event longer than 1.5 s after the harm: how many, and how long from the harm, or from their last event if that was later (p50 / max, seconds; of several rows the middle of their p50).

            """;

    private static final int OWN_COLUMNS = 3;
    private static final Pattern POINT = Pattern.compile("`(.+)`");

    private final Map<String, Fault> faults = new TreeMap<>();
    private final Map<String, List<Verdict>> verdicts = new HashMap<>();
    private final Map<String, Integer> missed = new HashMap<>();
    private final Map<String, String> earlier = new HashMap<>();
    private String ledgers = "";

    /** @param plan what is to be tried; what then is not has a row that says so */
    FaultTable(List<Fault> plan) {
        this(plan, "");
    }

    /**
     * The same; what is not tried keeps its row of an earlier run.
     *
     * @param section that an earlier run wrote, empty for none
     */
    FaultTable(List<Fault> plan, String section) {
        for (Fault fault : plan) {
            faults.put(key(fault), fault);
            verdicts.put(key(fault), new ArrayList<>());
        }
        section.lines()
                .filter(line -> RowFigures.read(line, OWN_COLUMNS).findAny().isPresent())
                .forEach(line -> earlier.put(key(line), line));
    }

    /** @param fault of the plan */
    void add(Fault fault, boolean reached, Verdict verdict) {
        Objects.requireNonNull(verdicts.get(key(fault))).add(verdict);
        missed.merge(key(fault), reached ? 0 : 1, Integer::sum);
    }

    /** Whether there are figures of it, of this run or an earlier one. */
    boolean has(Fault fault) {
        return earlier.containsKey(key(fault))
                || !Objects.requireNonNull(verdicts.get(key(fault))).isEmpty();
    }

    /** What archive and webhooks told of all turns. */
    void ledgers(int turns, int wrongInArchive, int untold, int toldAgain) {
        ledgers =
                ("Of %d turns the archive, which read the logs afterwards, has %d otherwise; webhooks did not tell of %d, and told of %d again."
                                + "%n%n")
                        .formatted(turns, wrongInArchive, untold, toldAgain);
    }

    /** All verdicts of this run so far. */
    List<Verdict> all() {
        return verdicts.values().stream().flatMap(List::stream).toList();
    }

    /** The section of the page. */
    String page(long seed, Duration took) {
        StringBuilder page = new StringBuilder(HEAD);
        page.append(
                "Last run: seed %d, %d faults, %d min %d s, %d processors. Rows of other faults are of earlier runs.%n%n"
                        .formatted(
                                seed,
                                all().size(),
                                took.toMinutes(),
                                took.toSecondsPart(),
                                Runtime.getRuntime().availableProcessors()));
        page.append(ledgers);
        Map<String, String> rows = new LinkedHashMap<>();
        faults.values().stream()
                .sorted(Comparator.comparing(Fault::role)
                        .thenComparing(Fault::harm)
                        .thenComparing(Fault::point))
                .forEach(fault -> rows.put(key(fault), line(fault)));
        summary(page, rows);
        page.append("\n| process | harm | point | ").append(Figures.HEAD).append('\n');
        page.append("|---|---|---|").append(Figures.RULE).append('\n');
        rows.values().forEach(page::append);
        page.append("| **all** | | | ")
                .append(RowFigures.sum(figures(rows.values())).cells())
                .append('\n');
        return page.toString();
    }

    private void summary(StringBuilder page, Map<String, String> rows) {
        page.append("| process | harm | faults | held turns | next token p50 | max |\n|---|---|--:|--:|--:|--:|\n");
        for (Role role : Role.values()) {
            for (Harm harm : Harm.values()) {
                List<String> some = faults.values().stream()
                        .filter(fault -> fault.role() == role && fault.harm() == harm)
                        .map(fault -> Objects.requireNonNull(rows.get(key(fault))))
                        .toList();
                if (!some.isEmpty()) {
                    RowFigures sum = RowFigures.sum(figures(some));
                    page.append("| %s | %s | %d | %d | %s | %s |%n"
                            .formatted(text(role), harm.text(), sum.runs(), sum.held(), sum.p50(), sum.max()));
                }
            }
        }
    }

    private static List<RowFigures> figures(Collection<String> rows) {
        return rows.stream().flatMap(row -> RowFigures.read(row, OWN_COLUMNS)).toList();
    }

    private String line(Fault fault) {
        List<Verdict> found = Objects.requireNonNull(verdicts.get(key(fault)));
        String kept = earlier.get(key(fault));
        if (found.isEmpty() && kept != null) {
            return kept + "\n";
        }
        int notReached = missed.getOrDefault(key(fault), 0);
        String note = found.isEmpty()
                ? " (not tried: no time was left)"
                : notReached == 0 ? "" : " (%d times not reached)".formatted(notReached);
        return "| %s | %s | `%s`%s | %s%n"
                .formatted(
                        text(fault.role()), fault.harm().text(), fault.point().text(), note, Figures.of(found));
    }

    private static String key(Fault fault) {
        return text(fault.role()) + "|" + fault.harm().text() + "|"
                + fault.point().text();
    }

    private static String key(String row) {
        String[] cells = row.split("\\|", -1);
        Matcher point = POINT.matcher(cells[3]);
        return cells[1].strip() + "|" + cells[2].strip() + "|" + (point.find() ? point.group(1) : "");
    }

    private static String text(Role role) {
        return switch (role) {
            case LLM -> "LLM worker";
            case TOOL -> "tool worker";
            case ORCHESTRATOR -> "orchestrator";
            case INGRESS -> "ingress";
        };
    }
}
