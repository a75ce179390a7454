package io.voiceagent.agent.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.context.Context;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.messages.Call;
import io.voiceagent.messages.CallOutput;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.ErrorCodes;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.simulator.SimulatorOptions;
import io.voiceagent.testkit.SpanProbe;
import io.voiceagent.testkit.StageProbe;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.stage.StageRuntime;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** The model stage as a service runs it, between a real broker and the simulated model. */
@Timeout(90)
class LlmStageTest {
    private static EmbeddedBroker broker;
    private static Simulator simulator;
    private static KafkaSettings kafka;
    private static Telemetry telemetry;
    private static StageProbe probe;
    private static AnnotationConfigApplicationContext service;
    private static StageRuntime stage;

    private final CallRef ref = new CallRef("resp_" + UUID.randomUUID(), 0, 0, 0);

    @BeforeAll
    static void start(@TempDir Path data) {
        broker = EmbeddedBroker.start(data, 0);
        simulator = Simulator.start(SimulatorOptions.defaults().withPace(Duration.ofMillis(50), 500, 20));
        kafka = KafkaSettings.local(broker.bootstrapServers(), 4, 4);
        TopicCreator.ensure(kafka, Duration.ofSeconds(30));
        telemetry = Telemetry.start(TelemetryOptions.from(Variables.of(Map.of()), "test-llm", "0", kafka));
        probe = new StageProbe(kafka, Stage.LLM);
        service = new AnnotationConfigApplicationContext();
        service.registerBean(
                Variables.class, () -> Variables.of(Map.of("LLM_BASE_URL", simulator.baseUrl(), "DRAIN_SECONDS", "2")));
        service.registerBean(KafkaSettings.class, () -> kafka);
        service.registerBean(Telemetry.class, () -> telemetry, definition -> definition.setDestroyMethodName(null));
        service.registerBean(MeterRegistry.class, SimpleMeterRegistry::new);
        service.register(LlmStageConfiguration.class);
        service.refresh();
        stage = service.getBean(StageRuntime.class);
        await().atMost(Duration.ofSeconds(20)).until(stage::living);
    }

    @AfterAll
    static void end() throws Exception {
        service.close();
        probe.close();
        telemetry.close();
        simulator.close();
        broker.close();
    }

    private void give(String text, Context context) {
        give(Recorder.request(text), context);
    }

    private void give(ModelRequest request, Context context) {
        probe.give(
                new Call.Model(
                        ref, conversation(), "acme", stage.incarnation(), System.currentTimeMillis() + 10_000, request),
                context);
    }

    private void giveFormatted(String text) {
        ModelRequest plain = Recorder.request(text);
        give(
                new ModelRequest(
                        plain.model(),
                        plain.messages(),
                        plain.tools(),
                        plain.toolChoice(),
                        true,
                        null,
                        null,
                        null,
                        Json.tree("""
                                {"format":{"type":"json_schema","name":"person","schema":
                                {"type":"object","required":["name"],"properties":{"name":{"type":"string"}}}}}"""),
                        null),
                Context.root());
    }

    @Test
    void anAnswerIsCheckedForItsFormat() {
        giveFormatted("Ada");
        CallResult.Completed result = (CallResult.Completed) probe.result(ref);
        CallOutput.Model output = (CallOutput.Model) result.output();
        assertThat(output.violations()).isNull();
        assertThat(((Item.Message) output.items().getFirst()).text()).isEqualTo("{\"name\":\"Ada\"}");
    }

    @Test
    void anAnswerOfAnotherFormatSaysInWhat() {
        giveFormatted("Ada [[invalid=1]]");
        CallResult.Completed result = (CallResult.Completed) probe.result(ref);
        assertThat(((CallOutput.Model) result.output()).violations())
                .singleElement()
                .asString()
                .startsWith("it is not one JSON value");
    }

    @Test
    void aRefusalOwesNoFormat() {
        giveFormatted("Ada [[refuse]]");
        CallResult.Completed result = (CallResult.Completed) probe.result(ref);
        assertThat(((CallOutput.Model) result.output()).violations()).isNull();
    }

    private static String conversation() {
        return ResponseId.conversation(1, 42);
    }

