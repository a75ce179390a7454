package io.voiceagent.faults;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** What faults of the surroundings did, as Markdown. Rows of an earlier run stay until their fault is tried again. */
final class SurroundingTable {
    private static final String HEAD = """
            ## Broker, database, network and disk

            The same customers, processes and ledgers as above, and what is below them fails: Kafka's own server (`kafka.Kafka`, one node or three, replication 3 and min ISR 2 with three), Postgres, the ways between them.
            Each process comes to the brokers, and each broker to each other one, through a small proxy in the harness (`TcpProxy`) that holds back, resets or slows what passes: no root is needed. A full disk is a tmpfs of 768 MB that is filled to the last
            block; only root can mount it.

            - **refused meanwhile**: answers to submissions that were not accepted at once, by status; the customer comes again with the same idempotency key. `no answer`: none within 10 s. One in eight submits without a key, and does not come again.
            - **archived after**: seconds from the end of the batch until all of its turns were in Postgres. At the end each turn in the archive is compared with what its client saw.
            - The other columns are those above. Next token counts from the beginning of the fault, which itself lasts as long as its name says.

            """;

    private static final int OWN_COLUMNS = 2;
    private static final String NOT_TRIED = "not tried: no time was left";

    private final Map<String, String> rows = new LinkedHashMap<>();
    private final Map<String, String> archives = new LinkedHashMap<>();

    /**
     * A table of this plan.
     *
     * @param earlier the section of an earlier run
     */
    SurroundingTable(List<Surrounding> plan, String earlier) {
        for (Surrounding fault : plan) {
            notTried(fault, NOT_TRIED);
        }
        earlier.lines().forEach(line -> {
            rows.computeIfPresent(key(line), (key, any) -> line);
            if (line.startsWith("Archive, ")) {
                archives.put(line.substring(0, line.indexOf(':')), line);
            }
        });
    }

    /** @param archived seconds */
    void add(Surrounding fault, Verdict verdict, String refused, String archived, String note) {
        rows.put(
                key(fault),
                "%s %s %s | %s | %s |"
                        .formatted(
                                key(fault),
                                Figures.of(List.of(verdict)),
                                refused.isEmpty() ? "-" : refused,
                                archived.isEmpty() ? "not within 3 min" : archived,
                                note));
    }

    /** A row that says why. */
    void notTried(Surrounding fault, String why) {
        rows.put(key(fault), "%s %s - | - | %s |".formatted(key(fault), Figures.of(List.of()), why));
    }

    /** What the comparison at the end of a run with so many brokers came to. */
    void archive(Surrounding fault, int turns, int wrong) {
        String name = "Archive, " + fault.place();
        archives.put(
                name,
                name
                        + ": of %d turns of the last run the archive, written meanwhile, has %d otherwise."
                                .formatted(turns, wrong));
    }

    /** The section of the page. */
    String page() {
        StringBuilder page = new StringBuilder(HEAD);
        archives.values().forEach(line -> page.append(line).append("\n\n"));
        page.append("| brokers | fault | ")
                .append(Figures.HEAD)
                .append(" refused meanwhile | archived after | note |\n");
        page.append("|---|---|").append(Figures.RULE).append("---|--:|---|\n");
        rows.values().forEach(row -> page.append(row).append('\n'));
        List<RowFigures> figures = rows.values().stream()
                .flatMap(row -> RowFigures.read(row, OWN_COLUMNS))
                .toList();
        return page.append("| **all** | | ")
                .append(RowFigures.sum(figures).cells())
                .append(" | | |\n")
                .toString();
    }

    /** Whether there are figures of it, of this run or an earlier one. */
    boolean has(Surrounding fault) {
        return RowFigures.read(Objects.requireNonNull(rows.get(key(fault))), OWN_COLUMNS)
                .findAny()
                .isPresent();
    }

    private static String key(Surrounding fault) {
        return "| %s | %s |".formatted(fault.place(), fault.what());
    }

    private static String key(String line) {
        int[] bars = IntStream.range(0, line.length())
                .filter(i -> line.charAt(i) == '|')
                .limit(3)
                .toArray();
        return bars.length < 3 ? "" : line.substring(0, bars[2] + 1);
    }
}
