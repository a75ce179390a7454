package io.voiceagent.tool.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.testkit.SpanProbe;
import io.voiceagent.testkit.StageProbe;
import io.voiceagent.tool.TestTools;
import io.voiceagent.tool.TestTools.Gate;
import io.voiceagent.tool.core.Catalogue;
import io.voiceagent.tool.core.ToolFailure;
import io.voiceagent.tool.tools.calculator.Calculator;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.stage.StageOptions;
import io.voiceagent.transport.stage.StageRuntime;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The tool stage on a real broker. */
@Timeout(90)
class ToolStageTest {
    private static final int SLOTS = 2;
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofSeconds(60);

    private static EmbeddedBroker broker;
    private static KafkaSettings kafka;
    private static Telemetry telemetry;
    private static StageProbe probe;

    private final CallRef ref = newRef();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Gate gate = new Gate();
    private final Gate slow = new Gate();
    private final List<String> keys = new CopyOnWriteArrayList<>();
    private final Catalogue catalogue = new Catalogue(List.of(
            new Calculator(),
            TestTools.tool("gate", true, LONG, gate),
            TestTools.tool("slow", false, SHORT, slow),
            TestTools.tool("talkative", true, LONG, call -> "x".repeat(1_000)),
            TestTools.tool("progressing", false, LONG, call -> {
                call.progress("searching");
                keys.add(call.idempotencyKey());
                return "found";
            }),
            TestTools.tool("unable", true, LONG, call -> {
                throw ToolFailure.failed("the shop is closed");
            }),
            TestTools.tool("broken", true, LONG, call -> {
                throw new IllegalStateException("a secret of the inside");
            })));
    private ToolCallHandler handler;
    private StageRuntime stage;

    @BeforeAll
    static void connect(@TempDir Path data) {
        broker = EmbeddedBroker.start(data, 0);
        kafka = KafkaSettings.local(broker.bootstrapServers(), 4, 4);
        TopicCreator.ensure(kafka, Duration.ofSeconds(30));
        telemetry = Telemetry.start(TelemetryOptions.from(Variables.of(Map.of()), "test-tools", "0", kafka));
        probe = new StageProbe(kafka, Stage.TOOL);
    }

    @AfterAll
    static void disconnect() throws Exception {
        probe.close();
        telemetry.close();
        broker.close();
    }

    @BeforeEach
    void start() {
        handler = new ToolCallHandler(catalogue, new SchemaArgumentCheck(), meters);
        StageOptions options = StageOptions.of(Stage.TOOL, kafka, SLOTS, "1.0", catalogue::hashes)
                .withDrainGrace(Duration.ofSeconds(1));
        stage = StageRuntime.start(options, handler, telemetry, meters);
        await().atMost(Duration.ofSeconds(20)).until(stage::living);
    }

    @AfterEach
    void close() {
        gate.open();
        stage.close();
        handler.close();
    }

    private static CallRef newRef() {
        return new CallRef("resp_" + UUID.randomUUID(), 1, 0, 0);
    }

    private static String conversation() {
        return ResponseId.conversation(2, 7);
    }

    private String hash(String tool) {
        return catalogue.hashes().getOrDefault(tool, "none");
    }

    private void give(CallRef to, String tool, String arguments) {
        give(to, tool, hash(tool), arguments, Context.root());
    }

    private void give(CallRef to, String tool, String hash, String arguments, Context context) {
        long notAfter = System.currentTimeMillis() + 10_000;
        probe.give(
                new Call.Tool(
                        to, conversation(), "acme", stage.incarnation(), notAfter, "call_1", tool, hash, arguments),
                context);
    }

    private CallOutput.Tool completed() {
        return (CallOutput.Tool) ((CallResult.Completed) probe.result(ref)).output();
    }

    @Test
    void itAnnouncesItsToolsByNameAndHash() {
        assertThat(probe.announcement(stage.incarnation()).tools()).isEqualTo(catalogue.hashes());
    }

