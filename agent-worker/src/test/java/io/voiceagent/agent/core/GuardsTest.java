package io.voiceagent.agent.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each rule that keeps a turn whole is taken out of the simulation, which must notice. {@code -Dguards.write=true} writes what it took into
 * the page of guards.
 */
class GuardsTest {
    private static final Path PAGE = Path.of("..", "deploy", "docs", "guards.md");
    private static final String BEGIN = "<!-- begin simulation -->\n";
    private static final String END = "<!-- end simulation -->\n";
    private static final Map<Removal, Map<Invariant, Integer>> NOTICED = new EnumMap<>(Removal.class);

    @ParameterizedTest
    @EnumSource
    void withoutItTheSimulationFails(Removal removal) {
        Map<Invariant, Integer> broken = removal.firstBroken();
        NOTICED.put(removal, broken);
        assertThat(broken.keySet()).as(removal.what).containsAll(removal.expected);
    }

    @Test
    void eachGuardAndEachBreachIsTakenOut() {
        Set<Guard> guards = EnumSet.noneOf(Guard.class);
        Set<Breach> breaches = EnumSet.of(Breach.NONE);
        for (Removal removal : Removal.values()) {
            guards.addAll(removal.setup.guards().out());
            breaches.add(removal.setup.breach());
        }
        assertThat(guards).containsExactlyInAnyOrder(Guard.values());
        assertThat(breaches).containsExactlyInAnyOrder(Breach.values());
    }

    @Test
    void thePageHasThemAll() throws IOException {
        assertThat(Files.readString(PAGE))
                .contains(Arrays.stream(Removal.values()).map(GuardsTest::cells).toList());
    }

    @AfterAll
    static void writePage() throws IOException {
        if (!Boolean.getBoolean("guards.write") || NOTICED.size() < Removal.values().length) {
            return;
        }
        String rows = Arrays.stream(Removal.values())
                .map(removal -> cells(removal) + noticed(removal))
                .collect(Collectors.joining());
        String page = Files.readString(PAGE);
        Files.writeString(
                PAGE,
                page.substring(0, page.indexOf(BEGIN) + BEGIN.length())
                        + "| Guard | Taken out | Lives in | Noticed as | in run |\n|---|---|---|---|---:|\n" + rows
                        + page.substring(page.indexOf(END)));
    }

    private static String cells(Removal removal) {
        return "| %s | %s | %s | ".formatted(removal.guard, removal.what, removal.place);
    }

    private static String noticed(Removal removal) {
        Map<Invariant, Integer> broken = NOTICED.get(removal);
        return "%s | %s |%n"
                .formatted(
                        removal.expected.stream().map(Invariant::name).collect(Collectors.joining(", ")),
                        removal.expected.stream()
                                .map(expected -> String.valueOf(broken.get(expected)))
                                .collect(Collectors.joining(", ")));
    }
}
