package io.voiceagent.dashboards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.yaml.snakeyaml.Yaml;

/** Rules and alerts, by Prometheus' own tool; and that each alert is tried and explained. */
class RulesTest {
    private static final Path PROMETHEUS = Grafana.ROOT.resolve("prometheus");
    private static final Path RUNBOOKS = Grafana.ROOT.resolveSibling("deploy/docs/runbooks");

    static boolean installed() {
        return Prometheus.installed();
    }

    @Test
    @EnabledIf("installed")
    void promtoolAcceptsTheConfiguration() throws Exception {
        assertThat(promtool("check", "config", "prometheus.yml")).contains("SUCCESS");
    }

    @Test
    @EnabledIf("installed")
    void promtoolsUnitTestsPass() throws Exception {
        var command = new ArrayList<>(List.of("test", "rules"));
        try (Stream<Path> files = Files.list(PROMETHEUS.resolve("tests"))) {
            files.sorted().map(file -> "tests/" + file.getFileName()).forEach(command::add);
        }
        assertThat(promtool(command.toArray(String[]::new))).contains("SUCCESS").doesNotContain("FAILED");
    }

    @Test
    void eachAlertIsTriedAndHasItsRunbook() throws IOException {
        var alerts = new TreeSet<String>();
        for (Map<String, Object> rule : rules()) {
            if (rule.get("alert") instanceof String name) {
                alerts.add(name);
                assertThat(annotations(rule)).containsKeys("summary", "description");
                assertThat(annotations(rule)).containsEntry("runbook", "deploy/docs/runbooks/" + name + ".md");
                assertThat(RUNBOOKS.resolve(name + ".md"))
                        .content()
                        .startsWith("# " + name)
                        .hasSizeGreaterThan(300);
            }
        }
        var tried = new TreeSet<String>();
        try (Stream<Path> files = Files.list(PROMETHEUS.resolve("tests"))) {
            for (Path file : files.toList()) {
                Files.readAllLines(file).stream()
                        .map(String::strip)
                        .filter(line -> line.contains("alertname: "))
                        .map(line ->
                                line.substring(line.indexOf("alertname: ") + 11).strip())
                        .forEach(tried::add);
            }
        }
        assertThat(alerts).hasSizeGreaterThan(15).isEqualTo(tried);
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> rules() throws IOException {
        List<Map<String, Object>> rules = new ArrayList<>();
        try (Stream<Path> files = Files.list(PROMETHEUS.resolve("rules"))) {
            for (Path file : files.toList()) {
                Map<String, List<Map<String, Object>>> content = new Yaml().load(Files.readString(file));
                content.get("groups").forEach(group -> rules.addAll((List<Map<String, Object>>) group.get("rules")));
            }
        }
        return rules;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> annotations(Map<String, Object> rule) {
        return (Map<String, Object>) rule.get("annotations");
    }

    private static String promtool(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(PROMETHEUS.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
