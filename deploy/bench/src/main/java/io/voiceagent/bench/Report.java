package io.voiceagent.bench;

import io.voiceagent.bench.Figures.Latency;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Prints what was measured as a table: milliseconds at p50, p90, p99 and the maximum. */
final class Report {

    private static final double[] PERCENTILES = {50, 90, 99, 100};

    private final PrintWriter out;

    Report(PrintWriter out) {
        this.out = out;
    }

    /**
     * The figures of the model, the API, and their difference at each percentile, as far as both were measured.
     *
     * @param model null when it was not measured, likewise {@code api}
     */
    void print(Load load, @Nullable Figures model, @Nullable Figures api) {
        out.println();
        out.println("Load: " + load);
        out.println(row("ms", title("model", model), title("API", api), model != null && api != null ? "added" : ""));
        out.println(row("", header(model), header(api), model != null && api != null ? percentiles() : ""));
        for (Latency latency : Latency.values()) {
            String added = model != null && api != null ? added(model.of(latency), api.of(latency)) : "";
            out.println(row(latency.title(), cells(latency, model), cells(latency, api), added));
        }
        counts("model", load, model);
        counts("API", load, api);
    }

    /** What a process used while a load ran. */
    void print(String name, Duration elapsed, ProcessUsage before, ProcessUsage after) {
        double cpu = after.cpu().minus(before.cpu()).toMillis() / 1e3;
        out.println("%s: CPU %.1f s (%.0f %% of one core), resident %s, at most %s since its start"
                .formatted(
                        name,
                        cpu,
                        100 * cpu / (elapsed.toMillis() / 1e3),
                        megabytes(after.residentBytes()),
                        megabytes(after.peakResidentBytes())));
    }

    private void counts(String name, Load load, @Nullable Figures figures) {
        if (figures == null) {
            return;
        }
        double seconds = figures.elapsed().toNanos() / 1e9;
        out.println("%s: %d of %d streams completed in %.1f s (%.1f/s), at most %d open at a time, %d errors"
                .formatted(
                        name,
                        figures.completed(),
                        load.streams(),
                        seconds,
                        figures.completed() / seconds,
                        figures.mostOpen(),
                        figures.errorCount()));
        for (Map.Entry<String, Long> error : figures.errors().entrySet()) {
            out.println("  " + error.getValue() + " x " + error.getKey());
        }
    }

    private static String title(String name, @Nullable Figures figures) {
        return figures == null ? "" : name;
    }

    private static String header(@Nullable Figures figures) {
        return figures == null ? "" : percentiles();
    }

    private static String percentiles() {
        return "%8s %8s %8s %8s".formatted("p50", "p90", "p99", "max");
    }

    private static String cells(Latency latency, @Nullable Figures figures) {
        StringBuilder cells = new StringBuilder();
        for (double percentile : PERCENTILES) {
            if (figures != null) {
                cells.append(millis(figures.of(latency).getValueAtPercentile(percentile)));
            }
        }
        return cells.isEmpty() ? "" : cells.substring(1);
    }

    private static String added(Histogram model, Histogram api) {
        StringBuilder cells = new StringBuilder();
        for (double percentile : PERCENTILES) {
            cells.append(millis(api.getValueAtPercentile(percentile) - model.getValueAtPercentile(percentile)));
        }
        return cells.substring(1);
    }

    private static String millis(long micros) {
        return String.format(Locale.ROOT, "%9.1f", micros / 1e3);
    }

    private static String row(String name, String model, String api, String added) {
        StringBuilder row = new StringBuilder("%-13s".formatted(name));
        for (String part : new String[] {model, api, added}) {
            if (!part.isEmpty()) {
                row.append(" | ").append("%-35s".formatted(part));
            }
        }
        return row.toString().stripTrailing();
    }

    private static String megabytes(OptionalLong bytes) {
        return bytes.isPresent() ? bytes.getAsLong() / 1_048_576 + " MB" : "unknown";
    }
}
