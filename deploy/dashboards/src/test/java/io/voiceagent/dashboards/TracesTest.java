package io.voiceagent.dashboards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Scope;
import io.voiceagent.allinone.RunningSystem;
import io.voiceagent.embedded.Ports;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One trace for every way that a turn can go, read from the archive of a real run: one root, no span without its parent, and what is in it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TracesTest {
    private static final Duration STORED_WITHIN = Duration.ofSeconds(60);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String TURN = "agent.process_message";
    private static final String MODEL = "agent.call_llm";
    private static final String TOOL = "tool.execute";
    private static final String PUBLISH = "agent.requests publish";
    private static final String REQUEST = "agent.requests process";
    private static final String POST = "POST /api/v1/responses";

    private final HttpClient http = HttpClient.newHttpClient();
    private int port;
    private RunningSystem system;
    private Connection postgres;

    private record Answer(String trace, JsonNode body) {
        String id() {
            return body.path("id").stringValue();
        }
    }

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        port = Ports.free();
        system = RunningSystem.start(
                folder,
                port,
                Map.of(
                        "SIM_TTFT_MS",
                        "5",
                        "SIM_TOKENS_PER_SECOND",
                        "1000",
                        "TURN_DEADLINE_SECONDS",
                        "15",
                        "TRACE_MESSAGE_TEXT",
                        "true"),
                new PrintStream(OutputStream.nullOutputStream()));
        var database = system.database();
        postgres = DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
    }

    @AfterAll
    void end() throws Exception {
        postgres.close();
        system.close();
    }

    @Test
    void tools() throws Exception {
        Answer answer = turn(
                "{\"input\":\"What is 17 * 23, and what time is it in Asia/Tokyo?\",%s}".formatted(tools("never")));
        Trace trace = trace(answer, Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 2, TOOL, 2));
        assertThat(trace.spans()).extracting(Trace.Span::status).containsOnly("unset");
        Trace.Span turn = only(trace, TURN);
        assertThat(turn.parent()).isEqualTo(only(trace, PUBLISH).id());
        assertThat(turn.attribute("gen_ai.operation.name")).isEqualTo("invoke_agent");
        assertThat(turn.attribute("messaging.consumer.group.name")).isEqualTo("voice-agent-orchestrator");
        assertThat(only(trace, PUBLISH).attribute("messaging.operation.type")).isEqualTo("send");
        assertThat(only(trace, PUBLISH)
                        .attributes()
                        .path("messaging.kafka.offset")
                        .isNumber())
                .isTrue();
        for (Trace.Span call : trace.named(MODEL)) {
            assertThat(call.parent()).isEqualTo(turn.id());
            assertThat(call.attribute("gen_ai.operation.name")).isEqualTo("chat");
            assertThat(call.attribute("gen_ai.provider.name")).isEqualTo("openai");
            assertThat(call.attribute("gen_ai.request.model")).isNotBlank();
            assertThat(call.attribute("gen_ai.response.model")).isNotBlank();
            assertThat(call.attribute("gen_ai.conversation.id")).isEqualTo(turn.attribute("gen_ai.conversation.id"));
            assertThat(call.attributes().path("gen_ai.usage.input_tokens").asLong())
                    .isPositive();
            assertThat(call.attributes().path("gen_ai.usage.output_tokens").asLong())
                    .isPositive();
            assertThat(call.attributes().path("gen_ai.response.finish_reasons").size())
                    .isEqualTo(1);
            assertThat(call.events())
                    .extracting(event -> event.path("name").asString())
                    .contains("gen_ai.first_token");
        }
        assertThat(trace.named(TOOL))
                .allSatisfy(call -> {
                    assertThat(call.parent()).isEqualTo(turn.id());
                    assertThat(call.attribute("gen_ai.operation.name")).isEqualTo("execute_tool");
                    assertThat(call.attribute("gen_ai.tool.call.id")).startsWith("call_");
                })
                .extracting(call -> call.attribute("gen_ai.tool.name"))
                .containsExactlyInAnyOrder("calculator", "current_time");
    }

    @Test
    void aToolThatFails() throws Exception {
        Answer answer = turn("{\"input\":\"[[call=calculator {\\\"wrong\\\":1}]] Try.\",%s}".formatted(tools("never")));
        Trace trace = trace(answer, Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 2, TOOL, 1));
        assertThat(only(trace, TOOL).status()).isEqualTo("error");
        assertThat(only(trace, TOOL).attribute("error.type")).isNotBlank();
        assertThat(only(trace, TURN).status()).isEqualTo("unset");
    }

    @Test
    void whatWasSaidWithoutTheSecretsInIt() throws Exception {
        Answer answer = turn(
                "{\"input\":\"My key is sk-test-abcdefghijklmnop. [[call=calculator {\\\"expression\\\":\\\"17*23\\\"}]]\",%s}"
                        .formatted(tools("never")));
        Trace trace = trace(answer, Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 2, TOOL, 1));
        JsonNode input = JSON.readTree(trace.named(MODEL).getFirst().attribute("gen_ai.input.messages"));
        assertThat(input.get(0).path("role").stringValue()).isEqualTo("user");
        assertThat(input.toString()).contains("My key is [redacted]").doesNotContain("sk-test");
        JsonNode output = JSON.readTree(trace.named(MODEL).getLast().attribute("gen_ai.output.messages"));
        assertThat(output.get(0).path("role").stringValue()).isEqualTo("assistant");
        assertThat(output.get(0).path("finish_reason").stringValue()).isEqualTo("stop");
        assertThat(only(trace, TOOL).attribute("gen_ai.tool.call.arguments")).contains("17*23");
        assertThat(only(trace, TOOL).attribute("gen_ai.tool.call.result")).contains("391");
    }

    @Test
    void countsByTenant() throws Exception {
        turn("{\"input\":\"What is 17 * 23?\",%s}".formatted(tools("never")));
        await().atMost(STORED_WITHIN).untilAsserted(() -> {
            assertThat(metrics(port + 1))
                    .containsPattern("voice_agent_tenant_tokens_total\\{[^}]*tenant=\"local\"")
                    .containsPattern("voice_agent_tenant_turns_total\\{[^}]*tenant=\"local\"");
            assertThat(metrics(port + 2))
                    .containsPattern("voice_agent_tenant_tool_call_seconds_count\\{[^}]*tenant=\"local\"");
        });
    }

    private String metrics(int service) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service + "/actuator/prometheus"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void aRetryWithinAnAttempt() throws Exception {
        Trace trace = trace(
                turn("{\"input\":\"Once more. [[fault=500:1]]\"}"), Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 1));
        assertThat(only(trace, MODEL).events())
                .extracting(event -> event.path("name").asString())
                .contains("retry");
    }

    @Test
    void anAttemptThatIsSuperseded() throws Exception {
        Trace trace = trace(
                turn("{\"input\":\"Say something long. [[tokens=60]] [[cut=20:1]]\"}"),
                Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 2));
        assertThat(trace.named(MODEL)).extracting(Trace.Span::status).containsExactly("error", "unset");
        assertThat(trace.named(MODEL).getFirst().attribute("error.type")).isNotBlank();
        assertThat(trace.named(MODEL))
                .extracting(
                        call -> call.attributes().path("voice_agent.attempt").asInt())
                .containsExactly(0, 1);
        assertThat(only(trace, TURN).status()).isEqualTo("unset");
    }

    @Test
    void aFailure() throws Exception {
        Trace trace = trace(turn("{\"input\":\"Fail. [[fault=badtype]]\"}"), Map.of(POST, 1, PUBLISH, 1, TURN, 1));
        assertThat(trace.named(MODEL))
                .isNotEmpty()
                .allMatch(call -> call.status().equals("error"));
        assertThat(only(trace, TURN).status()).isEqualTo("error");
        assertThat(only(trace, TURN).attribute("error.type")).isNotBlank();
    }

    @Test
    void aCancelAndADeletion() throws Exception {
        Answer answer = slow("");
        await().until(() -> poll(answer.id()).equals("in_progress"));
        Answer cancel = send("POST", "/responses/" + answer.id() + "/cancel", "");
        Answer delete = send("DELETE", "/responses/" + answer.id(), "");

        Trace trace = trace(answer, Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 1));
        assertThat(only(trace, TURN).attribute("voice_agent.status")).isEqualTo("cancelled");
        assertThat(only(trace, TURN).status()).isEqualTo("unset");
        assertThat(only(trace, MODEL).attribute("voice_agent.result")).isEqualTo("stopped");
        Trace asked = trace(cancel, Map.of("POST /api/v1/responses/{id}/cancel", 1, PUBLISH, 1, REQUEST, 1));
        assertThat(only(asked, REQUEST).attribute("voice_agent.request")).isEqualTo("cancel");
        assertThat(only(asked, REQUEST).attribute("voice_agent.response.id")).isEqualTo(answer.id());
        Trace deleted = trace(delete, Map.of("DELETE /api/v1/responses/{id}", 1, PUBLISH, 1, REQUEST, 1));
        assertThat(only(deleted, REQUEST).attribute("voice_agent.request")).isEqualTo("delete");
    }

    @Test
    void aDeadline() throws Exception {
        Trace trace = trace(slow(""), Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 1));
        assertThat(only(trace, TURN).status()).isEqualTo("error");
        assertThat(only(trace, TURN).attribute("error.type")).isEqualTo("deadline_exceeded");
    }

    @Test
    void anApproval() throws Exception {
        Answer asked = turn(
                "{\"input\":\"[[call=calculator {\\\"expression\\\":\\\"17*23\\\"}]]\",%s}".formatted(tools("always")));
        String request = asked.body().path("output").get(0).path("id").stringValue();
        Answer approved = turn(
                "{\"previous_response_id\":\"%s\",\"input\":[{\"type\":\"mcp_approval_response\",\"approval_request_id\":\"%s\",\"approve\":true}],%s}"
                        .formatted(asked.id(), request, tools("always")));
        Trace asking = trace(asked, Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 1));
        Trace answering = trace(approved, Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 1, TOOL, 1));
        JsonNode link = only(answering, TURN).links().get(0);
        assertThat(link.path("trace_id").stringValue()).isEqualTo(asked.trace());
        assertThat(link.path("span_id").stringValue())
                .isEqualTo(only(asking, TURN).id());
        assertThat(link.path("attributes").path("voice_agent.link").stringValue())
                .isEqualTo("approval_request");
    }

    @Test
    void aTurnThatWaitsForItsConversation() throws Exception {
        String conversation = send("POST", "/conversations", "{}").id();
        Answer first = send(
                "POST",
                "/responses",
                "{\"conversation\":\"%s\",\"input\":\"Slowly. [[tokens=40]] [[tps=20]]\",\"background\":true}"
                        .formatted(conversation));
        Answer second = send(
                "POST",
                "/responses",
                "{\"conversation\":\"%s\",\"input\":\"And now?\",\"background\":true}".formatted(conversation));
        trace(first, Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 1));
        Trace trace = trace(second, Map.of(POST, 1, PUBLISH, 1, TURN, 1, MODEL, 1, "agent.wait_for_conversation", 1));
        assertThat(only(trace, "agent.wait_for_conversation").parent())
                .isEqualTo(only(trace, TURN).id());
        assertThat(only(trace, TURN).attribute("voice_agent.conversation.object.id"))
                .isEqualTo(conversation);
        assertThat(only(trace, TURN).links().get(0).path("trace_id").stringValue())
                .isEqualTo(first.trace());
    }

    @Test
    void aDeadLetter() throws Exception {
        Variables variables = Variables.of(Map.of("KAFKA_BOOTSTRAP_SERVERS", system.kafka(), "AGENT_PARTITIONS", "4"));
        KafkaSettings kafka = KafkaSettings.from(variables);
        String trace;
        try (Telemetry telemetry = Telemetry.start(TelemetryOptions.from(variables, "stranger", "1", kafka));
                var producer = Producers.submit(kafka, "stranger-" + UUID.randomUUID());
                var traced = telemetry.traced(producer)) {
            Span root = telemetry
                    .tracer("test")
                    .spanBuilder("root")
                    .setSpanKind(SpanKind.INTERNAL)
                    .startSpan();
            trace = root.getSpanContext().getTraceId();
            try (Scope _ = root.makeCurrent()) {
                traced.send(new ProducerRecord<>(Topics.REQUESTS, "k", "no json".getBytes(StandardCharsets.UTF_8)))
                        .get();
            }
            root.end();
        }
        Trace stored = trace(new Answer(trace, JSON.nullNode()), Map.of("root", 1, PUBLISH, 1, REQUEST, 1));
        assertThat(only(stored, REQUEST).status()).isEqualTo("error");
        assertThat(only(stored, REQUEST).attribute("error.type")).isEqualTo("dead_letter");
    }

    private Answer slow(String more) throws Exception {
        return send(
                "POST",
                "/responses",
                "{\"input\":\"Slowly. [[tokens=2000]] [[tps=20]]\",\"background\":true%s}".formatted(more));
    }

    private String poll(String id) throws Exception {
        return send("GET", "/responses/" + id, "").body().path("status").stringValue();
    }

    private static String tools(String approval) {
        return "\"tools\":[{\"type\":\"mcp\",\"server_label\":\"builtin\",\"require_approval\":\"%s\"}]"
                .formatted(approval);
    }

    private Answer turn(String body) throws Exception {
        return send("POST", "/responses", body);
    }

    private Answer send(String method, String path, String body) throws Exception {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(URI.create(system.url() + "/api/v1" + path))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + system.apiKey())
                        .header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return new Answer(answer.headers().firstValue("x-trace-id").orElseThrow(), JSON.readTree(answer.body()));
    }

    /** The trace, once it has at least so many spans of these names; no others but those are allowed, one root, and no orphan. */
    private Trace trace(Answer answer, Map<String, Integer> names) {
        Map<String, Long> expected = new TreeMap<>();
        names.forEach((name, count) -> {
            expected.put(name, count.longValue());
            // Each attempt is answered
            if (name.equals(MODEL)) {
                expected.put("llm.results publish", count.longValue());
            } else if (name.equals(TOOL)) {
                expected.put("tool.results publish", count.longValue());
            }
        });
        Trace trace = await().atMost(STORED_WITHIN)
                .ignoreExceptions()
                .until(
                        () -> Trace.read(postgres, answer.trace()),
                        read -> expected.entrySet().stream()
                                .allMatch(each -> read.named(each.getKey()).size() >= each.getValue()));
        assertThat(trace.roots()).as("roots of %s", trace.names()).hasSize(1);
        assertThat(trace.orphans()).as("orphans").isEmpty();
        if (names.containsKey(MODEL) || names.containsKey(REQUEST)) {
            assertThat(trace.names()).isEqualTo(expected);
        }
        return trace;
    }

    private static Trace.Span only(Trace trace, String name) {
        List<Trace.Span> named = trace.named(name);
        assertThat(named).as(name).hasSize(1);
        return named.getFirst();
    }
}