    @Test
    void aCallIsOpenedRunAndAnswered() {
        give(ref, "calculator", "{\"expression\":\"6 * 7\"}");

        assertThat(completed()).isEqualTo(new CallOutput.Tool("42", null));
        assertThat(probe.frames(ref)).singleElement().isInstanceOf(Frame.Opened.class);
        assertThat(((CallResult.Completed) probe.result(ref)).frames()).isEqualTo(1);
        assertThat(meters.get("voice.agent.tool.call")
                        .tags("tool", "calculator", "outcome", "completed")
                        .timer()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void progressIsStreamedAndTheKeyHandedOn() {
        give(ref, "progressing", "{}");

        assertThat(completed().output()).isEqualTo("found");
        await().until(() -> probe.deltas(ref).contains(new Frame.Progress("searching")));
        assertThat(((CallResult.Completed) probe.result(ref)).frames()).isEqualTo(2);
        assertThat(keys).containsExactly(ref.idempotencyKey());
    }

    @Test
    void argumentsAgainstTheSchemaAreToldToTheModel() {
        give(ref, "calculator", "{\"expresion\":\"1\"}");

        assertThat(completed().output()).contains("expression", "expresion", "calculator");
        assertThat(completed().error().code()).isEqualTo(ErrorCodes.TOOL_ARGUMENTS);
        assertThat(completed().error().message()).doesNotContain("expresion\"");
    }

    @Test
    void aToolThatIsTooSlowIsEndedAndItsThreadToo() {
        give(ref, "slow", "{}");

        assertThat(completed().error().code()).isEqualTo(ErrorCodes.TOOL_TIMEOUT);
        assertThat(completed().output()).contains("slow", "300 ms", "not known");
        await().until(() -> slow.interrupted.get() == 1);
    }

    @Test
    void aLongResultIsCutWithANote() {
        give(ref, "talkative", "{}");

        assertThat(completed().output())
                .hasSize(300)
                .startsWith("xxx")
                .contains("[Cut: the result had 1000 characters");
        assertThat(completed().error()).isNull();
        assertThat(meters.get("voice.agent.tool.results.cut").counter().count()).isEqualTo(1);
    }

    @Test
    void aToolSaysWhyItCouldNot() {
        give(ref, "unable", "{}");

        assertThat(completed().output()).isEqualTo("Error: the shop is closed");
        assertThat(completed().error().code()).isEqualTo(ErrorCodes.TOOL_FAILED);
    }

    @Test
    void aDefectIsToldWithoutItsInside() {
        give(ref, "broken", "{}");

        assertThat(completed().error().code()).isEqualTo(ErrorCodes.TOOL_FAILED);
        assertThat(completed().toString()).doesNotContain("secret");
    }

    @Test
    void anotherVersionOrAnUnknownToolIsForAnotherWorker() {
        CallRef unknown = newRef();
        give(ref, "calculator", "0123", "{}", Context.root());
        give(unknown, "teleport", "{}");

        assertThat(probe.result(ref))
                .isInstanceOfSatisfying(
                        CallResult.Failed.class,
                        failed -> assertThat(failed.retryable()).isTrue());
        assertThat(probe.result(unknown)).isInstanceOf(CallResult.Failed.class);
    }

    @Test
    void aStopInterruptsTheTool() {
        give(ref, "gate", "{}");
        await().until(() -> gate.waiting.get() == 1);
        probe.give(new Call.Stop(ref, conversation(), stage.incarnation(), "cancelled"), Context.root());

        assertThat(probe.result(ref)).isInstanceOf(CallResult.Stopped.class);
        await().until(() -> gate.interrupted.get() == 1);
    }

    @Test
    void whoIsFullSaysSoAndTakesTheNextWhenFreed() {
        List<CallRef> running = List.of(newRef(), newRef());
        running.forEach(r -> give(r, "gate", "{}"));
        await().until(() -> gate.waiting.get() == SLOTS);
        give(ref, "calculator", "{\"expression\":\"1\"}");

        assertThat(probe.result(ref)).isInstanceOf(CallResult.Busy.class);
        gate.open();
        running.forEach(r -> assertThat(probe.result(r)).isInstanceOf(CallResult.Completed.class));
        CallRef later = newRef();
        give(later, "calculator", "{\"expression\":\"1\"}");
        assertThat(probe.result(later)).isInstanceOf(CallResult.Completed.class);
    }

    @Test
    void whoLeavesHandsBackWhatHasNotEnded() {
        give(ref, "gate", "{}");
        await().until(() -> gate.waiting.get() == 1);
        String incarnation = stage.incarnation();
        stage.close();

        assertThat(probe.announcement(incarnation).draining()).isTrue();
        assertThat(probe.result(ref)).isInstanceOf(CallResult.Failed.class);
        await().until(() -> gate.interrupted.get() == 1);
    }

    @Test
    void theSpanNamesToolAndCall() throws Exception {
        String traceId = UUID.randomUUID().toString().replace("-", "");
        String parentId = "00000000000000cd";
        give(ref, "unable", hash("unable"), "{}", TraceHeaders.parent(traceId, parentId, true));
        probe.result(ref);
        List<Span> spans = SpanProbe.find(kafka, traceId, "tool.execute");
        Map<String, String> attributes = spans.getFirst().getAttributesList().stream()
                .collect(Collectors.toMap(
                        KeyValue::getKey, pair -> pair.getValue().getStringValue()));

        assertThat(SpanProbe.hex(spans.getFirst().getParentSpanId().toByteArray()))
                .isEqualTo(parentId);
        assertThat(attributes)
                .containsEntry("gen_ai.operation.name", "execute_tool")
                .containsEntry("gen_ai.tool.name", "unable")
                .containsEntry("gen_ai.tool.call.id", "call_1")
                .containsEntry("error.type", ErrorCodes.TOOL_FAILED);
    }
}
