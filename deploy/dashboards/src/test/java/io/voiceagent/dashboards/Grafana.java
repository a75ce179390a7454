package io.voiceagent.dashboards;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The folder {@code grafana/} of the project. */
final class Grafana {
    static final Path ROOT =
            Path.of("").toAbsolutePath().resolve("../../grafana").normalize();

    /**
     * One query of a panel, with Grafana's variables replaced.
     *
     * @param sql whether it is for Postgres; else it is PromQL
     */
    record Query(String dashboard, String panel, String legend, boolean sql, String text) {
        String name() {
            return dashboard + " / " + panel + (legend.isEmpty() ? "" : " [" + legend + "]");
        }
    }

    private Grafana() {}

    static List<JsonNode> dashboards() {
        try (Stream<Path> files = Files.list(ROOT.resolve("dashboards"))) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .map(file -> JsonMapper.shared().readTree(file))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param interval what {@code $__rate_interval} stands for: several scrapes */
    static List<Query> queries(String interval) {
        List<Query> queries = new ArrayList<>();
        for (JsonNode dashboard : dashboards()) {
            for (JsonNode panel : dashboard.path("panels").values()) {
                for (JsonNode target : panel.path("targets").values()) {
                    boolean sql = target.has("rawSql");
                    queries.add(new Query(
                            dashboard.path("title").stringValue(),
                            panel.path("title").stringValue(),
                            target.path("legendFormat").asString(""),
                            sql,
                            sql
                                    ? target.path("rawSql")
                                            .stringValue()
                                            .replaceAll(
                                                    "\\$__timeFilter\\((\\w+)\\)",
                                                    "$1 BETWEEN now() - interval '1 hour' AND now()")
                                    : target.path("expr").stringValue().replace("$__rate_interval", interval)));
                }
            }
        }
        return queries;
    }
}
