package io.voiceagent.archiver.tail;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Which spans are kept that were not sampled, and that each span ends in one count. */
class TailBufferTest {
    private static final TailRule RULE =
            new TailRule(Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofMinutes(12), 100_000);

    private final TailBuffer buffer = new TailBuffer(RULE);

    @Test
    void aFailedTurnIsKeptWithWhatCameBeforeAndWhatComesAfter() {
        assertThat(buffer.add(part(1, request(), sent()), 0)).isEmpty();
        assertThat(buffer.add(part(2, request()), 0)).isEmpty();
        List<TracePart> kept = buffer.add(part(1, failed()), 3_000);
        assertThat(kept).hasSize(2).allMatch(part -> part.traceId().endsWith("1"));
        assertThat(buffer.add(part(1, turn(1)), 4_000)).hasSize(1);
        assertThat(buffer.tally().kept).isEqualTo(4);
    }

    @Test
    void aSlowTurnIsKeptAndAQuickOneGoes() {
        buffer.add(part(1, sent()), 0);
        assertThat(buffer.add(part(1, turn(10)), 0)).hasSize(2);
        buffer.add(part(2, sent()), 0);
        assertThat(buffer.add(part(2, turn(9)), 0)).isEmpty();
        buffer.pass(4_999);
        assertThat(buffer.traces()).isEqualTo(1);
        buffer.pass(5_000);
        assertThat(buffer.traces()).isZero();
        assertThat(buffer.bytes()).isZero();
        assertThat(buffer.tally().dropped).isEqualTo(2);
    }

    @Test
    void aTurnInTheBackgroundIsWaitedForThoughItsRequestWasAnswered() {
        buffer.add(part(1, request(), sent()), 0);
        buffer.pass(600_000);
        assertThat(buffer.add(part(1, failed()), 600_000)).hasSize(2);
    }

    @Test
    void aRequestThatConcernsNobodyElseIsNotWaitedFor() {
        buffer.add(part(1, request()), 0);
        buffer.pass(5_000);
        assertThat(buffer.tally().dropped).isEqualTo(1);
    }

    @Test
    void whatNothingDecidesIsGivenUpInTheEnd() {
        buffer.add(part(1, sent()), 0);
        buffer.pass(Duration.ofMinutes(12).toMillis());
        assertThat(buffer.tally().evicted).isEqualTo(1);
        assertThat(buffer.traces()).isZero();
    }

    @Test
    void whatIsKeptSaysThatItIsNoSample() throws Exception {
        TracePart part = part(1, failed());
        Span span = ExportTraceServiceRequest.parseFrom(TracePart.payload(buffer.add(part, 0)))
                .getResourceSpans(0)
                .getScopeSpans(0)
                .getSpans(0);
        assertThat(span.getAttributesList())
                .singleElement()
                .satisfies(attribute -> assertThat(
                                attribute.getKey() + attribute.getValue().getStringValue())
                        .isEqualTo("voice_agent.sampled_bytail"));
    }

    /** One thing that happens: a part comes, or time passes. */
    record Act(int trace, List<Span> spans, int millis) {}

    @Property(tries = 300)
    void eachSpanEndsInOneCountAndMemoryIsBounded(@ForAll("acts") List<Act> acts) throws Exception {
        TailBuffer any = new TailBuffer(
                new TailRule(Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofMinutes(1), 2_000));
        long now = 0;
        long in = 0;
        long out = 0;
        for (Act act : acts) {
            now += act.millis();
            TracePart part = part(act.trace(), act.spans().toArray(Span[]::new));
            in += act.spans().size();
            out += any.add(part, now).stream().mapToInt(TracePart::count).sum();
            any.pass(now);
            assertThat(any.bytes()).isBetween(0L, 2_000L);
        }
        any.clear();
        assertThat(any.tally().kept).isEqualTo(out);
        assertThat(any.tally().kept + any.tally().dropped + any.tally().evicted).isEqualTo(in);
        assertThat(any.bytes()).isZero();
    }

    @Provide
    Arbitrary<List<Act>> acts() {
        Arbitrary<Span> spans = Arbitraries.oneOf(
                Arbitraries.create(TailBufferTest::request),
                Arbitraries.create(TailBufferTest::sent),
                Arbitraries.create(TailBufferTest::failed),
                Arbitraries.integers().between(0, 12).map(TailBufferTest::turn));
        return Combinators.combine(
                        Arbitraries.integers().between(1, 8),
                        spans.list().ofMinSize(1).ofMaxSize(3),
                        Arbitraries.integers().between(0, 20_000))
                .as(Act::new)
                .list()
                .ofMaxSize(60);
    }

    private static TracePart part(int trace, Span... spans) {
        ByteString id = ByteString.copyFrom(
                ByteBuffer.allocate(16).putLong(7).putLong(trace).array());
        List<Span> ofTrace = new ArrayList<>();
        for (Span span : spans) {
            ofTrace.add(span.toBuilder().setTraceId(id).build());
        }
        byte[] payload = ExportTraceServiceRequest.newBuilder()
                .addResourceSpans(ResourceSpans.newBuilder()
                        .addScopeSpans(ScopeSpans.newBuilder().addAllSpans(ofTrace)))
                .build()
                .toByteArray();
        try {
            List<TracePart> parts = TracePart.parse(payload);
            assertThat(parts).hasSize(1);
            return parts.getFirst();
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static Span request() {
        return Span.newBuilder()
                .setKind(SpanKind.SPAN_KIND_SERVER)
                .setName("POST x")
                .build();
    }

    private static Span sent() {
        return Span.newBuilder()
                .setKind(SpanKind.SPAN_KIND_PRODUCER)
                .setName("publish")
                .build();
    }

    private static Span failed() {
        return Span.newBuilder()
                .setStatus(Status.newBuilder().setCode(Status.StatusCode.STATUS_CODE_ERROR))
                .build();
    }

    private static Span turn(int seconds) {
        return Span.newBuilder()
                .setName("agent.process_message")
                .setKind(SpanKind.SPAN_KIND_CONSUMER)
                .setStartTimeUnixNano(1)
                .setEndTimeUnixNano(1 + seconds * 1_000_000_000L)
                .build();
    }
}
