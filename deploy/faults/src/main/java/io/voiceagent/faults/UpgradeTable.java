package io.voiceagent.faults;

import java.time.Duration;
import java.util.List;

/** What an exchange of versions did, as Markdown. */
final class UpgradeTable {
    private static final String HEAD = """
            ## An older version and this one side by side

            All processes are of the older version first; then one after the other is told to end and is started as the other version, on the same topics and the same state directories, while the same customers ask and both
            ingresses are asked what became of each turn. Forward: ingresses, orchestrators, tool workers, LLM workers; back in the opposite order. Columns as above. Records of a version that is not known yet are the poison of
            another section.

            """;

    private UpgradeTable() {}

    /** @param ledgers what the other ledgers tell, with its line's end; may be empty */
    static String section(String version, List<UpgradeFaults.Outcome> outcomes, long tookNanos, String ledgers) {
        Duration took = Duration.ofNanos(tookNanos);
        StringBuilder section = new StringBuilder(HEAD);
        section.append("Older version: %s. %d min %d s, %d processors.%n%n"
                .formatted(
                        version,
                        took.toMinutes(),
                        took.toSecondsPart(),
                        Runtime.getRuntime().availableProcessors()));
        section.append(ledgers);
        section.append("| exchanged | tokens | events | ").append(Figures.HEAD).append('\n');
        section.append("|---|--:|--:|").append(Figures.RULE).append('\n');
        for (UpgradeFaults.Stage stage : UpgradeFaults.STAGES) {
            List<UpgradeFaults.Outcome> runs = outcomes.stream()
                    .filter(outcome -> outcome.stage().equals(stage))
                    .toList();
            Waits waits =
                    runs.stream().map(UpgradeFaults.Outcome::waits).reduce(new Waits(List.of(), List.of()), Waits::and);
            section.append("| %s%s | %s | %s | %s%n"
                    .formatted(
                            stage.name(),
                            runs.isEmpty() ? " (not tried: no older version was given, or no time was left)" : "",
                            Waits.text(waits.tokens()),
                            Waits.text(waits.events()),
                            Figures.of(runs.stream()
                                    .map(UpgradeFaults.Outcome::verdict)
                                    .toList())));
        }
        return section.toString();
    }
}
