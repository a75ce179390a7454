package io.voiceagent.agent.topology;

import static io.voiceagent.agent.topology.Fixtures.TOOL;
import static io.voiceagent.agent.topology.Fixtures.answer;
import static io.voiceagent.agent.topology.Fixtures.asks;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import io.voiceagent.agent.core.Census;
import io.voiceagent.agent.core.Limits;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Records;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The topology without a broker: which records go in, which come out, and what the clock makes of it. */
class OrchestratorTopologyTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final long TURN_MILLIS = 60_000;

    @TempDir
    Path dir;

    private final Census census = new Census("me");
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final List<StepEvent> steps = new ArrayList<>();
    private Topology topology;
    private TopologyTestDriver driver;
    private TestOutputTopic<String, byte[]> stepsTopic;
    private long now = START.toEpochMilli();
    private long announcements;
    private long echoes;
    private int named;
    private int number;

    @BeforeEach
    void start() {
        topology = new OrchestratorTopology(new OrchestratorTopology.Parts(
                        Limits.DEFAULT,
                        census,
                        () -> Map.of(TOOL.name(), TOOL),
                        new TurnTraces(OpenTelemetry.noop().getTracer("test")),
                        new OrchestratorMetrics(meters),
                        Duration.ofDays(7)))
                .get();
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        properties.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
        driver = new TopologyTestDriver(topology, properties, START);
        stepsTopic = output(Topics.STEPS);
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void theWiringIsAsDrawn() {
        String drawn = topology.describe().toString();
        assertThat(drawn)
                .contains("agent.requests", "llm.results", "tool.results")
                .contains("open-turns", "ended-turns", "submissions-by-key", "submissions-by-body");
        List<String> sinks = drawn.lines()
                .filter(line -> line.contains("Sink:"))
                .map(line -> line.replaceAll(".*topic: ([a-z.]+)\\).*", "$1"))
                .toList();
        assertThat(sinks)
                .containsExactlyInAnyOrder(
                        Topics.STEPS,
                        Topics.LLM_CALLS,
                        Topics.TOOL_CALLS,
                        Topics.deadLetters(Topics.REQUESTS),
                        Topics.deadLetters(Topics.LLM_RESULTS),
                        Topics.deadLetters(Topics.TOOL_RESULTS));
    }

    @Test
    void aTurnIsAcceptedAndItsCallGoesToAWorker() {
        announce(Stage.LLM, "w1");
        String id = submit(spec(null));

        assertThat(newSteps()).containsExactly("Accepted", "StepStarted", "CallAssigned");
        TestRecord<String, byte[]> record = output(Topics.LLM_CALLS).readRecord();
        Call.Model call = Json.read(record.value(), Call.Model.class);
        assertThat(call.owner()).isEqualTo("w1");
        assertThat(call.ref().responseId()).isEqualTo(id);
        assertThat(record.key()).isEqualTo(call.conversation());
        assertThat(header(record, Headers.TYPE)).isEqualTo("model");
        assertThat(header(record, Headers.RESPONSE_ID)).isEqualTo(id);
    }

    @Test
    void theSameRequestTwiceIsOneTurn() {
        announce(Stage.LLM, "w1");
        Request.Submit request = request(spec(null));
        send(request);
        send(request);
        assertThat(newSteps()).containsExactly("Accepted", "StepStarted", "CallAssigned");
        assertThat(calls(Stage.LLM)).hasSize(1);

        complete(Stage.LLM, assigned(), answer("hi"));
        newSteps();
        send(request);
        assertThat(newSteps()).as("it is over, and stays so").isEmpty();
    }

    @Test
    void aResultEndsTheTurnAndASecondOneIsRefused() {
        announce(Stage.LLM, "w1");
        submit(spec(null));
        complete(Stage.LLM, assigned(), answer("hi"));
        assertThat(newSteps()).endsWith("StepEnded", "Ended");
        assertThat(ended().status()).isEqualTo(StepEvent.Status.COMPLETED);

        complete(Stage.LLM, assigned(), answer("again"));
        assertThat(newSteps()).isEmpty();
        assertThat(meters.get("voice.agent.results.refused").counter().count()).isEqualTo(1);
    }

    @Test
    void aToolRunsAtAToolWorkerAndItsAnswerGoesToTheModel() {
        announce(Stage.LLM, "w1");
        announce(Stage.TOOL, "t1");
        submit(spec(null));
        complete(Stage.LLM, assigned(), asks(TOOL.name()));
        Call.Tool tool = (Call.Tool) calls(Stage.TOOL).getFirst();
        assertThat(tool.owner()).isEqualTo("t1");
        assertThat(tool.hash()).isEqualTo("hash");

        calls(Stage.LLM);
        complete(Stage.TOOL, assigned(), new CallOutput.Tool("42", null));
        Call.Model next = (Call.Model) calls(Stage.LLM).getFirst();
        assertThat(next.request().messages()).contains(new Item.ToolResult("c1", "42", false, "once"));
    }

    @Test
    void aCallWaitsUntilAWorkerIsThere() {
        submit(spec(null));
        assertThat(newSteps()).containsExactly("Accepted", "StepStarted");
        pass(1_000);
        assertThat(newSteps()).isEmpty();

        announce(Stage.LLM, "w1");
        pass(100);
        assertThat(newSteps()).containsExactly("CallAssigned");
    }

    @Test
    void aDeadWorkersCallIsTakenFromItByTheClock() {
        announce(Stage.LLM, "w1");
        submit(spec(null));
        StepEvent.CallAssigned first = assigned();
        newSteps();
        for (int second = 0; second < 7; second++) {
            announce(Stage.LLM, "w2");
            echo();
            pass(1_000);
        }
        assertThat(newSteps()).containsExactly("AttemptEnded", "CallAssigned");
        assertThat(assigned().owner()).isEqualTo("w2");
        assertThat(assigned().ref()).isEqualTo(first.ref().next());
        assertThat(meters.get("voice.agent.lease.expiries").counter().count()).isEqualTo(1);
    }

    @Test
    void aCancelStopsTheWorkerAndWaitsForIt() {
        announce(Stage.LLM, "w1");
        String id = submit(spec(null));
        calls(Stage.LLM);
        send(new Request.Cancel(id, ResponseId.parse(id).conversation(), "tenant"));
        assertThat(newSteps()).endsWith("StopRequested");
        assertThat(calls(Stage.LLM)).singleElement().isInstanceOf(Call.Stop.class);

        StepEvent.CallAssigned call = assigned();
        send(Stage.LLM, new CallResult.Stopped(call.ref(), call.conversation(), "w1", 2, answer("ha")));
        assertThat(newSteps()).containsExactly("StepEnded", "Ended");
        assertThat(ended().status()).isEqualTo(StepEvent.Status.CANCELLED);
    }

    @Test
    void theClockEndsATurnAtItsDeadline() {
        announce(Stage.LLM, "w1");
        submit(spec(null));
        newSteps();
        calls(Stage.LLM);
        pass(TURN_MILLIS - 1_000);
        assertThat(newSteps()).isEmpty();

        pass(1_000);
        assertThat(newSteps()).containsExactly("StopRequested");
        assertThat(calls(Stage.LLM)).singleElement().isInstanceOf(Call.Stop.class);

        pass(Limits.DEFAULT.stopGrace());
        assertThat(newSteps()).containsExactly("StepEnded", "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.DEADLINE);
        assertThat(boundary().outcomes().getFirst().sealed()).isTrue();
    }

    @Test
    void aTurnThatIsTooLargeFailsAndTheNextOneRuns() {
        announce(Stage.LLM, "w1");
        submit(spec("x".repeat(Plan.LIMIT)));
        assertThat(newSteps()).containsExactly("Accepted", "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.CONTEXT_LENGTH);
        assertThat(calls(Stage.LLM)).isEmpty();

        submit(spec(null));
        assertThat(newSteps()).containsExactly("Accepted", "StepStarted", "CallAssigned");
    }

    @Test
    void anAnswerThatIsTooLargeFailsTheTurnAndDoesNotHideThatTheToolMayHaveRun() {
        announce(Stage.LLM, "w1");
        announce(Stage.TOOL, "t1");
        submit(spec(null));
        complete(Stage.LLM, assigned(), asks(TOOL.name()));
        newSteps();
        complete(Stage.TOOL, assigned(), new CallOutput.Tool("x".repeat(Plan.LIMIT - 600), null));
        assertThat(newSteps()).containsExactly("StepEnded", "Ended");
        assertThat(ended().error().code()).isEqualTo(ErrorCodes.CONTEXT_LENGTH);
        assertThat(meters.get("voice.agent.turns.aborted").counter().count()).isEqualTo(1);
        assertThat(boundary().outcomes().getFirst().error().code()).isEqualTo(ErrorCodes.OUTCOME_UNKNOWN);
    }

    @Test
    void whatCanNotBeReadGoesToTheDeadLetters() {
        announce(Stage.LLM, "w1");
        Request.Submit elsewhere = request(spec(null), ResponseId.conversation(1, 7));
        Request.Submit newer = request(spec(null));
        ProducerRecord<String, byte[]> ofTomorrow = Records.request(newer, Context.root());
        ofTomorrow.headers().remove(Headers.SCHEMA_VERSION);
        ofTomorrow.headers().add(Headers.SCHEMA_VERSION, "99".getBytes(StandardCharsets.UTF_8));
        TestInputTopic<String, byte[]> requests = input(Topics.REQUESTS);

        requests.pipeInput("k", "no json".getBytes(StandardCharsets.UTF_8));
        requests.pipeInput("k", "{\"type\":\"unheard-of\"}".getBytes(StandardCharsets.UTF_8));
        requests.pipeInput("k", null);
        send(elsewhere);
        requests.pipeInput(new TestRecord<>(ofTomorrow.key(), ofTomorrow.value(), ofTomorrow.headers()));
        input(Topics.LLM_RESULTS).pipeInput("k", "[]".getBytes(StandardCharsets.UTF_8));

        List<TestRecord<String, byte[]>> dead =
                output(Topics.deadLetters(Topics.REQUESTS)).readRecordsToList();
        assertThat(dead).hasSize(5).allSatisfy(record -> {
            assertThat(header(record, Headers.DLT_TOPIC)).isEqualTo(Topics.REQUESTS);
            assertThat(header(record, Headers.DLT_REASON)).isNotBlank();
        });
        assertThat(dead)
                .extracting(record -> header(record, Headers.DLT_OFFSET))
                .containsExactly("0", "1", "2", "3", "4");
        assertThat(output(Topics.deadLetters(Topics.LLM_RESULTS)).getQueueSize())
                .isEqualTo(1);
        assertThat(newSteps()).isEmpty();

        submit(spec(null));
        assertThat(newSteps()).containsExactly("Accepted", "StepStarted", "CallAssigned");
    }

    // ---- what goes in

    private void pass(long millis) {
        now += millis;
        driver.advanceWallClockTime(Duration.ofMillis(millis));
    }

    private void announce(Stage stage, String incarnation) {
        Map<String, String> tools = stage == Stage.TOOL ? Map.of(TOOL.name(), TOOL.hash()) : Map.of();
        census.heard(
                new Announcement.Worker(incarnation, announcements++, stage, 0, 0, 10, List.of(), false, "test", tools),
                now);
    }

    private void echo() {
        census.heard(new Announcement.Orchestrator("me", echoes++, "test"), now);
    }

    private String submit(ResponseSpec spec) {
        Request.Submit request = request(spec);
        send(request);
        return request.responseId();
    }

    private Request.Submit request(ResponseSpec spec) {
        return request(spec, ResponseId.conversation(0, ++number));
    }

    private Request.Submit request(ResponseSpec spec, String conversation) {
        String id = ResponseId.format(
                ResponseId.signedBytes(1, conversation, Instant.ofEpochMilli(now), ++number),
                new byte[ResponseId.MAC_BYTES]);
        return new Request.Submit(id, conversation, "tenant", now, now + TURN_MILLIS, spec);
    }

    private void send(Request request) {
        pipe(Records.request(request, Context.root()));
    }

    private void send(Stage stage, CallResult result) {
        pipe(Records.result(stage, result, Context.root()));
    }

    private void complete(Stage stage, StepEvent.CallAssigned call, CallOutput output) {
        send(stage, new CallResult.Completed(call.ref(), call.conversation(), call.owner(), 1, output));
    }

    private void pipe(ProducerRecord<String, byte[]> record) {
        input(record.topic()).pipeInput(new TestRecord<>(record.key(), record.value(), record.headers()));
    }

    private TestInputTopic<String, byte[]> input(String topic) {
        return driver.createInputTopic(topic, new StringSerializer(), new ByteArraySerializer());
    }

    private static ResponseSpec spec(String text) {
        return ResponseSpec.inBackground(
                "model",
                List.of(new Item.Message(Item.Role.USER, text == null ? "hello" : text)),
                null,
                List.of(new ToolSpec.Mcp(ToolDescription.BUILTIN_SERVER, null, null)));
    }

    // ---- what comes out

    private TestOutputTopic<String, byte[]> output(String topic) {
        return driver.createOutputTopic(topic, new StringDeserializer(), new ByteArrayDeserializer());
    }

    /** Names of the step events since the last time that somebody asked here. */
    private List<String> newSteps() {
        read();
        List<String> names = steps.subList(named, steps.size()).stream()
                .map(event -> event.getClass().getSimpleName())
                .toList();
        named = steps.size();
        return names;
    }

    private <E extends StepEvent> E last(Class<E> type) {
        read();
        return steps.reversed().stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    private void read() {
        stepsTopic.readValuesToList().forEach(value -> steps.add(Json.read(value, StepEvent.class)));
    }

    private StepEvent.CallAssigned assigned() {
        return last(StepEvent.CallAssigned.class);
    }

    private StepEvent.StepEnded boundary() {
        return last(StepEvent.StepEnded.class);
    }

    private StepEvent.Ended ended() {
        return last(StepEvent.Ended.class);
    }

    private List<Call> calls(Stage stage) {
        return output(Topics.calls(stage)).readValuesToList().stream()
                .map(value -> Json.read(value, Call.class))
                .toList();
    }

    private static String header(TestRecord<String, byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
