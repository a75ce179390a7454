package io.voiceagent.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What faults of processes did, as Markdown. */
final class FaultTable {
    private static final String HEAD = """
            ## Processes killed and stopped

            Two of each service as processes of their own on loopback, a ledger outside of them (accepted ids, the simulated model's count of calls, an effect server), and one process harmed at a named
            point (`CrashPoint`) while turns of all kinds run: plain, with tools that may run twice and that may not, cancelled, in conversations, with approval. `SIGSTOP` lasts 9 s, longer than lease and session; then the process goes on.

            - **lost**: accepted, and not ended within 90 s or not known to an ingress. **failed**: ended otherwise than asked for. **doubled**: effects that must not happen twice, and did; **mixed**: text that the model did not say or that was not streamed so;
              **disagree**: another reader, at each ingress, or a poll, tells another story. All of these are to be 0.
            - **unknown**: calls of tools that must not run twice, of which the model was told that they may have run. **repeated**: effects that may happen twice, and did. **extra calls**: calls of the model beyond need.
            - **next token**: turns that waited for an event longer than 1.5 s after the harm: how many, and how long from the harm, or from their last event if that was later (p50 / max, seconds).

            """;

    private record Row(Fault fault, List<Verdict> verdicts, int notReached) {
        List<Long> held() {
            return verdicts.stream().flatMap(v -> v.held().stream()).sorted().toList();
        }
    }

    private final Map<String, Fault> faults = new LinkedHashMap<>();
    private final Map<String, List<Verdict>> verdicts = new LinkedHashMap<>();
    private final Map<String, Integer> missed = new LinkedHashMap<>();
    private String ledgers = "";

    /** @param plan what is to be tried; what then is not has a row that says so */
    FaultTable(List<Fault> plan) {
        for (Fault fault : plan) {
            faults.put(key(fault), fault);
            verdicts.put(key(fault), new ArrayList<>());
        }
    }

    /** @param fault of the plan */
    void add(Fault fault, boolean reached, Verdict verdict) {
        Objects.requireNonNull(verdicts.get(key(fault))).add(verdict);
        missed.merge(key(fault), reached ? 0 : 1, Integer::sum);
    }

    private static String key(Fault fault) {
        return fault.role() + " " + fault.harm() + " " + fault.point();
    }

    /** What archive and webhooks told of all turns. */
    void ledgers(int turns, int wrongInArchive, int untold, int toldAgain) {
        ledgers =
                ("Of %d turns the archive, which read the logs afterwards, has %d otherwise; webhooks did not tell of %d, and told of %d again."
                                + "%n%n")
                        .formatted(turns, wrongInArchive, untold, toldAgain);
    }

    /** All verdicts so far. */
    List<Verdict> all() {
        return verdicts.values().stream().flatMap(List::stream).toList();
    }

    /** The section of the page. */
    String page(long seed, Duration took) {
        StringBuilder page = new StringBuilder(HEAD);
        List<Row> rows = rows();
        page.append("Seed %d, %d faults, %s, %d processors.%n%n"
                .formatted(
                        seed,
                        all().size(),
                        "%d min %d s".formatted(took.toMinutes(), took.toSecondsPart()),
                        Runtime.getRuntime().availableProcessors()));
        page.append(ledgers);
        summary(page, rows);
        page.append("\n| process | harm | point | ").append(Figures.HEAD).append('\n');
        page.append("|---|---|---|").append(Figures.RULE).append('\n');
        rows.forEach(row -> page.append(line(row)));
        Row total = new Row(rows.getFirst().fault(), all(), 0);
        page.append("| **all** | | | ").append(Figures.of(total.verdicts())).append('\n');
        return page.toString();
    }

    private List<Row> rows() {
        return verdicts.entrySet().stream()
                .map(entry -> new Row(
                        Objects.requireNonNull(faults.get(entry.getKey())),
                        entry.getValue(),
                        missed.getOrDefault(entry.getKey(), 0)))
                .sorted(Comparator.comparing((Row row) -> row.fault().role())
                        .thenComparing(row -> row.fault().harm())
                        .thenComparing(row -> row.fault().point()))
                .toList();
    }

    private static void summary(StringBuilder page, List<Row> rows) {
        page.append("| process | harm | faults | held turns | next token p50 | max |\n|---|---|--:|--:|--:|--:|\n");
        for (Role role : Role.values()) {
            for (Harm harm : Harm.values()) {
                List<Row> some = rows.stream()
                        .filter(row -> row.fault().role() == role && row.fault().harm() == harm)
                        .toList();
                List<Long> held = some.stream()
                        .flatMap(row -> row.held().stream())
                        .sorted()
                        .toList();
                if (!some.isEmpty()) {
                    page.append("| %s | %s | %d | %d | %s | %s |%n"
                            .formatted(
                                    text(role),
                                    harm.text(),
                                    some.stream()
                                            .mapToInt(row -> row.verdicts().size())
                                            .sum(),
                                    held.size(),
                                    held.isEmpty() ? "-" : Figures.seconds(held.get(held.size() / 2)),
                                    held.isEmpty() ? "-" : Figures.seconds(held.getLast())));
                }
            }
        }
    }

    private static String line(Row row) {
        String note = row.verdicts().isEmpty()
                ? " (not tried: no time was left)"
                : row.notReached() == 0 ? "" : " (%d times not reached)".formatted(row.notReached());
        return "| %s | %s | `%s`%s | %s%n"
                .formatted(
                        text(row.fault().role()),
                        row.fault().harm().text(),
                        row.fault().point().text(),
                        note,
                        Figures.of(row.verdicts()));
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
