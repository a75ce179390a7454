package io.voiceagent.agent.topology;

import static io.voiceagent.agent.topology.Fixtures.TOOL;
import static io.voiceagent.agent.topology.Fixtures.answer;
import static io.voiceagent.agent.topology.Fixtures.asks;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.voiceagent.agent.core.Limits;
import io.voiceagent.agent.core.Shares;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
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
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.TopicSpecs;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.ForcedIds;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The orchestrator on a real broker; workers are played by the test. */
class OrchestratorTest {
    /** Key of records that are none of the pipeline's. */
    private static final String STRANGE = "k";

    private static final AtomicInteger NUMBER = new AtomicInteger();

    @TempDir
    static Path dir;

    private static EmbeddedBroker broker;
    private static KafkaSettings kafka;
    private static Telemetry telemetry;
    private static Producer<String, byte[]> producer;
    private static Tail steps;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private Orchestrator orchestrator;

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedBroker.start(dir.resolve("broker"), 0);
        kafka = KafkaSettings.local(broker.bootstrapServers(), 2, 4);
        TopicCreator.ensure(kafka, Duration.ofSeconds(60));
        telemetry = Telemetry.start(TelemetryOptions.from(Variables.of(Map.of()), "test", "1", kafka));
        producer = Producers.submit(kafka, "test");
        producer.send(Records.tool(TOOL));
        steps = new Tail(kafka, Topics.STEPS);
    }

    @AfterAll
    static void stopBroker() {
        steps.close();
        producer.close();
        telemetry.close();
        broker.close();
    }

    @BeforeEach
    void startOrchestrator() throws InterruptedException {
        orchestrator = Orchestrator.start(
                new OrchestratorOptions(
                        dir.resolve("state"), 1, 0, Duration.ofDays(7), Limits.DEFAULT, Shares.EQUAL, "test"),
                kafka,
                telemetry.tracer("test"),
                meters);
        await().atMost(Duration.ofSeconds(30)).until(orchestrator::isRunning);
    }

    @AfterEach
    void stopOrchestrator() {
        orchestrator.close();
    }

    @Test
    void aTurnGoesToAWorkerAndItsTraceIsOne() throws Exception {
        try (FakeWorker llm = new FakeWorker(kafka, Stage.LLM, 0, Map.of());
                Tail spans = new Tail(kafka, Topics.OTLP_SPANS)) {
            Span http = telemetry.tracer("test").spanBuilder("http").startSpan();
            String id = submit(spec(null), Context.root().with(http));
            FakeWorker.Taken call = llm.take();
            assertThat(((Call.Model) call.call()).request().messages()).hasSize(2);
            var parent = Span.fromContext(call.trace()).getSpanContext();
            assertThat(parent.getTraceId()).isEqualTo(http.getSpanContext().getTraceId());
            assertThat(parent.getSpanId()).isEqualTo(ForcedIds.spanIdOf(id));

            llm.answer(call.call(), answer("hi"));

            StepEvent.Ended ended = awaitEnd(id);
            assertThat(ended.status()).isEqualTo(StepEvent.Status.COMPLETED);
            http.end();
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(spansOf(spans)).anySatisfy(span -> {
                        assertThat(span.getName()).isEqualTo("agent.process_message");
                        assertThat(hex(span.getSpanId().toByteArray())).isEqualTo(parent.getSpanId());
                        assertThat(hex(span.getParentSpanId().toByteArray()))
                                .isEqualTo(http.getSpanContext().getSpanId());
                    }));
            assertThat(meters.get("voice.agent.turns")
                            .tag("status", "completed")
                            .timer()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void toolsAndTheConversationBeforeReachTheModel() throws Exception {
        try (FakeWorker llm = new FakeWorker(kafka, Stage.LLM, 1, Map.of());
                FakeWorker tools = new FakeWorker(kafka, Stage.TOOL, 1, Map.of("once", "hash"))) {
            String first = submit(spec(null), Context.root());
            llm.answer(llm.take().call(), asks("once"));
            tools.answer(tools.take().call(), new CallOutput.Tool("42", null));
            Call.Model second = (Call.Model) llm.take().call();
            assertThat(second.request().messages()).last().isEqualTo(new Item.ToolResult("c1", "42", false, "once"));
            llm.answer(second, answer("it is 42"));
            awaitEnd(first);

            String child = submit(spec(first), ResponseId.parse(first).conversation(), Context.root());
            Call.Model follow = (Call.Model) llm.take().call();
            assertThat(follow.request().messages())
                    .hasSize(6)
                    .contains(new Item.Message(Item.Role.ASSISTANT, "it is 42"));
            llm.answer(follow, answer("yes"));
            assertThat(awaitEnd(child).status()).isEqualTo(StepEvent.Status.COMPLETED);
        }
    }

    @Test
    void aDeadWorkersCallGoesToAnotherAndATurnOutlivesARestart() throws Exception {
        try (FakeWorker first = new FakeWorker(kafka, Stage.LLM, 2, Map.of())) {
            String id = submit(spec(null), Context.root());
            Call taken = first.take().call();
            first.close();
            orchestrator.close();
            startOrchestrator();
            try (FakeWorker second = new FakeWorker(kafka, Stage.LLM, 2, Map.of())) {
                Call again = second.take().call();
                assertThat(again.ref()).isEqualTo(taken.ref().next());
                second.answer(again, answer("second"));
                assertThat(awaitEnd(id).status()).isEqualTo(StepEvent.Status.COMPLETED);
            }
        }
    }

    @Test
    void anUnknownOutcomeIsSealed() throws Exception {
        try (FakeWorker llm = new FakeWorker(kafka, Stage.LLM, 3, Map.of());
                FakeWorker tools = new FakeWorker(kafka, Stage.TOOL, 3, Map.of("once", "hash"));
                Tail stream = new Tail(kafka, Topics.STREAM)) {
            String id = submit(spec(null), Context.root());
            llm.answer(llm.take().call(), asks("once"));
            Call call = tools.take().call();
            tools.close();
            Call.Model next = (Call.Model) llm.take().call();
            assertThat(next.request().messages().getLast()).hasFieldOrPropertyWithValue("error", true);
            llm.answer(next, answer("I do not know"));
            awaitEnd(id);
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(stream.records)
                            .extracting(read -> Json.read(read.record().value(), Frame.class))
                            .contains(new Frame.Seal(call.ref(), call.conversation())));
        }
    }

    @Test
    void aCancelStopsTheWorker() throws Exception {
        try (FakeWorker llm = new FakeWorker(kafka, Stage.LLM, 0, Map.of())) {
            String id = submit(spec(null), Context.root());
            Call call = llm.take().call();
            producer.send(Records.request(new Request.Cancel(id, call.conversation(), "tenant"), Context.root()));
            assertThat(llm.take().call()).isInstanceOf(Call.Stop.class);
            llm.send(new CallResult.Stopped(call.ref(), call.conversation(), llm.incarnation, 0, null));
            assertThat(awaitEnd(id).status()).isEqualTo(StepEvent.Status.CANCELLED);
        }
    }

    @Test
    void whatCanNotBeReadGoesToTheDeadLettersAndTheRestGoesOn() throws Exception {
        try (FakeWorker llm = new FakeWorker(kafka, Stage.LLM, 1, Map.of());
                Tail dead = new Tail(kafka, Topics.deadLetters(Topics.REQUESTS))) {
            producer.send(new ProducerRecord<>(Topics.REQUESTS, 0, "k", "no json".getBytes(StandardCharsets.UTF_8)));
            String id = submit(spec(null), ResponseId.conversation(0, 77), Context.root());
            llm.answer(llm.take().call(), answer("hi"));
            awaitEnd(id);
            await().atMost(Duration.ofSeconds(10)).until(() -> dead.records.size() == 1);
            var headers = dead.records.getFirst().record().headers();
            assertThat(headers.lastHeader(Headers.DLT_REASON)).isNotNull();
            assertThat(new String(headers.lastHeader(Headers.DLT_TOPIC).value(), StandardCharsets.UTF_8))
                    .isEqualTo(Topics.REQUESTS);
        }
    }

    @Test
    void noRecordOfAnyTopicStopsTheOrchestrator() throws Exception {
        byte[] large = new byte[TopicSpecs.MAX_RECORD_BYTES + (40 << 10)];
        Map<String, Object> settings = kafka.clientProperties();
        settings.put("max.request.size", 2 * large.length);
        try (FakeWorker llm = new FakeWorker(kafka, Stage.LLM, 1, Map.of());
                Producer<String, byte[]> stranger =
                        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            for (String topic : List.of(Topics.REQUESTS, Topics.LLM_RESULTS, Topics.TOOL_RESULTS, Topics.STEPS)) {
                stranger.send(new ProducerRecord<>(topic, 0, STRANGE, large)).get();
            }
            for (String topic : List.of(Topics.WORKERS, Topics.TOOLS, Topics.STEPS)) {
                for (String value : List.of(
                        "no json",
                        "{}",
                        "{\"type\":\"worker\",\"stage\":\"llm\",\"slots\":9}",
                        "{\"type\":\"step_ended\",\"outcomes\":[{\"ref\":{\"responseId\":\"r\"},\"sealed\":true}]}")) {
                    stranger.send(new ProducerRecord<>(topic, 0, STRANGE, value.getBytes(StandardCharsets.UTF_8)))
                            .get();
                }
            }
            ProducerRecord<String, byte[]> untyped = new ProducerRecord<>(Topics.STEPS, 0, STRANGE, large);
            untyped.headers().add(Headers.TYPE, null);
            stranger.send(untyped).get();

            String id = submit(spec(null), ResponseId.conversation(0, 78), Context.root());
            llm.answer(llm.take().call(), answer("hi"));
            awaitEnd(id);
            assertThat(meters.counter("voice.agent.stream.threads.replaced").count())
                    .isZero();
            for (String topic : List.of(Topics.WORKERS, Topics.TOOLS, Topics.STEPS)) {
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> meters.get("voice.agent.records.passed.over")
                                        .tag("topic", topic)
                                        .counter()
                                        .count()
                                >= 3);
            }
            try (FakeWorker tools = new FakeWorker(kafka, Stage.TOOL, 3, Map.of("once", "hash"));
                    Tail stream = new Tail(kafka, Topics.STREAM)) {
                String sealed = submit(spec(null), ResponseId.conversation(0, 79), Context.root());
                llm.answer(llm.take().call(), asks("once"));
                Call call = tools.take().call();
                tools.close();
                llm.answer(llm.take().call(), answer("I do not know"));
                awaitEnd(sealed);
                await().atMost(Duration.ofSeconds(10))
                        .untilAsserted(() -> assertThat(stream.records)
                                .extracting(read -> Json.read(read.record().value(), Frame.class))
                                .contains(new Frame.Seal(call.ref(), call.conversation())));
            }
        }
    }

    @Test
    void aContextThatIsTooLongEndsTheTurnAndNotTheThread() throws Exception {
        try (FakeWorker llm = new FakeWorker(kafka, Stage.LLM, 2, Map.of());
                FakeWorker tools = new FakeWorker(kafka, Stage.TOOL, 2, Map.of("once", "hash"))) {
            String id = submit(spec(null), Context.root());
            llm.answer(llm.take().call(), asks("once"));
            tools.answer(tools.take().call(), new CallOutput.Tool("x".repeat(Plan.LIMIT - 600), null));
            StepEvent.Ended ended = awaitEnd(id);
            assertThat(ended.error()).isNotNull();
            assertThat(ended.error().code()).isEqualTo(ErrorCodes.CONTEXT_LENGTH);
            assertThat(orchestrator.isRunning()).isTrue();
        }
    }

    @Test
    void aRepetitionIsKnownAfterARestartAlsoWithoutTheStateDirectory() throws Exception {
        String key = "k".repeat(64);
        String conversation = ResponseId.conversation(1, 1);
        String first = submitKeyed(conversation, key, "a");
        String second = submitKeyed(conversation, key, "a");
        await().atMost(Duration.ofSeconds(20)).until(() -> repeated(second).count() == 1);
        stopOrchestrator();
        String between = submitKeyed(conversation, key, "b");
        orchestrator = Orchestrator.start(
                new OrchestratorOptions(
                        dir.resolve("state-anew"), 1, 0, Duration.ofDays(7), Limits.DEFAULT, Shares.EQUAL, "test"),
                kafka,
                telemetry.tracer("test"),
                meters);
        String after = submitKeyed(conversation, key, "a");
        await().atMost(Duration.ofSeconds(40)).until(() -> repeated(after).count() == 1);

        assertThat(Stream.of(second, between, after).flatMap(OrchestratorTest::repeated))
                .allMatch(event -> event.earlier().equals(first))
                .extracting(StepEvent.Repeated::same)
                .containsExactly(true, false, true);
    }

    private static String submitKeyed(String conversation, String key, String body) {
        Instant now = Instant.now();
        String id = ResponseId.format(
                ResponseId.signedBytes(1, conversation, now, NUMBER.incrementAndGet()), new byte[ResponseId.MAC_BYTES]);
        Request.Registration registration = new Request.Registration(Request.Registration.Kind.KEY, key, body);
        long deadline = now.toEpochMilli() + 1_000;
        producer.send(Records.request(
                new Request.Submit(id, conversation, "tenant", now.toEpochMilli(), deadline, spec(null), registration),
                Context.root()));
        producer.flush();
        return id;
    }

    private static Stream<StepEvent.Repeated> repeated(String id) {
        return steps.records.stream()
                .filter(read -> !STRANGE.equals(read.record().key()))
                .map(read -> Json.read(read.record().value(), StepEvent.class))
                .filter(StepEvent.Repeated.class::isInstance)
                .map(StepEvent.Repeated.class::cast)
                .filter(event -> event.responseId().equals(id));
    }

    private static String submit(ResponseSpec spec, Context trace) {
        int number = NUMBER.incrementAndGet();
        return submit(spec, ResponseId.conversation(number % 2, number), trace);
    }

    private static String submit(ResponseSpec spec, String conversation, Context trace) {
        Instant now = Instant.now();
        String id = ResponseId.format(
                ResponseId.signedBytes(1, conversation, now, NUMBER.incrementAndGet()), new byte[ResponseId.MAC_BYTES]);
        producer.send(Records.request(
                new Request.Submit(id, conversation, "tenant", now.toEpochMilli(), now.toEpochMilli() + 60_000, spec),
                trace));
        producer.flush();
        return id;
    }

    private static StepEvent.Ended awaitEnd(String id) {
        await().atMost(Duration.ofSeconds(20)).until(() -> ends(id).count() == 1);
        return ends(id).findFirst().orElseThrow();
    }

    private static Stream<StepEvent.Ended> ends(String id) {
        return steps.records.stream()
                .filter(read -> !STRANGE.equals(read.record().key()))
                .map(read -> Json.read(read.record().value(), StepEvent.class))
                .filter(StepEvent.Ended.class::isInstance)
                .map(StepEvent.Ended.class::cast)
                .filter(event -> event.responseId().equals(id));
    }

    private static List<io.opentelemetry.proto.trace.v1.Span> spansOf(Tail spans) throws Exception {
        List<io.opentelemetry.proto.trace.v1.Span> found = new java.util.ArrayList<>();
        for (Tail.Read read : spans.records) {
            ExportTraceServiceRequest.parseFrom(read.record().value())
                    .getResourceSpansList()
                    .forEach(resource ->
                            resource.getScopeSpansList().forEach(scope -> found.addAll(scope.getSpansList())));
        }
        return found;
    }

    private static String hex(byte[] bytes) {
        return java.util.HexFormat.of().formatHex(bytes);
    }

    private static ResponseSpec spec(String previous) {
        return ResponseSpec.builder("model", "hello")
                .instructions("be brief")
                .tools(List.of(new ToolSpec.Mcp(ToolDescription.BUILTIN_SERVER, null, null)))
                .background(true)
                .previousResponseId(previous)
                .build();
    }
}
