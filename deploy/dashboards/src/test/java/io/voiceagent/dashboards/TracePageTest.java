package io.voiceagent.dashboards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.voiceagent.allinone.RunningSystem;
import io.voiceagent.embedded.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** The traces' page in a real Chromium, over a real run. What it looked like is in {@code target/screenshots}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIf("installed")
class TracePageTest {
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final Duration ARCHIVED_WITHIN = Duration.ofSeconds(60);
    private static final String HOSTILE =
            "<img src=x onerror=alert(1)><script>alert(2)</script>\"'{{7*7}}javascript:alert(3)";
    private static final String HOSTILE_TRACE = "abad1deaabad1deaabad1deaabad1dea";
    private static final String NOTHING_WIDER =
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth";

    private RunningSystem system;
    private Chromium browser;
    private String page;
    private String toolsTrace;

    static boolean installed() {
        return Chromium.installed();
    }

    @BeforeAll
    void run(@TempDir Path folder) throws Exception {
        int port = Ports.free();
        system = RunningSystem.start(
                folder.resolve("data"),
                port,
                Map.of("SIM_TTFT_MS", "10", "SIM_TOKENS_PER_SECOND", "500"),
                new PrintStream(OutputStream.nullOutputStream()));
        page = "http://127.0.0.1:" + (port + 3) + "/";
        new Traffic(system.url(), system.apiKey()).once();
        toolsTrace = traceOfATurnWithTools();
        archiveAStrangersSpan();
        await().atMost(ARCHIVED_WITHIN)
                .until(() -> get("api/v1/traces/" + toolsTrace).contains("tool.execute")
                        && get("api/v1/traces/" + toolsTrace).contains("POST /api/v1/responses"));
        browser = Chromium.start(Files.createDirectory(folder.resolve("chromium")));
    }

    @AfterAll
    void end() throws Exception {
        browser.close();
        system.close();
    }

    /** Whatever a test did: the page asked nobody else, ran nothing of a stranger, and met no error. */
    @AfterEach
    void nothingFromElsewhere() {
        assertThat(browser.asked)
                .isNotEmpty()
                .allSatisfy(url -> assertThat(url)
                        .matches(asked ->
                                asked.startsWith(page) || asked.startsWith("data:,") || asked.equals("about:blank")));
        assertThat(browser.dialogs).isEmpty();
        assertThat(browser.complaints).isEmpty();
    }

    @Test
    void findsATraceAndShowsItsWaterfallOnADesktop() throws Exception {
        browser.size(1280, 900, false);
        browser.colours("light");
        browser.open(page + "?desktop");
        browser.await("document.querySelectorAll('#results li').length > 5");
        assertThat(browser.text("#found")).contains("newest first");
        browser.screenshot(SCREENSHOTS.resolve("search-desktop.png"));

        browser.evaluate("document.forms.search.elements.service.value = 'voice-agent-tools';"
                + "document.forms.search.elements.service.dispatchEvent(new Event('change'))");
        browser.await("[...document.forms.search.elements.operation.options].some(o => o.value === 'tool.execute')");
        browser.evaluate("document.forms.search.elements.operation.value = 'tool.execute';"
                + "document.forms.search.requestSubmit()");
        browser.await(
                "location.hash.includes('tool.execute') && document.querySelector('a[href$=\"" + toolsTrace + "\"]')");

        browser.evaluate("document.querySelector('a[href$=\"" + toolsTrace + "\"]').click()");
        browser.await("document.querySelectorAll('.row').length > 4");
        assertThat(browser.text("#trace-view h1")).isEqualTo("POST /api/v1/responses");
        assertThat(browser.text(".fall")).contains("agent.process_message", "agent.call_llm", "tool.execute");
        assertThat(browser.text(".hops")).contains("agent.requests", "llm.calls", "tool.calls");
        assertThat(browser.text(".hops")).contains("api → worker");
        assertThat(browser.count(".time .in")).isGreaterThanOrEqualTo(4);
        assertThat(browser.count(".time .out")).isGreaterThanOrEqualTo(4);
        browser.screenshot(SCREENSHOTS.resolve("trace-desktop.png"));

        browser.evaluate(
                "[...document.querySelectorAll('.row')].find(r => r.innerText.includes('tool.execute')).click()");
        assertThat(browser.text(".detail")).contains("gen_ai.tool.name", "messaging.destination.name");
        browser.screenshot(SCREENSHOTS.resolve("span-desktop.png"));
        browser.colours("dark");
        browser.screenshot(SCREENSHOTS.resolve("trace-dark.png"));
        assertThat(browser.evaluate(NOTHING_WIDER).booleanValue()).isTrue();
    }

