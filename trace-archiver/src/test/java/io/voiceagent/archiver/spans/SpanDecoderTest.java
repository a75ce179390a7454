package io.voiceagent.archiver.spans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.voiceagent.archiver.ingest.Decoded;
import io.voiceagent.archiver.ingest.InvalidPayloadException;
import io.voiceagent.archiver.otlp.OtlpText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SpanDecoderTest {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final SpanDecoder decoder = new SpanDecoder();

    /** Bytes as a sender's SDK has written them once: what is archived must not change with the protobuf classes. */
    @Test
    void readsTheGoldenPayload() throws Exception {
        Decoded<SpanRow> decoded = decoder.decode(golden("spans-v1.base64"));

        String resource = "{\"service.name\":\"voice-agent-worker\",\"service.instance.id\":\"i-1\"}";
        assertThat(decoded.refused()).isNull();
        assertThat(decoded.rows())
                .containsExactly(
                        new SpanRow(
                                "0af7651916cd43dd8448eb211c80319c",
                                "b7ad6b7169203331",
                                null,
                                "voice-agent-worker",
                                "agent.process_message",
                                "consumer",
                                1_764_000_000_000_000_001L,
                                1_764_000_001_250_000_000L,
                                "ok",
                                null,
                                "vendor=1",
                                "io.voiceagent.agent",
                                "0.1",
                                "{\"messaging.system\":\"kafka\",\"retry\":true,\"load\":0.5,\"tags\":[\"a\",\"b\"]}",
                                resource,
                                "[{\"name\":\"first_token\",\"time\":\"2025-11-24T16:00:00.200000009Z\","
                                        + "\"attributes\":{\"n\":1}}]",
                                "[{\"trace_id\":\"0af7651916cd43dd8448eb211c80319d\",\"span_id\":\"00f067aa0ba902b7\","
                                        + "\"attributes\":{}}]"),
                        new SpanRow(
                                "0af7651916cd43dd8448eb211c80319c",
                                "00f067aa0ba902b8",
                                "b7ad6b7169203331",
                                "voice-agent-worker",
                                "tool.execute",
                                "internal",
                                1_764_000_000_500_000_000L,
                                1_764_000_000_600_000_000L,
                                "error",
                                "no such tool",
                                null,
                                "io.voiceagent.agent",
                                "0.1",
                                "{}",
                                resource,
                                "[]",
                                "[]"));
        assertThat(decoded.rows().getFirst().durationMillis()).isEqualTo(1249.999999);
    }

    @Test
    void refusesWhatIsNotAPayload() {
        assertThatThrownBy(() -> decoder.decode("not protobuf".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(InvalidPayloadException.class)
                .hasMessageStartingWith("not an OTLP trace payload");
    }

    @Test
    void refusesTextThatIsNotUtf8() {
        ExportTraceServiceRequest request = SpanSamples.request("x", List.of(SpanSamples.span(0)));
        byte[] bytes = request.toByteArray();
        String latin1 = new String(bytes, StandardCharsets.ISO_8859_1).replace("first_token", "first\u00e4token");

        assertThatThrownBy(() -> decoder.decode(latin1.getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOf(InvalidPayloadException.class);
    }

    @Test
    void refusesOnlyTheSpansThatBreakTheDataModel() throws Exception {
        Span good = SpanSamples.span(0);
        List<Span> bad = List.of(
                good.toBuilder().setTraceId(ByteString.copyFrom(new byte[16])).build(),
                good.toBuilder()
                        .setTraceId(ByteString.copyFrom(new byte[] {1, 2}))
                        .build(),
                good.toBuilder().setSpanId(ByteString.EMPTY).build(),
                good.toBuilder()
                        .setParentSpanId(ByteString.copyFrom(new byte[7]))
                        .build(),
                good.toBuilder().setStartTimeUnixNano(-1).build(),
                good.toBuilder()
                        .setName("n".repeat(OtlpText.MAX_NAME_CHARS + 1))
                        .build());
        ExportTraceServiceRequest request = SpanSamples.request("api", List.of(good)).toBuilder()
                .addAllResourceSpans(SpanSamples.request("other", bad).getResourceSpansList())
                .build();

        Decoded<SpanRow> decoded = decoder.decode(request.toByteArray());

        assertThat(decoded.rows()).extracting(SpanRow::serviceName).containsExactly("api");
        assertThat(decoded.refused().count()).isEqualTo(bad.size());
        assertThat(decoded.refused().reason()).startsWith("trace_id");
        List<ResourceSpans> kept =
                ExportTraceServiceRequest.parseFrom(decoded.refused().payload()).getResourceSpansList();
        assertThat(kept).hasSize(bad.size());
        assertThat(kept.stream()
                        .map(spans -> spans.getScopeSpans(0).getSpans(0))
                        .toList())
                .isEqualTo(bad);
        assertThat(OtlpText.serviceName(kept.getFirst().getResource())).isEqualTo("other");
    }

    @Test
    void takesAParentOfZerosForNone() throws Exception {
        Span span = SpanSamples.span(1).toBuilder()
                .setParentSpanId(ByteString.copyFrom(new byte[8]))
                .build();

        Decoded<SpanRow> decoded =
                decoder.decode(SpanSamples.request("api", List.of(span)).toByteArray());

        assertThat(decoded.rows().getFirst().parentSpanId()).isNull();
    }

    @Property(tries = 300)
    void keepsEverySpanAndEachOfItsFields(@ForAll("requests") ExportTraceServiceRequest request) throws Exception {
        Decoded<SpanRow> decoded = decoder.decode(request.toByteArray());

        List<Span> spans = request.getResourceSpansList().stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
        assertThat(decoded.refused()).isNull();
        assertThat(decoded.rows()).hasSameSizeAs(spans);
        for (int i = 0; i < spans.size(); i++) {
            assertSame(spans.get(i), decoded.rows().get(i));
        }
    }

    private static void assertSame(Span span, SpanRow row) {
        assertThat(HexFormat.of().parseHex(row.traceId()))
                .isEqualTo(span.getTraceId().toByteArray());
        assertThat(HexFormat.of().parseHex(row.spanId()))
                .isEqualTo(span.getSpanId().toByteArray());
        assertThat(row.parentSpanId() == null).isEqualTo(span.getParentSpanId().isEmpty());
        assertThat(row.name()).isEqualTo(span.getName().replace('\0', '\uFFFD'));
        assertThat(row.startUnixNano()).isEqualTo(span.getStartTimeUnixNano());
        assertThat(row.endUnixNano()).isEqualTo(span.getEndTimeUnixNano());
        assertThat("SPAN_KIND_" + row.kind().toUpperCase(java.util.Locale.ROOT))
                .isEqualTo(span.getKind().name());
        assertThat(JSON.readTree(row.attributes()).size()).isEqualTo(span.getAttributesCount());
        assertThat(JSON.readTree(row.events()).size()).isEqualTo(span.getEventsCount());
        JsonNode links = JSON.readTree(row.links());
        assertThat(links.size()).isEqualTo(span.getLinksCount());
        for (int i = 0; i < links.size(); i++) {
            assertThat(links.get(i).get("span_id").asString())
                    .isEqualTo(OtlpText.hex(span.getLinks(i).getSpanId()));
        }
        assertThat(row.toString()).doesNotContain("\0").doesNotContain("\\u0000");
    }

    @Provide
    Arbitrary<ExportTraceServiceRequest> requests() {
        return SpanSamples.requests();
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = SpanDecoderTest.class.getResourceAsStream("/golden/" + name)) {
            return Base64.getMimeDecoder().decode(in.readAllBytes());
        }
    }
}
