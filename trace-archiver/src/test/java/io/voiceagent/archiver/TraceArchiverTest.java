package io.voiceagent.archiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Timer;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.voiceagent.archiver.config.StartFailures;
import io.voiceagent.archiver.responses.SampleTurn;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole service, with another service's telemetry coming in. */
class TraceArchiverTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SPANS_OF_TRACE = "SELECT count(*) FROM trace_spans WHERE trace_id = ?";

    private static ConfigurableApplicationContext service;
    private static Telemetry api;

    @TempDir
    private static Path backups;

    @BeforeAll
    static void start() {
        service = TraceArchiver.start(arguments(Servers.postgres().jdbcUrl()));
        Variables variables = Variables.of(Map.of(
                "KAFKA_BOOTSTRAP_SERVERS", Servers.broker().bootstrapServers(), "METRICS_INTERVAL_SECONDS", "1"));
        api = Telemetry.start(TelemetryOptions.from(variables, "voice-agent-api", "1", KafkaSettings.from(variables)));
    }

    @AfterAll
    static void stop() {
        api.close();
        service.close();
    }

    @Test
    void aTraceCanBeReadBySqlWithinTwoSecondsOfItsEnd() throws Exception {
        String first = trace(UUID.randomUUID().toString()); // it waits for connections and joins
        await().atMost(PATIENCE).until(() -> count(SPANS_OF_TRACE, first) == 2);

        String turn = UUID.randomUUID().toString();
        String traceId = trace(turn);

        await().pollInterval(Duration.ofMillis(50))
                .atMost(Duration.ofSeconds(2))
                .until(() -> count(SPANS_OF_TRACE, traceId) == 2);
        assertThat(count(
                        "SELECT count(*) FROM trace_spans child JOIN trace_spans parent"
                                + " ON parent.trace_id = child.trace_id AND parent.span_id = child.parent_span_id"
                                + " WHERE child.name = 'agent.process_message' AND parent.kind = 'server'"
                                + " AND parent.service_name = 'voice-agent-api' AND child.attributes->>'turn' = ?",
                        turn))
                .isEqualTo(1);
    }

    @Test
    void aHistogramIsStoredUnderItsOwnName() throws Exception {
        OtlpMeterRegistry registry = api.meterRegistry();
        try {
            String route = "/" + UUID.randomUUID();
            Timer.builder("http.server.duration_ms")
                    .tag("route", route)
                    .serviceLevelObjectives(Duration.ofMillis(10), Duration.ofMillis(100))
                    .register(registry)
                    .record(Duration.ofMillis(42));

            await().atMost(PATIENCE)
                    .until(() -> count(
                                    "SELECT count(*) FROM performance_metrics WHERE name = 'http.server.duration_ms'"
                                            + " AND kind = 'histogram' AND count = 1 AND sum = 42"
                                            + " AND attributes->>'route' = ?",
                                    route)
                            > 0);
        } finally {
            registry.close();
        }
    }

    @Test
    void aFinishedTurnIsArchivedAsAResponse() throws Exception {
        SampleTurn turn = new SampleTurn(3, System.nanoTime());
        KafkaSettings kafka = KafkaSettings.local(Servers.broker().bootstrapServers(), 4, 4);
        try (Producer<String, byte[]> producer = Producers.stage(kafka, "a-turn")) {
            for (StepEvent step : turn.steps) {
                producer.send(new ProducerRecord<>(
                        Topics.STEPS, 3, turn.conversation, Json.write(step), Records.headers(step, Context.root())));
            }
            turn.frames.forEach(frame -> producer.send(Records.frame(frame, Context.root())));
        }

        await().atMost(PATIENCE)
                .until(() -> count(
                                "SELECT count(*) FROM responses.responses WHERE response_id = ? AND status = 'completed'",
                                turn.id)
                        == 1);
    }

    @Test
    void itsOwnMetricsAreArchivedToo() {
        await().atMost(PATIENCE)
                .until(() ->
                        count("SELECT count(*) FROM performance_metrics WHERE service_name = ?", "voice-agent-archiver")
                                > 0);
    }

    @Test
    void aBackupIsMadeAndTriedSoonAfterTheFirstStart() {
        await().atMost(PATIENCE)
                .until(() -> count(
                                "SELECT count(*) FROM backup_history WHERE status = 'completed'"
                                        + " AND restore_check = 'passed' AND starts_with(location, ?)",
                                backups.toString())
                        == 1);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(get("/actuator/prometheus"))
                        .contains("voice_agent_backup_age_seconds ")
                        .contains("voice_agent_backup_failures_total{type=\"full\"} 0.0")
                        .contains("voice_agent_backup_restore_checks_total{outcome=\"passed\"} 1.0"));
    }

    @Test
    void reportsItsHealthAndMeters() throws Exception {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(get("/actuator/health"))
                        .contains("\"status\":\"UP\"")
                        .contains("\"otlp_spans\":{\"state\":\"RUNNING\"")
                        .contains("\"otlp_metrics\":{\"state\":\"RUNNING\"")
                        .contains("\"responses\":{\"state\":\"RUNNING\"")
                        .contains("\"archive\":")
                        .contains("\"database\":\"PostgreSQL\""));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(get("/actuator/prometheus"))
                        .contains("voice_agent_archive_rows_total{topic=\"otlp_metrics\"}")
                        .contains("voice_agent_archive_lag_records{topic=\"otlp_spans\"}")
                        .contains("voice_agent_archive_lag_seconds{topic=\"otlp_spans\"}")
                        .contains("voice_agent_archive_lag_seconds{topic=\"agent.steps\"}")
                        .contains("voice_agent_archive_lag_seconds{topic=\"agent.stream\"}")
                        .contains("voice_agent_archive_responses_open ")
                        .contains("voice_agent_archive_responses_delay_seconds_bucket")
                        .contains("voice_agent_archive_batch_duration_seconds_bucket"));
    }

    @Test
    void aStartWithoutPostgresEndsWithTheVariableAndTheRemedy() throws Exception {
        String url;
        try (ServerSocket socket = new ServerSocket(0)) {
            url = "jdbc:postgresql://127.0.0.1:" + socket.getLocalPort() + "/voice_agent";
        }

        Throwable failure = catchThrowable(() -> TraceArchiver.start(arguments(url)));

        assertThat(StartFailures.lastLine(failure))
                .startsWith("Postgres can't be reached at " + url)
                .contains("POSTGRES_URL")
                .doesNotContain("\n");
    }

    @Test
    void aTraceCanBeLookedAtByItsPageAndByJaegersClients() throws Exception {
        String traceId = trace(UUID.randomUUID().toString());
        await().atMost(PATIENCE).until(() -> count(SPANS_OF_TRACE, traceId) == 2);

        assertThat(get("/")).contains("<title>Traces</title>", "traces.js", "traces.css");
        assertThat(get("/traces.js")).contains("api/v1/");
        assertThat(get("/traces.css")).contains("prefers-color-scheme");
        assertThat(get("/api/v1/traces/" + traceId)).contains("\"agent.process_message\"");
        assertThat(get("/api/services")).contains("\"voice-agent-api\"", "\"errors\":null");
        assertThat(get("/api/traces?service=voice-agent-api&operation=agent.process_message"))
                .contains(traceId);
    }

    private static String trace(String turn) {
        Tracer tracer = api.tracer("test");
        Span request = tracer.spanBuilder("POST /api/v1/responses")
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        try (var scope = request.makeCurrent()) {
            tracer.spanBuilder("agent.process_message")
                    .setAttribute("turn", turn)
                    .startSpan()
                    .end();
        } finally {
            request.end();
        }
        return request.getSpanContext().getTraceId();
    }

    private static String[] arguments(String postgresUrl) {
        EmbeddedPostgresServer postgres = Servers.postgres();
        return List.of(
                        "KAFKA_BOOTSTRAP_SERVERS=" + Servers.broker().bootstrapServers(),
                        "AGENT_PARTITIONS=4",
                        "CALL_PARTITIONS=4",
                        "POSTGRES_URL=" + postgresUrl,
                        "POSTGRES_USER=" + postgres.user(),
                        "POSTGRES_PASSWORD=" + postgres.password(),
                        "POSTGRES_START_SECONDS=0",
                        "METRICS_INTERVAL_SECONDS=1",
                        "BACKUP_DIRECTORY=" + backups,
                        "BIND_ADDRESS=127.0.0.1",
                        "PORT=0")
                .stream()
                .map(argument -> "--" + argument)
                .toArray(String[]::new);
    }

    private static long count(String sql, String parameter) throws Exception {
        EmbeddedPostgresServer postgres = Servers.postgres();
        try (Connection connection =
                        DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, parameter);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                return result.getLong(1);
            }
        }
    }

    private static String get(String path) throws Exception {
        String port = service.getEnvironment().getRequiredProperty("local.server.port");
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }
}
