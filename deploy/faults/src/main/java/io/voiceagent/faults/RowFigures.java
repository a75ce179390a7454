package io.voiceagent.faults;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The figures of a row, read from a page that an earlier run wrote.
 *
 * @param counts of the columns of {@link Figures#HEAD} but the last one
 * @param waits for the next token; the p50 of several rows is the middle of their p50, each as often as it has turns
 */
record RowFigures(List<Integer> counts, List<Wait> waits) {
    private static final int COUNTS = 11;
    private static final Pattern WAIT = Pattern.compile("(\\d+): (\\d+\\.\\d) / (\\d+\\.\\d)");

    /**
     * Of one row.
     *
     * @param turns how many waited
     * @param p50 seconds
     * @param max seconds
     */
    record Wait(int turns, double p50, double max) {}

    RowFigures {
        counts = List.copyOf(counts);
        waits = List.copyOf(waits);
    }

    /**
     * Reads them.
     *
     * @param own how many columns the table has before them
     * @return nothing when it is no row, or one of a fault that was not tried
     */
    static Stream<RowFigures> read(String line, int own) {
        String[] cells = line.split("\\|", -1);
        if (cells.length < 1 + own + COUNTS + 2 || !cells[1 + own].strip().matches("[1-9]\\d*")) {
            return Stream.empty();
        }
        List<Integer> counts = IntStream.range(0, COUNTS)
                .mapToObj(i -> Integer.valueOf(cells[1 + own + i].strip()))
                .toList();
        Matcher wait = WAIT.matcher(cells[1 + own + COUNTS]);
        return Stream.of(new RowFigures(
                counts,
                wait.find()
                        ? List.of(new Wait(
                                Integer.parseInt(wait.group(1)),
                                Double.parseDouble(wait.group(2)),
                                Double.parseDouble(wait.group(3))))
                        : List.of()));
    }

    /** Of all these rows together. */
    static RowFigures sum(Collection<RowFigures> rows) {
        List<Integer> counts = IntStream.range(0, COUNTS)
                .mapToObj(
                        i -> rows.stream().mapToInt(row -> row.counts().get(i)).sum())
                .toList();
        return new RowFigures(
                counts, rows.stream().flatMap(row -> row.waits().stream()).toList());
    }

    /** How many faults were tried. */
    int runs() {
        return counts.getFirst();
    }

    /** Turns that waited. */
    int held() {
        return waits.stream().mapToInt(Wait::turns).sum();
    }

    /** Seconds, or a dash. */
    String p50() {
        int half = held() / 2;
        List<Wait> sorted = new ArrayList<>(waits);
        sorted.sort(Comparator.comparingDouble(Wait::p50));
        for (Wait wait : sorted) {
            half -= wait.turns();
            if (half < 0) {
                return Double.toString(wait.p50());
            }
        }
        return "-";
    }

    /** Seconds, or a dash. */
    String max() {
        return waits.isEmpty()
                ? "-"
                : Double.toString(waits.stream().mapToDouble(Wait::max).max().orElseThrow());
    }

    /** The cells. */
    String cells() {
        StringBuilder cells = new StringBuilder();
        counts.forEach(count -> cells.append(count).append(" | "));
        return cells.append(waits.isEmpty() ? "- |" : "%d: %s / %s |".formatted(held(), p50(), max()))
                .toString();
    }
}