    @Test
    void fitsAPhone() throws Exception {
        browser.size(360, 740, true);
        browser.colours("light");
        browser.open(page + "?phone");
        browser.await("document.querySelectorAll('#results li').length > 5");
        assertThat(browser.evaluate(NOTHING_WIDER).booleanValue()).isTrue();
        browser.screenshot(SCREENSHOTS.resolve("search-phone.png"));

        browser.open(page + "?phone#/trace/" + toolsTrace);
        browser.await("document.querySelectorAll('.row').length > 4");
        assertThat(browser.evaluate(NOTHING_WIDER).booleanValue()).isTrue();
        browser.screenshot(SCREENSHOTS.resolve("trace-phone.png"));
        browser.evaluate(
                "const row = [...document.querySelectorAll('.row')].find(r => r.innerText.includes('agent.call_llm'));"
                        + "row.click(); row.scrollIntoView()");
        assertThat(browser.text(".detail")).contains("gen_ai.request.model");
        assertThat(browser.evaluate(NOTHING_WIDER).booleanValue()).isTrue();
        browser.screenshot(SCREENSHOTS.resolve("span-phone.png"));
    }

    @Test
    void canBeUsedByKeysAlone() {
        browser.size(1280, 900, false);
        browser.open(page + "?keys");
        browser.await("document.querySelectorAll('#results li').length > 5");
        browser.press("/");
        browser.await("document.activeElement.id === 'jump-id'");
        browser.type(toolsTrace);
        browser.press("Enter");
        browser.await("document.activeElement.classList.contains('row')");
        int all = browser.count(".row:not([hidden])");

        browser.press("ArrowDown");
        browser.press("ArrowUp");
        browser.press("ArrowLeft");
        assertThat(browser.count(".row:not([hidden])")).isEqualTo(1);
        browser.press("ArrowRight");
        assertThat(browser.count(".row:not([hidden])")).isEqualTo(all);
        browser.press("Enter");
        assertThat(browser.count(".detail")).isEqualTo(1);
        browser.press("Enter");
        assertThat(browser.count(".detail")).isZero();
        browser.press("Escape");
        browser.await("!document.getElementById('search-view').hidden");
        assertThat(browser.count("#results li")).isGreaterThan(5);
    }

    @Test
    void aStrangersTextStaysText() throws Exception {
        browser.size(1280, 900, false);
        browser.colours("light");
        browser.open(page + "?hostile#/trace/" + HOSTILE_TRACE);
        browser.await("document.querySelectorAll('.row').length === 2");
        browser.evaluate("document.querySelectorAll('.row').forEach(row => row.click())");

        assertThat(browser.text("#trace-view h1")).isEqualTo(HOSTILE);
        assertThat(browser.evaluate("document.querySelectorAll('main img, main script, main [onerror]').length")
                        .intValue())
                .isZero();
        assertThat(browser.text(".detail")).contains(HOSTILE);
        assertThat(browser.count("a[href^=javascript]")).isZero();
        browser.screenshot(SCREENSHOTS.resolve("hostile.png"));
        // The browser itself would refuse it, too
        assertThat(browser.evaluate("(() => { try { document.createElement('p').innerHTML = '<b>'; return 'made'; }"
                                + " catch (e) { return e.name; } })()")
                        .stringValue())
                .isEqualTo("TypeError");
        browser.complaints.removeIf(told -> told.contains("TrustedHTML")); // of that very try

        browser.open(page + "?hostile#/?tags="
                + "name%3D%22%3Cimg%20src%3Dx%3E%22&service=%3Cscript%3Ealert(4)%3C%2Fscript%3E");
        browser.await("document.getElementById('found').textContent.startsWith('No trace')");
        browser.open(page + "?hostile#/trace/%3Cimg%20src=x%20onerror=alert(5)%3E");
        browser.await("document.querySelector('.note.bad')?.textContent.includes('no trace id')");
        browser.complaints.removeIf(told -> told.contains("400")); // that it was refused
    }

    private String traceOfATurnWithTools() throws IOException, InterruptedException {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(URI.create(system.url() + "/api/v1/responses"))
                .header("Authorization", "Bearer " + system.apiKey())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("""
                        {"input": "What is 17 * 23, and what time is it in Asia/Tokyo?",
                         "tools": [{"type": "mcp", "server_label": "builtin", "require_approval": "never"}]}"""))
                .build());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.headers().firstValue("x-trace-id").orElseThrow();
    }

    private String get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(page + path)).build()).body();
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    private void archiveAStrangersSpan() throws Exception {
        var database = system.database();
        try (Connection postgres =
                        DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
                PreparedStatement insert = postgres.prepareStatement("""
                        INSERT INTO trace_spans (trace_id, span_id, parent_span_id, service_name, name, kind, start_time, end_time,
                            start_unix_nano, duration_ms, status, status_message, attributes, resource, events, links)
                        SELECT ?, lpad(i::text, 16, '0'), CASE WHEN i = 2 THEN lpad('1', 16, '0') END, t, t, 'consumer', now(), now(),
                               (extract(epoch FROM now()) * 1000000)::bigint * 1000 + i, 5, 'error', t,
                               jsonb_build_object(t, t, 'messaging.destination.name', t), jsonb_build_object(t, t),
                               jsonb_build_array(jsonb_build_object('name', t, 'time', t, 'attributes', jsonb_build_object(t, t))),
                               jsonb_build_array(jsonb_build_object('trace_id', 'javascript:alert(1)', 'span_id', t))
                        FROM (SELECT ?::text AS t, generate_series(1, 2) AS i) AS texts""")) {
            insert.setString(1, HOSTILE_TRACE);
            insert.setString(2, HOSTILE);
            insert.executeUpdate();
        }
    }
}
