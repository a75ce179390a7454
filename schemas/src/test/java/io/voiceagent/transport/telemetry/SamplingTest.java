package io.voiceagent.transport.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

/** Who decides which traces are recorded. */
class SamplingTest {
    private static final IdGenerator IDS = IdGenerator.random();

    @Property(tries = 30)
    void ofTheTracesOfClientsTheRateIsSampledWhateverTheySay(
            @ForAll @DoubleRange(min = 0, max = 1) double rate, @ForAll boolean flag) {
        Sampling sampling = new Sampling(rate, Duration.ZERO, false);
        long sampled = IntStream.range(0, 4_000)
                .filter(any -> sampling.ofClient(client(IDS.generateTraceId(), flag)))
                .count();
        // Six standard deviations
        assertThat(sampled / 4_000.0).isBetween(rate - 0.05, rate + 0.05);
    }

    /** The low half is what the ratio of OpenTelemetry's own sampler goes by. */
    @Test
    void aTraceIdCanNotBeChosenSoThatItIsSampled() {
        Sampling sampling = new Sampling(0.1, Duration.ZERO, false);
        long sampled = IntStream.range(0, 4_000)
                .filter(n -> sampling.ofClient(client("%016x0000000000000001".formatted(n + 1), true)))
                .count();
        assertThat(sampled / 4_000.0).isBetween(0.05, 0.15);
    }

    @Test
    void ofOneTraceThereIsOneAnswer() {
        Sampling sampling = new Sampling(0.5, Duration.ZERO, false);
        String trace = IDS.generateTraceId();
        boolean first = sampling.ofClient(client(trace, true));
        assertThat(IntStream.range(0, 50).mapToObj(n -> sampling.ofClient(client(trace, n % 2 == 0))))
                .containsOnly(first);
    }

    @Test
    void theClientDecidesWhenItMay() {
        Sampling sampling =
                Sampling.from(Variables.of(Map.of("TRACE_SAMPLE_RATE", "0.5", "TRACE_CLIENT_DECISION", "respect")));
        assertThat(sampling.ofClient(client(IDS.generateTraceId(), true))).isTrue();
        assertThat(sampling.ofClient(client(IDS.generateTraceId(), false))).isFalse();
    }

    @Test
    void whatIsNotSampledIsRecordedForTheTailRuleOnly() {
        Context notSampled = Context.root().with(Span.wrap(client(IDS.generateTraceId(), false)));
        Context sampled = Context.root().with(Span.wrap(client(IDS.generateTraceId(), true)));
        assertThat(decision(new Sampling(0.5, Duration.ofSeconds(1), false), notSampled))
                .isEqualTo(SamplingDecision.RECORD_ONLY);
        assertThat(decision(new Sampling(0.5, Duration.ofSeconds(1), false), sampled))
                .isEqualTo(SamplingDecision.RECORD_AND_SAMPLE);
        assertThat(decision(new Sampling(0.5, Duration.ZERO, false), notSampled))
                .isEqualTo(SamplingDecision.DROP);
        assertThat(decision(new Sampling(0, Duration.ofSeconds(1), false), Context.root()))
                .isEqualTo(SamplingDecision.DROP);
    }

    @Test
    void wrongSettingsAreNamed() {
        for (String name : List.of("TRACE_SAMPLE_RATE", "TRACE_KEEP_SLOW_SECONDS", "TRACE_CLIENT_DECISION")) {
            assertThatThrownBy(() -> Sampling.from(Variables.of(Map.of(name, "many"))))
                    .isInstanceOf(InvalidSettingException.class)
                    .hasMessageContaining(name);
        }
    }

    private static SamplingDecision decision(Sampling sampling, Context parent) {
        return sampling.sampler()
                .shouldSample(parent, IDS.generateTraceId(), "x", SpanKind.INTERNAL, Attributes.empty(), List.of())
                .getDecision();
    }

    private static SpanContext client(String trace, boolean sampled) {
        return SpanContext.createFromRemoteParent(
                trace,
                "b7ad6b7169203331",
                sampled ? TraceFlags.getSampled() : TraceFlags.getDefault(),
                TraceState.getDefault());
    }
}
