package io.voiceagent.faults;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What planned ends of processes did, as Markdown. */
final class DrainTable {
    private static final String HEAD = """
            ## Processes told to end

            The same pipeline and customers as above. Processes get `SIGTERM` and are started again when they have ended, as a deployment does it. Besides what is to be 0 above, no call of a model may run twice, no effect may be
            repeated, and no outcome may be unknown, unless a worker has no time to end its calls (`DRAIN_SECONDS=0`).

            - **ends in**: from `SIGTERM` to the end of the process, the longest, seconds.
            - **tokens**: between two tokens of one text, of those texts that ran while processes ended and started: how many, each one's longest wait, p50 / p99 / max, milliseconds. The model sends one every 50 ms; clients wait 200 ms before they
              connect again.
            - **events**: the same between any two events, or from the submission to the first event. An effect takes 400 ms, a first token 200 ms.

            """;

    private DrainTable() {}

    /** @param ledgers what the other ledgers tell, with its line's end; may be empty */
    static String section(List<DrainFaults.Outcome> outcomes, long tookNanos, String ledgers) {
        Duration took = Duration.ofNanos(tookNanos);
        StringBuilder section = new StringBuilder(HEAD);
        section.append("%d min %d s, %d processors.%n%n"
                .formatted(
                        took.toMinutes(),
                        took.toSecondsPart(),
                        Runtime.getRuntime().availableProcessors()));
        section.append(ledgers);
        section.append("| `SIGTERM` to | ends in | tokens | events | ")
                .append(Figures.HEAD)
                .append('\n');
        section.append("|---|--:|--:|--:|").append(Figures.RULE).append('\n');
        Map<String, List<DrainFaults.Outcome>> rows = outcomes.stream()
                .collect(Collectors.groupingBy(
                        outcome -> outcome.drill().name(), LinkedHashMap::new, Collectors.toList()));
        for (Drill drill : Drill.all()) {
            if (!rows.containsKey(drill.name())) {
                rows.put(drill.name() + " (not tried in this run)", List.of());
            }
        }
        rows.forEach((name, runs) -> section.append(line(name, runs)));
        return section.toString();
    }

    private static String line(String name, List<DrainFaults.Outcome> runs) {
        Waits waits = runs.stream().map(DrainFaults.Outcome::waits).reduce(new Waits(List.of(), List.of()), Waits::and);
        long longest =
                runs.stream().mapToLong(run -> run.ended().toMillis()).max().orElse(0);
        return "| %s | %s | %s | %s | %s%n"
                .formatted(
                        name,
                        longest == 0 ? "-" : Figures.seconds(longest),
                        Waits.text(waits.tokens()),
                        Waits.text(waits.events()),
                        Figures.of(
                                runs.stream().map(DrainFaults.Outcome::verdict).toList()));
    }
}
