package io.voiceagent.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Frame;
import io.voiceagent.messages.Headers;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.Stage;
import io.voiceagent.transport.telemetry.TraceHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** Each message has its place, key and headers. */
class RecordsTest {
    private static final String CONVERSATION = ResponseId.conversation(3, 42);
    private static final CallRef REF = new CallRef("resp_1", 0, 1, 2);

    @Test
    void aFrameGoesToTheConversationsPartitionWithItsTrace() {
        String trace = "0af7651916cd43dd8448eb211c80319c";
        String span = "b7ad6b7169203331";

        var frame = Records.frame(new Frame.Seal(REF, CONVERSATION), TraceHeaders.parent(trace, span, true));

        assertThat(frame.topic()).isEqualTo("agent.stream");
        assertThat(frame.partition()).isEqualTo(3);
        assertThat(frame.key()).isEqualTo(CONVERSATION);
        assertThat(text(frame.headers(), Headers.TYPE)).isEqualTo("seal");
        assertThat(text(frame.headers(), Headers.RESPONSE_ID)).isEqualTo("resp_1");
        assertThat(text(frame.headers(), Headers.TRACEPARENT)).isEqualTo("00-" + trace + "-" + span + "-01");
        assertThat(Span.fromContext(TraceHeaders.extract(frame.headers()))
                        .getSpanContext()
                        .getSpanId())
                .isEqualTo(span);
    }

    @Test
    void aResultGoesToItsStagesTopicAndReadsBack() {
        CallResult busy = new CallResult.Busy(REF, CONVERSATION, "w");

        var result = Records.result(Stage.TOOL, busy, Context.root());

        assertThat(result.topic()).isEqualTo("tool.results");
        assertThat(result.headers().lastHeader(Headers.TRACEPARENT)).isNull();
        assertThat(JsonSerde.of(CallResult.class).deserializer().deserialize("t", result.value()))
                .isEqualTo(busy);
    }

    @Test
    void theReasonOfADeadLetterIsBounded() {
        var dead = Records.deadLetter(record("9"), "x".repeat(5_000));

        assertThat(text(dead.headers(), Headers.DLT_REASON)).hasSize(1_000);
    }

    @Test
    void aVersionWithoutAValueIsNoVersion() {
        RecordHeaders headers = new RecordHeaders();
        headers.add(Headers.SCHEMA_VERSION, null);

        assertThatThrownBy(() -> Records.requireReadable(headers)).isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void aDeadLetterKeepsTheRecordAndSaysWhy() {
        var dead = Records.deadLetter(record("9"), "too new");

        assertThat(dead.topic()).isEqualTo("agent.steps.dlt");
        assertThat(dead.value()).isEqualTo(new byte[] {1});
        assertThat(text(dead.headers(), Headers.DLT_REASON)).isEqualTo("too new");
        assertThat(text(dead.headers(), Headers.DLT_OFFSET)).isEqualTo("7");
        assertThat(text(dead.headers(), Headers.SCHEMA_VERSION)).isEqualTo("9");
    }

    @Test
    void aNewerVersionIsNotReadable() {
        assertThatThrownBy(() -> Records.requireReadable(record("2"))).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> Records.requireReadable(record("x"))).isInstanceOf(MalformedMessageException.class);
        assertThatCode(() -> Records.requireReadable(record("1"))).doesNotThrowAnyException();
    }

    @Test
    void theSerdeHandsTombstonesThroughAndRefusesWhatItCannotRead() {
        var serde = JsonSerde.of(Frame.class);

        assertThat(serde.serializer().serialize("t", null)).isNull();
        assertThat(serde.deserializer().deserialize("t", null)).isNull();
        assertThatThrownBy(() -> serde.deserializer().deserialize("t", new byte[] {'{'}))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("not a readable Frame");
    }

    private static ConsumerRecord<String, byte[]> record(String version) {
        RecordHeaders headers = new RecordHeaders();
        headers.add(Headers.SCHEMA_VERSION, version.getBytes(StandardCharsets.UTF_8));
        return new ConsumerRecord<>(
                "agent.steps",
                1,
                7,
                0,
                TimestampType.LOG_APPEND_TIME,
                1,
                1,
                "k",
                new byte[] {1},
                headers,
                Optional.empty());
    }

    private static String text(org.apache.kafka.common.header.Headers headers, String key) {
        return new String(headers.lastHeader(key).value(), StandardCharsets.UTF_8);
    }
}
