package io.voiceagent.agent.topology;

import static io.voiceagent.agent.topology.Fixtures.TOOL;
import static io.voiceagent.agent.topology.Fixtures.answer;
import static io.voiceagent.agent.topology.Fixtures.asks;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.Stage;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Records;
import io.voiceagent.transport.telemetry.ForcedIds;
import io.voiceagent.transport.telemetry.SpanAttributes;
import io.voiceagent.transport.telemetry.SpanNames;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** The orchestrator's spans: of turns, of what no other span tells, and of requests that become no turn. */
class TurnTracesTest extends TopologyHarness {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String OTHER_TRACE = "1af7651916cd43dd8448eb211c80319c";
    private static final String PUBLISH = "b7ad6b7169203331";

    private final List<SpanData> spans = new ArrayList<>();

    TurnTracesTest() {
        sender = TraceHeaders.parent(TRACE, PUBLISH, true);
    }

    @Override
    Tracer tracer() {
        return SdkTracerProvider.builder()
                .addSpanProcessor(new SpanProcessor() {
                    @Override
                    public void onStart(Context parent, ReadWriteSpan span) {}

                    @Override
                    public boolean isStartRequired() {
                        return false;
                    }

                    @Override
                    public void onEnd(ReadableSpan span) {
                        spans.add(span.toSpanData());
                    }

                    @Override
                    public boolean isEndRequired() {
                        return true;
                    }
                })
                .build()
                .get("test");
    }

