package io.voiceagent.dashboards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.voiceagent.allinone.RunningSystem;
import io.voiceagent.embedded.Ports;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * What users say, what tools are asked, and keys, all marked, go through the whole system, well and badly. The marks must then be in no line
 * of a log, no span, no metric, and in no error that somebody else could see; and they must be where they belong, or this would show nothing.
 */
class SecrecyTest {
    private static final String SAID = "marksaid7351";
    private static final String KEY = "va-markkey7351-0123456789abcdef";
    private static final Duration STORED_WITHIN = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Queue<String> log = new ConcurrentLinkedQueue<>();

    @Test
    void nothingTellsWhatUsersSaid(@TempDir Path folder) throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        Level before = root.getLevel();
        var listener = new Listener();
        listener.setContext(root.getLoggerContext());
        listener.start();
        root.addAppender(listener);
        root.setLevel(Level.INFO);
        int port = Ports.free();
        try (var system = RunningSystem.start(
                folder,
                port,
                Map.of(
                        "API_KEYS", "acme:" + KEY + ",other:" + KEY + "-other",
                        "SIM_TTFT_MS", "5",
                        "METRICS_INTERVAL_SECONDS", "1"),
                new PrintStream(OutputStream.nullOutputStream()))) {
            List<String> answers = talk(system.url());

            assertThat(String.join("\n", answers)).contains(SAID).doesNotContain(KEY);
            assertThat(String.join("\n", refusals(system.url())))
                    .as("errors")
                    .contains("error")
                    .doesNotContain(SAID)
                    .doesNotContain(KEY);
            assertArchiveIsSilent(system);
            for (int service = 0; service < 4; service++) {
                assertThat(get("http://127.0.0.1:" + (port + service) + "/actuator/prometheus"))
                        .as("metrics")
                        .contains("voice_agent_")
                        .doesNotContain(SAID)
                        .doesNotContain(KEY);
            }
        } finally {
            root.setLevel(before);
            root.detachAppender(listener);
        }
        assertThat(log)
                .as("log")
                .hasSizeGreaterThan(50)
                .noneMatch(line -> line.contains(SAID))
                .noneMatch(line -> line.contains(KEY));
    }

    /** Turns that go well, that fail, whose tools are asked wrongly, that ask for a format. */
    private List<String> talk(String url) throws Exception {
        String tools = "\"tools\":[{\"type\":\"mcp\",\"server_label\":\"builtin\",\"require_approval\":\"never\"}]";
        var answers = new ArrayList<String>();
        for (String body : List.of(
                "{\"instructions\":\"%s\",\"input\":\"%s [[tokens=20]]\",\"metadata\":{\"note\":\"%s\"}}",
                "{\"input\":\"[[call=calculator {\\\"expression\\\":\\\"%s\\\"}]] %s %s\"," + tools + "}",
                "{\"input\":\"[[call=calculator {\\\"%s\\\":\\\"%s\\\"}]] %s\"," + tools + "}",
                "{\"input\":\"%s [[fault=badtype]] %s %s\"}",
                "{\"input\":\"%s [[fault=cut:3]] %s %s\"}",
                "{\"input\":\"%s %s [[invalid=2]]\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"x\",\"schema\":{\"type\":\"object\",\"required\":[\"%s\"]}}}}",
                "{\"input\":\"%s\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"description\":\"%s\",\"parameters\":{\"type\":\"object\",\"properties\":{\"%s\":{\"type\":\"string\"}}}}]}")) {
            var answer = post(url + "/api/v1/responses", KEY, body.formatted(SAID, SAID, SAID));
            assertThat(answer.statusCode()).as(body + answer.body()).isEqualTo(200);
            answers.add(answer.body());
        }
        return answers;
    }

    /** What is refused, each with a mark where the mistake is or beside it. */
    private List<String> refusals(String url) throws Exception {
        var answers = new ArrayList<String>();
        for (String body : List.of(
                "{\"input\":{\"" + SAID + "\":1}}",
                "{\"input\":\"" + SAID + "\",\"temperature\":\"" + SAID + "\"}",
                "{\"input\":\"" + SAID + "\",\"metadata\":{\"a\":[\"" + SAID + "\"]}}",
                "{\"input\":\"" + SAID + "\"",
                "{\"input\":[{\"role\":\"" + SAID + "\",\"content\":\"" + SAID + "\"}]}",
                "{\"input\":\"x\",\"previous_response_id\":\"resp_" + SAID + "\"}")) {
            var answer = post(url + "/api/v1/responses", KEY, body);
            assertThat(answer.statusCode()).as(body).isBetween(400, 499);
            answers.add(answer.body());
        }
        var unknown = post(url + "/api/v1/responses", KEY + "-unknown", "{\"input\":\"" + SAID + "\"}");
        assertThat(unknown.statusCode()).isEqualTo(401);
        answers.add(unknown.body());
        return answers;
    }

    private static void assertArchiveIsSilent(RunningSystem system) throws Exception {
        var database = system.database();
        try (var connection = DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
                var statement = connection.createStatement()) {
            await().atMost(STORED_WITHIN).until(() -> {
                try (var rows = statement.executeQuery(
                        "SELECT (SELECT count(*) FROM trace_spans WHERE name = 'agent.process_message') >= 7"
                                + " AND EXISTS (SELECT FROM performance_metrics)"
                                + " AND EXISTS (SELECT FROM responses.responses WHERE body::text LIKE '%" + SAID
                                + "%')")) {
                    return rows.next() && rows.getBoolean(1);
                }
            });
            for (String table : List.of("trace_spans", "performance_metrics")) {
                for (String mark : List.of(SAID, KEY)) {
                    try (var rows = statement.executeQuery(
                            "SELECT row_to_json(t)::text FROM %s t WHERE t::text LIKE '%%%s%%' LIMIT 1"
                                    .formatted(table, mark))) {
                        assertThat(rows.next() ? rows.getString(1) : "")
                                .as(table)
                                .isEmpty();
                    }
                }
            }
        }
    }

    private HttpResponse<String> post(String url, String key, String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(url))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + key)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private String get(String url) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private final class Listener extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            var failure = event.getThrowableProxy();
            log.add(event.getFormattedMessage()
                    + event.getMDCPropertyMap()
                    + (failure == null ? "" : ThrowableProxyUtil.asString(failure)));
        }
    }
}
