package io.voiceagent.agent.topology;

import static io.voiceagent.agent.topology.Fixtures.TOOL;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.voiceagent.agent.core.Census;
import io.voiceagent.agent.core.Limits;
import io.voiceagent.agent.core.Shares;
import io.voiceagent.messages.Announcement;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallResult;
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
import org.junit.jupiter.api.io.TempDir;

/** The topology without a broker, and what its tests put in and take out. */
abstract class TopologyHarness {
    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    static final long TURN_MILLIS = 60_000;

    @TempDir
    Path dir;

    final Census census = new Census("me");
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final List<StepEvent> steps = new ArrayList<>();
    /** The trace context of requests. */
    Context sender = Context.root();

    Topology topology;
    TopologyTestDriver driver;
    TestOutputTopic<String, byte[]> stepsTopic;
    long now = START.toEpochMilli();
    long announcements;
    long echoes;
    int named;
    int number;

    @BeforeEach
    void start() {
        topology = new OrchestratorTopology(new OrchestratorTopology.Parts(
                        Limits.DEFAULT,
                        Shares.EQUAL,
                        census,
                        () -> Map.of(TOOL.name(), TOOL),
                        new TurnTraces(tracer()),
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

    /** Where spans go; nowhere, unless a test wants to see them. */
    Tracer tracer() {
        return OpenTelemetry.noop().getTracer("test");
    }

    // ---- what goes in

    void pass(long millis) {
        now += millis;
        driver.advanceWallClockTime(Duration.ofMillis(millis));
    }

    void announce(Stage stage, String incarnation) {
        Map<String, String> tools = stage == Stage.TOOL ? Map.of(TOOL.name(), TOOL.hash()) : Map.of();
        census.heard(
                new Announcement.Worker(incarnation, announcements++, stage, 0, 0, 10, List.of(), false, "test", tools),
                now);
    }

    void echo() {
        census.heard(new Announcement.Orchestrator("me", echoes++, "test"), now);
    }

    String submit(ResponseSpec spec) {
        Request.Submit request = request(spec);
        send(request);
        return request.responseId();
    }

    Request.Submit request(ResponseSpec spec) {
        return request(spec, ResponseId.conversation(0, ++number));
    }

    Request.Submit request(ResponseSpec spec, String conversation) {
        String id = ResponseId.format(
                ResponseId.signedBytes(1, conversation, Instant.ofEpochMilli(now), ++number),
                new byte[ResponseId.MAC_BYTES]);
        return new Request.Submit(id, conversation, "tenant", now, now + TURN_MILLIS, spec);
    }

    void send(Request request) {
        pipe(Records.request(request, sender));
    }

    void send(Stage stage, CallResult result) {
        pipe(Records.result(stage, result, Context.root()));
    }

    void complete(Stage stage, StepEvent.CallAssigned call, CallOutput output) {
        send(stage, new CallResult.Completed(call.ref(), call.conversation(), call.owner(), 1, output));
    }

    void pipe(ProducerRecord<String, byte[]> record) {
        input(record.topic()).pipeInput(new TestRecord<>(record.key(), record.value(), record.headers()));
    }

    TestInputTopic<String, byte[]> input(String topic) {
        return driver.createInputTopic(topic, new StringSerializer(), new ByteArraySerializer());
    }

    static ResponseSpec spec(String text) {
        return ResponseSpec.inBackground(
                "model",
                List.of(new Item.Message(Item.Role.USER, text == null ? "hello" : text)),
                null,
                List.of(new ToolSpec.Mcp(ToolDescription.BUILTIN_SERVER, null, null)));
    }

    // ---- what comes out

    TestOutputTopic<String, byte[]> output(String topic) {
        return driver.createOutputTopic(topic, new StringDeserializer(), new ByteArrayDeserializer());
    }

    /** Names of the step events since the last time that somebody asked here. */
    List<String> newSteps() {
        read();
        List<String> names = steps.subList(named, steps.size()).stream()
                .map(event -> event.getClass().getSimpleName())
                .toList();
        named = steps.size();
        return names;
    }

    <E extends StepEvent> E last(Class<E> type) {
        read();
        return steps.reversed().stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    void read() {
        stepsTopic.readValuesToList().forEach(value -> steps.add(Json.read(value, StepEvent.class)));
    }

    StepEvent.CallAssigned assigned() {
        return last(StepEvent.CallAssigned.class);
    }

    StepEvent.StepEnded boundary() {
        return last(StepEvent.StepEnded.class);
    }

    StepEvent.Ended ended() {
        return last(StepEvent.Ended.class);
    }

    List<Call> calls(Stage stage) {
        return output(Topics.calls(stage)).readValuesToList().stream()
                .map(value -> Json.read(value, Call.class))
                .toList();
    }

    static String header(TestRecord<String, byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
