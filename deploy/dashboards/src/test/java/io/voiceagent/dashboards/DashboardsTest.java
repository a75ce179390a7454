package io.voiceagent.dashboards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.allinone.RunningSystem;
import io.voiceagent.embedded.Ports;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The query of every panel, asked of a real Prometheus that watched a real run, or of the real Postgres that the run was archived in. Each
 * has to bring data. What each brings is printed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf("installed")
class DashboardsTest {
    private static final Duration SEEN_WITHIN = Duration.ofSeconds(60);
    /** Longer than the run: rates are of all of it. */
    private static final String INTERVAL = "5m";

    /** What a panel shows when nothing has happened is data only if the panel says so itself. */
    private static final List<String> TRAFFIC = List.of(
            "voice_agent_llm_token_time_seconds_count",
            "voice_agent_archive_rows_total",
            "voice_agent_http_first_token_seconds_count");

    private RunningSystem system;
    private Prometheus prometheus;
    private Connection postgres;

    static boolean installed() {
        return Prometheus.installed();
    }

    @BeforeAll
    void run(@TempDir Path folder) throws Exception {
        int port = Ports.free();
        system = RunningSystem.start(
                folder.resolve("data"),
                port,
                Map.of(
                        "SIM_TTFT_MS",
                        "10",
                        "SIM_TOKENS_PER_SECOND",
                        "500",
                        "METRICS_INTERVAL_SECONDS",
                        "1",
                        "BACKUP_DIRECTORY",
                        Files.createDirectory(folder.resolve("backups")).toString()),
                new PrintStream(OutputStream.nullOutputStream()));
        prometheus = Prometheus.start(
                folder,
                Map.of(
                        "ingress-api", port,
                        "agent-worker", port + 1,
                        "tool-worker", port + 2,
                        "trace-archiver", port + 3));
        var database = system.database();
        postgres = DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
        // A rate needs a value from before
        Traffic traffic = new Traffic(system.url(), system.apiKey());
        traffic.once();
        await().atMost(SEEN_WITHIN)
                .until(() ->
                        !prometheus.query("voice_agent_backup_age_seconds >= 0").isEmpty());
        await().atMost(SEEN_WITHIN)
                .until(() -> TRAFFIC.stream()
                        .noneMatch(name -> prometheus.query(name).isEmpty()));
        traffic.once();
        await().atMost(SEEN_WITHIN)
                .until(() -> TRAFFIC.stream()
                        .noneMatch(name -> prometheus
                                .query("increase(" + name + "[5m]) > 0")
                                .isEmpty()));
    }

    @AfterAll
    void end() throws Exception {
        postgres.close();
        prometheus.close();
        system.close();
    }

    @Test
    void everyPanelHasData() throws Exception {
        var figures = new TreeMap<String, String>();
        var empty = new ArrayList<String>();
        for (Grafana.Query query : Grafana.queries(INTERVAL)) {
            if (SLO_OF_LONG_WINDOWS.stream().anyMatch(query.text()::contains)) {
                await().atMost(SEEN_WITHIN)
                        .until(() -> !prometheus.query(query.text()).isEmpty());
            }
            String figure = query.sql() ? rows(query.text()) : values(query.text());
            figures.put(query.name(), figure);
            if (figure.isEmpty()) {
                empty.add(query.name() + ": " + query.text());
            }
        }
        figures.forEach((name, figure) -> System.out.println(name + ": " + figure));
        System.out.println(figures.size() + " queries of panels");
        assertThat(empty).isEmpty();
    }

    @Test
    void histogramsNameTraces() {
        for (String histogram : List.of(
                "voice_agent_http_requests_seconds_bucket",
                "voice_agent_turns_seconds_bucket",
                "voice_agent_llm_call_seconds_bucket",
                "voice_agent_tool_call_seconds_bucket")) {
            await().atMost(SEEN_WITHIN)
                    .untilAsserted(() -> assertThat(prometheus.exemplars(histogram))
                            .as(histogram)
                            .isNotEmpty()
                            .allSatisfy(series -> assertThat(series.path("exemplars")
                                            .get(0)
                                            .path("labels")
                                            .path("trace_id")
                                            .asString(""))
                                    .matches("[0-9a-f]{32}")));
        }
        String trace = prometheus
                .exemplars("voice_agent_turns_seconds_bucket")
                .getFirst()
                .path("exemplars")
                .get(0)
                .path("labels")
                .path("trace_id")
                .stringValue();
        await().atMost(SEEN_WITHIN)
                .untilAsserted(() -> assertThat(rows("SELECT count(*) FROM trace_spans WHERE trace_id = '" + trace
                                + "' HAVING count(*) > 0"))
                        .isNotEmpty());
    }

    /** Recorded once a minute. */
    private static final List<String> SLO_OF_LONG_WINDOWS = List.of("voice_agent:slo_");

    /** The first value, and of how many series; empty: no data. */
    private String values(String promQl) {
        List<JsonNode> series = prometheus.query(promQl).stream()
                .filter(one -> !one.path("value").get(1).stringValue().equals("NaN"))
                .toList();
        return series.isEmpty()
                ? ""
                : series.getFirst().path("value").get(1).stringValue() + " (" + series.size() + " series)";
    }

    private String rows(String sql) throws SQLException {
        try (Statement statement = postgres.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            int count = 0;
            String first = "";
            while (rows.next()) {
                if (count++ == 0) {
                    first = String.valueOf(rows.getObject(rows.getMetaData().getColumnCount()));
                }
            }
            return count == 0 ? "" : first + " (" + count + " rows)";
        }
    }
}
