package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.HttpResponseFor;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.Tool;
import io.voiceagent.allinone.Settings.Servers;
import io.voiceagent.allinone.StoredTrace.StoredSpan;
import io.voiceagent.embedded.Ports;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Everything in one process, driven by a client that knows nothing of it. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LocalSystemTest {

    private static final Settings SETTINGS = new Settings(Map.of(
            "SIM_TTFT_MS", "20", "SIM_TOKENS_PER_SECOND", "1000", "PRICES_FILE", "src/test/resources/prices.json"));
    private static final String TWO_TOOLS = "What is 17 * 23, and what time is it in Asia/Tokyo?";
    private static final Duration TRACE_STORED_WITHIN = Duration.ofSeconds(2);

    private Options options;
    private DataDirectory directory;
    private LocalSystem system;
    private Servers servers;
    private OpenAIClient client;

    /** The three ways to get an answer. */
    enum Way {
        WAITING {
            @Override
            Response answer(OpenAIClient client, ResponseCreateParams.Builder question) {
                return client.responses().create(question.build());
            }
        },
        STREAM {
            @Override
            Response answer(OpenAIClient client, ResponseCreateParams.Builder question) {
                try (var events = client.responses().createStreaming(question.build())) {
                    List<ResponseStreamEvent> all = events.stream().toList();
                    var deltas = new StringBuilder();
                    all.forEach(event -> event.outputTextDelta().ifPresent(delta -> deltas.append(delta.delta())));
                    Response response = all.getLast().asCompleted().response();
                    assertThat(deltas).hasToString(text(response));
                    return response;
                }
            }
        },
        BACKGROUND {
            @Override
            Response answer(OpenAIClient client, ResponseCreateParams.Builder question) {
                Response accepted =
                        client.responses().create(question.background(true).build());
                assertThat(accepted.status()).contains(ResponseStatus.QUEUED);
                return await().atMost(Duration.ofSeconds(30))
                        .pollInterval(Duration.ofMillis(100))
                        .until(
                                () -> client.responses().retrieve(accepted.id()),
                                response -> response.status()
                                        .filter(status -> Set.of(ResponseStatus.QUEUED, ResponseStatus.IN_PROGRESS)
                                                .contains(status))
                                        .isEmpty());
            }
        };

        abstract Response answer(OpenAIClient client, ResponseCreateParams.Builder question);
    }

    @BeforeAll
    void start(@TempDir Path root) throws Exception {
        options = new Options(Ports.free(), root, false);
        startOnSameData();
    }

    @AfterAll
    void end() throws Exception {
        client.close();
        system.close();
        directory.close();
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void answersWithTwoTools(Way way) {
        Response answer = way.answer(client, withTools());

        assertThat(answer.status()).contains(ResponseStatus.COMPLETED);
        assertThat(answer.output())
                .filteredOn(item -> item.isMcpCall())
                .extracting(item -> item.asMcpCall().name())
                .containsExactly("calculator", "current_time");
        assertThat(text(answer)).contains("391").contains("Asia/Tokyo");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void answersWithoutTools(Way way) {
        Response answer = way.answer(client, question("Say something. [[tokens=7]]"));

        assertThat(answer.status()).contains(ResponseStatus.COMPLETED);
        assertThat(answer.output()).singleElement().matches(item -> item.isMessage());
        assertThat(text(answer)).isNotBlank();
    }

    /** One trace from the HTTP request to the last tool, in Postgres, with no span whose parent is missing. */
    @Test
    void storesOneWholeTrace() throws Exception {
        Way.STREAM.answer(client, withTools()); // the first of a kind is slow, and what is measured is not that

        String traceId;
        try (HttpResponseFor<Response> answer =
                client.responses().withRawResponse().create(withTools().build())) {
            assertThat(answer.parse().status()).contains(ResponseStatus.COMPLETED);
            traceId = answer.headers().values("x-trace-id").getFirst();
        }

        try (var connection =
                DriverManager.getConnection(servers.jdbcUrl(), servers.postgresUser(), servers.postgresPassword())) {
            await().pollInterval(Duration.ofMillis(50))
                    .atMost(TRACE_STORED_WITHIN)
                    .untilAsserted(() -> {
                        StoredTrace trace = StoredTrace.read(connection, traceId);
                        assertThat(trace.spansNamed("agent.process_message")).hasSize(1);
                        assertThat(trace.spansNamed("agent.call_llm")).hasSize(2);
                        assertThat(trace.spansNamed("tool.execute")).hasSize(2);
                        assertThat(trace.spansWithoutTheirParent()).isEmpty();
                        assertThat(trace.roots())
                                .extracting(StoredSpan::service)
                                .containsExactly("voice-agent-api");
                        assertThat(trace.spans())
                                .extracting(StoredSpan::service)
                                .contains("voice-agent-worker", "voice-agent-tools");
                    });
        }
    }

    @Test
    void keepsTurnsOverARestart() throws Exception {
        String id = Way.WAITING.answer(client, withTools()).id();

        end();
        // And over a port that is somebody else's by then
        try (var _ = new ServerSocket(
                options.port() + Service.AGENT_WORKER.portOffset(), 1, InetAddress.getLoopbackAddress())) {
            startOnSameData();
        }

        assertThat(directory.kept()).isTrue();
        assertThat(text(client.responses().retrieve(id))).contains("391");
        Response next =
                Way.WAITING.answer(client, question("And what is 2 * 3?").previousResponseId(id));
        assertThat(next.status()).contains(ResponseStatus.COMPLETED);
    }

    /** A cent buys a thousand tokens of output at ten dollars a million. */
    @Test
    void aTurnCostsNoMoreThanItMay() {
        Response bounded = Way.WAITING.answer(
                client,
                question("Say much. [[tokens=500]]").putAdditionalBodyProperty("max_cost", JsonValue.from(0.001)));
        assertThat(bounded.status()).contains(ResponseStatus.INCOMPLETE);
        assertThat(bounded.incompleteDetails()
                        .orElseThrow()
                        .reason()
                        .orElseThrow()
                        .asString())
                .isEqualTo("max_cost");
        assertThat(bounded.usage().orElseThrow().outputTokens()).isBetween(50L, 100L);
        assertThat(bounded._additionalProperties().get("max_cost")).isEqualTo(JsonValue.from(0.001));

        Response enough = Way.WAITING.answer(
                client,
                question("Say less. [[tokens=50]]").putAdditionalBodyProperty("max_cost", JsonValue.from(0.001)));
        assertThat(enough.status()).contains(ResponseStatus.COMPLETED);
    }

    /** What waits for the client is state of the orchestrator: it outlives a restart, and of two answers at one time one counts. */
    @Test
    void anApprovalOutlivesARestartAndIsGivenOnce() throws Exception {
        Response asked = Way.WAITING.answer(
                client,
                guarded(ResponseCreateParams.builder().input("[[call=calculator {\"expression\":\"17*23\"}]]")));
        var request = asked.output().getFirst().asMcpApprovalRequest();

        end();
        startOnSameData();

        List<Response> ended;
        // Not the common pool: the services in this process use it, and waiting in it would hold them up
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<Response>> answers = Stream.of(1, 2, 3)
                    .map(_ -> CompletableFuture.supplyAsync(
                            () -> Way.BACKGROUND.answer(client, approving(asked, request.id())), clients))
                    .toList();
            ended = answers.stream().map(CompletableFuture::join).toList();
        }

        assertThat(ended)
                .filteredOn(answer -> answer.status().equals(Optional.of(ResponseStatus.COMPLETED)))
                .singleElement()
                .satisfies(answer -> {
                    assertThat(answer.output().getFirst().asMcpCall().output()).contains("391");
                    assertThat(answer.output().getFirst().asMcpCall().approvalRequestId())
                            .contains(request.id());
                });
        assertThat(ended)
                .filteredOn(answer -> answer.status().equals(Optional.of(ResponseStatus.FAILED)))
                .hasSize(2)
                .allMatch(
                        answer -> answer.error().orElseThrow().code().asString().equals("approval_already_answered"));
    }

    private static ResponseCreateParams.Builder approving(Response asked, String request) {
        return guarded(ResponseCreateParams.builder()
                .previousResponseId(asked.id())
                .inputOfResponse(
                        List.of(ResponseInputItem.ofMcpApprovalResponse(ResponseInputItem.McpApprovalResponse.builder()
                                .approvalRequestId(request)
                                .approve(true)
                                .build()))));
    }

    private static ResponseCreateParams.Builder guarded(ResponseCreateParams.Builder question) {
        return question.model("simulator")
                .addTool(Tool.Mcp.builder()
                        .serverLabel("builtin")
                        .requireApproval(Tool.Mcp.RequireApproval.McpToolApprovalSetting.ALWAYS)
                        .build());
    }

    @Test
    void namesABusyPort(@TempDir Path root) throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var busy = new Options(taken.getLocalPort(), root, false);
            try (var data = open(busy);
                    var refused = new LocalSystem(busy, data, SETTINGS, quiet())) {
                assertThatThrownBy(refused::start)
                        .isInstanceOf(StartFailure.class)
                        .hasMessage("port " + busy.port() + " is busy: free it or choose another with --port");
            }
        }
    }

    private void startOnSameData() throws Exception {
        directory = open(options);
        system = new LocalSystem(options, directory, SETTINGS, quiet());
        servers = system.start();
        client = OpenAIOkHttpClient.builder()
                .baseUrl(options.url() + "/api/v1")
                .apiKey(Settings.firstKey(SETTINGS.apiKeys(directory)))
                .timeout(Duration.ofSeconds(60))
                .maxRetries(0)
                .build();
    }

    private static DataDirectory open(Options options) {
        return DataDirectory.open(options.data(), options.fresh(), options.url());
    }

    private static Progress quiet() {
        return new Progress(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    }

    private static ResponseCreateParams.Builder question(String input) {
        return ResponseCreateParams.builder().model("simulator").input(input);
    }

    private static ResponseCreateParams.Builder withTools() {
        return question(TWO_TOOLS)
                .addTool(Tool.Mcp.builder()
                        .serverLabel("builtin")
                        .requireApproval(Tool.Mcp.RequireApproval.McpToolApprovalSetting.NEVER)
                        .build());
    }

    private static String text(Response response) {
        var text = new StringBuilder();
        response.output()
                .forEach(item -> item.message()
                        .ifPresent(message -> message.content()
                                .forEach(part -> part.outputText().ifPresent(output -> text.append(output.text())))));
        return text.toString();
    }
}