    @Test
    void anAttemptThatIsLostWithItsWorkerHasASpanThoughTheWorkerNeverSendsOne() {
        announce(Stage.LLM, "w1");
        String id = submit(spec(null));
        StepEvent.CallAssigned first = assigned();
        long began = now;
        for (int second = 0; second < 7; second++) {
            announce(Stage.LLM, "w2");
            echo();
            pass(1_000);
        }
        SpanData lost = only(SpanNames.LOST_ATTEMPT);
        assertThat(lost.getTraceId()).isEqualTo(TRACE);
        assertThat(lost.getParentSpanId()).isEqualTo(ForcedIds.spanIdOf(id));
        assertThat(lost.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(lost.getStartEpochNanos() / 1_000_000).isEqualTo(began);
        assertThat(lost.getAttributes().get(SpanAttributes.ATTEMPT))
                .isEqualTo((long) first.ref().attempt());
        assertThat(lost.getAttributes().get(SpanAttributes.INCARNATION)).isEqualTo("w1");
        assertThat(lost.getAttributes().get(SpanAttributes.ERROR_TYPE)).isEqualTo("lost");
    }

    @Test
    void aToolThatDiedWithItsEffectInDoubtHasOneToo() {
        announce(Stage.LLM, "w1");
        announce(Stage.TOOL, "t1");
        submit(spec(null));
        complete(Stage.LLM, assigned(), asks(TOOL.name()));
        for (int second = 0; second < 7; second++) {
            announce(Stage.LLM, "w1");
            echo();
            pass(1_000);
        }
        assertThat(only(SpanNames.LOST_ATTEMPT).getAttributes().get(SpanAttributes.STAGE))
                .isEqualTo("tool");
    }

    @Test
    void aBusyWorkersAttemptIsTold() {
        announce(Stage.LLM, "w1");
        submit(spec(null));
        StepEvent.CallAssigned call = assigned();
        send(Stage.LLM, new CallResult.Busy(call.ref(), call.conversation(), "w1"));
        SpanData busy = only(SpanNames.LOST_ATTEMPT);
        assertThat(busy.getAttributes().get(SpanAttributes.RESULT)).isEqualTo("busy");
        assertThat(busy.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    @Test
    void aCancelAndADeletionAreSpansOfTheTracesThatAskedForThem() {
        announce(Stage.LLM, "w1");
        String id = submit(spec(null));
        String conversation = ResponseId.parse(id).conversation();
        sender = TraceHeaders.parent(OTHER_TRACE, PUBLISH, true);
        send(new Request.Cancel(id, conversation, "tenant"));
        StepEvent.CallAssigned call = assigned();
        send(Stage.LLM, new CallResult.Stopped(call.ref(), call.conversation(), "w1", 2, answer("ha")));
        send(new Request.Delete(id, conversation, "tenant"));

        assertThat(named(SpanNames.PROCESS_REQUEST))
                .hasSize(2)
                .allSatisfy(span -> {
                    assertThat(span.getTraceId()).isEqualTo(OTHER_TRACE);
                    assertThat(span.getParentSpanId()).isEqualTo(PUBLISH);
                    assertThat(span.getAttributes().get(SpanAttributes.RESPONSE_ID))
                            .isEqualTo(id);
                    assertThat(span.getAttributes().get(SpanAttributes.OFFSET)).isNotNull();
                })
                .extracting(span -> span.getAttributes().get(SpanAttributes.REQUEST))
                .containsExactly("cancel", "delete");
        SpanData turn = only(SpanNames.PROCESS_MESSAGE);
        assertThat(turn.getTraceId()).isEqualTo(TRACE);
        assertThat(turn.getAttributes().get(SpanAttributes.STATUS)).isEqualTo("cancelled");
    }

    @Test
    void whatCanNotBeReadIsAFailure() {
        ProducerRecord<String, byte[]> record = Records.request(request(spec(null)), sender);
        record.headers().remove(Headers.SCHEMA_VERSION);
        record.headers().add(Headers.SCHEMA_VERSION, "99".getBytes(StandardCharsets.UTF_8));
        pipe(record);
        SpanData dead = only(SpanNames.PROCESS_REQUEST);
        assertThat(dead.getParentSpanId()).isEqualTo(PUBLISH);
        assertThat(dead.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(dead.getAttributes().get(SpanAttributes.ERROR_TYPE)).isEqualTo("dead_letter");
        assertThat(dead.getAttributes().get(SpanAttributes.DESTINATION)).isEqualTo(Topics.REQUESTS);
    }

    @Test
    void aTurnRefersToTheOneBeforeItAndToTheOneThatAskedForApproval() {
        announce(Stage.LLM, "w1");
        announce(Stage.TOOL, "t1");
        ToolSpec guarded = new ToolSpec.Mcp(ToolDescription.BUILTIN_SERVER, null, null, ToolSpec.ApprovalRule.ALWAYS);
        ResponseSpec asking = spec(null).toBuilder().tools(List.of(guarded)).build();
        String asked = submit(asking);
        complete(Stage.LLM, assigned(), asks(TOOL.name()));
        sender = TraceHeaders.parent(OTHER_TRACE, PUBLISH, true);
        ResponseSpec declining = asking.toBuilder()
                .previousResponseId(asked)
                .input(List.of(new Item.ApprovalAnswer(Approvals.requestId(asked, 0), false, null)))
                .build();
        send(request(declining, ResponseId.parse(asked).conversation()));
        complete(Stage.LLM, assigned(), answer("then not"));

        SpanData answering = named(SpanNames.PROCESS_MESSAGE).getLast();
        assertThat(answering.getTraceId()).isEqualTo(OTHER_TRACE);
        assertThat(answering.getLinks()).singleElement().satisfies(link -> {
            assertThat(link.getSpanContext().getTraceId()).isEqualTo(TRACE);
            assertThat(link.getSpanContext().getSpanId()).isEqualTo(ForcedIds.spanIdOf(asked));
            assertThat(link.getAttributes().get(SpanAttributes.LINK)).isEqualTo("approval_request");
        });
    }

    private List<SpanData> named(String name) {
        return spans.stream().filter(span -> span.getName().equals(name)).toList();
    }

    private SpanData only(String name) {
        assertThat(named(name)).hasSize(1);
        return named(name).getFirst();
    }
}