    @Test
    void aCallIsAnsweredByFramesAndTheSameOutput() {
        give("Hello [[reasoning=4]]", Context.root());
        CallResult.Completed result = (CallResult.Completed) probe.result(ref);

        await().until(() -> probe.frames(ref).size() == result.frames());
        assertThat(probe.frames(ref).getFirst()).isInstanceOf(Frame.Opened.class);
        Recorder reader = new Recorder();
        probe.deltas(ref).forEach(reader);
        CallOutput.Model output = (CallOutput.Model) result.output();
        assertThat(output.items()).isEqualTo(reader.items()).hasSize(2);
        assertThat(output.usage().reasoningTokens()).isEqualTo(4);
    }

    @Test
    void theFirstTokenIsOnTheLogLongBeforeTheLast() {
        give("Slow [[tps=10]] [[tokens=1000]] [[tag=first]]", Context.root());

        await().atMost(Duration.ofSeconds(10)).until(() -> !probe.deltas(ref).isEmpty());
        assertThat(simulator.stats().tag("first").open()).isEqualTo(1);
        stop();
        probe.result(ref);
    }

    @Test
    void aStopEndsTheModelsStreamAndIsAnsweredWithWhatCame() {
        give("Long [[tps=50]] [[tokens=5000]] [[tag=stage-stop]]", Context.root());
        await().until(() -> probe.deltas(ref).size() > 3);
        stop();
        CallResult.Stopped result = (CallResult.Stopped) probe.result(ref);

        await().atMost(Duration.ofSeconds(2))
                .until(() -> simulator.stats().tag("stage-stop").aborted() == 1);
        await().until(() -> probe.frames(ref).size() == result.frames());
        Recorder reader = new Recorder();
        probe.deltas(ref).forEach(reader);
        assertThat(result.output()).isNotNull();
        assertThat(((CallOutput.Model) result.output()).items()).isEqualTo(reader.items());
    }

    @Test
    void aStopBeforeTheFirstTokenEndsTheModelsStreamToo() {
        give("Never [[fault=silent]] [[tag=stage-silent]]", Context.root());
        await().until(() -> simulator.stats().tag("stage-silent").requests() == 1);
        stop();

        assertThat(probe.result(ref)).isInstanceOf(CallResult.Stopped.class);
        await().atMost(Duration.ofSeconds(2))
                .until(() -> simulator.stats().tag("stage-silent").aborted() == 1);
    }

    private void stop() {
        probe.give(new Call.Stop(ref, conversation(), stage.incarnation(), "cancelled"), Context.root());
    }

    @Test
    void aFailureAfterTheFirstFrameIsForTheOrchestratorToDecide() {
        give("Cut [[cut=5]]", Context.root());
        CallResult.Failed result = (CallResult.Failed) probe.result(ref);

        assertThat(result.retryable()).isTrue();
        assertThat(result.error().code()).isEqualTo(ErrorCodes.MODEL_ERROR);
        assertThat(result.frames()).isGreaterThan(1);
    }

    @Test
    void theSpanTellsOfTheModelAndItsTokens() throws Exception {
        String traceId = UUID.randomUUID().toString().replace("-", "");
        String parentId = "00000000000000ab";
        give("Traced", TraceHeaders.parent(traceId, parentId, true));
        probe.result(ref);
        Span span = SpanProbe.find(kafka, traceId, "agent.call_llm").getFirst();
        Map<String, String> attributes = span.getAttributesList().stream()
                .collect(Collectors.toMap(
                        KeyValue::getKey, pair -> pair.getValue().toString().strip()));

        assertThat(SpanProbe.hex(span.getParentSpanId().toByteArray())).isEqualTo(parentId);
        assertThat(span.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
        assertThat(attributes)
                .containsKeys(
                        "gen_ai.usage.input_tokens",
                        "gen_ai.usage.output_tokens",
                        "gen_ai.response.finish_reasons",
                        "gen_ai.response.time_to_first_chunk")
                .containsEntry("gen_ai.operation.name", "string_value: \"chat\"")
                .containsEntry("gen_ai.request.model", "string_value: \"test-model\"")
                .containsEntry("server.address", "string_value: \"127.0.0.1\"");
        assertThat(span.getEventsList()).anyMatch(event -> event.getName().equals("gen_ai.first_token"));
        assertThat(attributes.toString()).doesNotContain("Traced");
        assertThat(service.getBean(MeterRegistry.class)
                        .get("voice.agent.llm.first.token")
                        .timer()
                        .count())
                .isPositive();
    }
}
