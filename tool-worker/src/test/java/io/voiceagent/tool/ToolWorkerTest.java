package io.voiceagent.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.context.Context;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.Topics;
import io.voiceagent.testkit.StageProbe;
import io.voiceagent.tool.core.Catalogue;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.transport.Consumers;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.stage.StageRuntime;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The whole service, as it is started in production. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class ToolWorkerTest {
    private static EmbeddedBroker broker;
    private static KafkaSettings kafka;

    @BeforeAll
    static void start(@TempDir Path data) {
        broker = EmbeddedBroker.start(data, 0);
        kafka = KafkaSettings.local(broker.bootstrapServers(), 4, 4);
        TopicCreator.ensure(kafka, Duration.ofSeconds(30));
    }

    @AfterAll
    static void end() {
        broker.close();
    }

    /** @param more {@code --NAME=value}, also instead of one of the usual ones */
    private static String[] args(String... more) {
        Map<String, String> args = new TreeMap<>();
        Stream.concat(
                        Stream.of(
                                "--KAFKA_BOOTSTRAP_SERVERS=" + broker.bootstrapServers(),
                                "--AGENT_PARTITIONS=4",
                                "--CALL_PARTITIONS=4",
                                "--PORT=0",
                                "--BIND_ADDRESS=127.0.0.1",
                                "--DRAIN_SECONDS=1"),
                        Stream.of(more))
                .forEach(arg -> args.put(arg.substring(0, arg.indexOf('=')), arg));
        return args.values().toArray(new String[0]);
    }

    private static String get(ConfigurableApplicationContext service, String path) throws Exception {
        String port = service.getEnvironment().getProperty("local.server.port");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static Map<String, ToolDescription> described() {
        Map<String, ToolDescription> tools = new TreeMap<>();
        try (var consumer = Consumers.assigned(
                kafka, "catalogue-" + UUID.randomUUID(), Consumers.Isolation.READ_UNCOMMITTED, Consumers.Start.NONE)) {
            TopicPartition partition = new TopicPartition(Topics.TOOLS, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(50))
                        .forEach(record -> tools.put(record.key(), Json.read(record.value(), ToolDescription.class)));
            }
        }
        return tools;
    }

    private static CallRef ref() {
        return new CallRef("resp_" + UUID.randomUUID(), 1, 0, 0);
    }

    private static Call.Tool call(CallRef ref, String owner, String tool, String hash, String arguments) {
        long notAfter = System.currentTimeMillis() + 10_000;
        return new Call.Tool(
                ref, ResponseId.conversation(1, 1), "acme", owner, notAfter, "call_1", tool, hash, arguments);
    }

    @Test
    void describesAnnouncesAndRunsItsTools() throws Exception {
        try (StageProbe probe = new StageProbe(kafka, Stage.TOOL);
                var service = ToolWorker.start(args("--TAVILY_API_KEY="))) {
            Map<String, String> hashes = service.getBean(Catalogue.class).hashes();
            assertThat(hashes).containsOnlyKeys("calculator", "current_time");
            assertThat(described()).containsKeys("calculator", "current_time");
            assertThat(described().get("calculator").hash()).isEqualTo(hashes.get("calculator"));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> get(service, "/actuator/health").contains("\"toolStage\":{\"details\""));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> Json.tree(get(service, "/actuator/health"))
                            .path("status")
                            .asString()
                            .equals("UP"));

            String incarnation = service.getBean(StageRuntime.class).incarnation();
            CallRef ref = ref();
            probe.give(
                    call(ref, incarnation, "calculator", hashes.get("calculator"), "{\"expression\":\"2 ^ 10\"}"),
                    Context.root());
            assertThat(((CallResult.Completed) probe.result(ref)).output())
                    .isEqualTo(new CallOutput.Tool("1024", null));
            assertThat(get(service, "/actuator/prometheus"))
                    .contains("voice_agent_tool_call_seconds_count{outcome=\"completed\",tool=\"calculator\"");
        }
    }

    @Test
    void searchIsThereWithAKeyAndMoreToolsJoin() {
        try (var service = ToolWorker.start(
                args("--TAVILY_API_KEY=tvly-x", "--spring.main.sources=" + MoreTools.class.getName()))) {
            assertThat(service.getBean(Catalogue.class).hashes())
                    .containsOnlyKeys("calculator", "current_time", "web_search", "echo", "gate");
            assertThat(described()).containsKeys("web_search", "echo");
        }
    }

    @Test
    void whoIsToldToEndTakesNothingNewButAnswersUntilItsCallsHaveEnded() throws Exception {
        try (StageProbe probe = new StageProbe(kafka, Stage.TOOL);
                var service = ToolWorker.start(
                        args("--DRAIN_SECONDS=60", "--spring.main.sources=" + MoreTools.class.getName()))) {
            String incarnation = service.getBean(StageRuntime.class).incarnation();
            Map<String, String> hashes = service.getBean(Catalogue.class).hashes();
            CallRef running = ref();
            CallRef late = ref();
            probe.give(call(running, incarnation, "gate", hashes.get("gate"), "{}"), Context.root());
            await().until(() -> MoreTools.GATE.waiting.get() == 1);

            Thread end = Thread.ofVirtual().start(service::close);
            await().until(() -> probe.announcement(incarnation).draining());
            probe.give(
                    call(late, incarnation, "calculator", hashes.get("calculator"), "{\"expression\":\"1\"}"),
                    Context.root());
            assertThat(probe.result(late)).isInstanceOf(CallResult.Busy.class);
            assertThat(get(service, "/actuator/health")).contains("toolStage");

            MoreTools.GATE.open();
            assertThat(probe.result(running))
                    .isInstanceOfSatisfying(
                            CallResult.Completed.class,
                            completed -> assertThat(completed.output()).isEqualTo(new CallOutput.Tool("let go", null)));
            assertThat(end.join(Duration.ofSeconds(30))).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --TOOL_SLOTS=many --KAFKA_BOOTSTRAP_SERVERS=localhost:1 | TOOL_SLOTS is "many". Use a whole number from 1 to 10000
                    --TRACE_SAMPLE_RATE=7                               | TRACE_SAMPLE_RATE is "7"
                    --KAFKA_BOOTSTRAP_SERVERS=nonsense                  | KAFKA_BOOTSTRAP_SERVERS has "nonsense"
                    --TOOL_SLOTS=0                                      | TOOL_SLOTS is "0". Use a whole number from 1 to 10000
                    --DRAIN_SECONDS=-1                                  | DRAIN_SECONDS is "-1". Use a whole number from 0 to 300
                    --TAVILY_API_KEY=x --TAVILY_BASE_URL=nowhere        | TAVILY_BASE_URL is not an http(s) URL
                    --TAVILY_API_KEY=x --TAVILY_BASE_URL=http://h:99999 | TAVILY_BASE_URL is not an http(s) URL
                    --TAVILY_API_KEY=x --TAVILY_BASE_URL=http://h/?a=b  | TAVILY_BASE_URL is not an http(s) URL
                    --TAVILY_API_KEY=a\u0001secret                      | TAVILY_API_KEY is not a key
                    --CALL_PARTITIONS=7                                 | CALL_PARTITIONS
                    --PORT=none                                         | PORT is not a port
                    --BIND_ADDRESS=256.0.0.1.example.invalid            | BIND_ADDRESS is not an address
                    """)
    void aWrongSettingIsToldInOneLine(String wrong, String told, CapturedOutput output) {
        long begin = System.nanoTime();
        assertThatThrownBy(() -> ToolWorker.start(args(wrong.split(" ")))).isNotNull();
        // Not after the wait for a broker
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));

        assertThat(output.getOut()
                        .lines()
                        .filter(line -> (line.contains("ERROR") || line.contains("WARN")) && !line.contains("o.a.k.")))
                .singleElement()
                .satisfies(line -> assertThat(line).contains("Can't start: ", told));
        assertThat(output.getAll()).doesNotContain("secret").doesNotContain("\tat ");
    }
}

/** Outside of what is scanned: it has to be named. */
@Configuration(proxyBeanMethods = false)
class MoreTools {
    static final TestTools.Gate GATE = new TestTools.Gate();

    @Bean
    Tool gate() {
        return TestTools.tool("gate", false, Duration.ofSeconds(60), GATE);
    }

    @Bean
    Tool echo() {
        return TestTools.tool("echo", true, Duration.ofSeconds(1), call -> "echo");
    }
}
