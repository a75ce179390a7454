package io.voiceagent.transport.telemetry;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Which traces are recorded. Who begins a trace decides, and everybody else keeps to it (parent-based). With a rate between 0 and 1 and a
 * tail rule, spans of the other traces are recorded as well and wait at the archiver, which keeps those of turns that failed or were slow.
 *
 * @param rate share of new traces that are sampled, 0 to 1; at 0 nothing is recorded, at 1 everything is
 * @param keepSlower tail rule: turns that took at least so long are kept all the same, as are failed ones; zero: no tail rule
 * @param clientsDecide whether the sampled flag of a client's {@code traceparent} counts; otherwise its ids alone do
 */
public record Sampling(double rate, Duration keepSlower, boolean clientsDecide) {
    /** Not to be guessed: a client that knew it could choose trace ids that are always sampled. */
    private static final long SALT = ThreadLocalRandom.current().nextLong();

    public Sampling {
        if (!(rate >= 0 && rate <= 1)) {
            throw new InvalidSettingException("TRACE_SAMPLE_RATE", "is " + rate, "Use a number from 0 to 1");
        }
    }

    /**
     * Reads {@code TRACE_SAMPLE_RATE}, {@code TRACE_KEEP_SLOW_SECONDS} and {@code TRACE_CLIENT_DECISION}, which all services should be given
     * alike.
     *
     * @throws InvalidSettingException naming the variable and the remedy
     */
    public static Sampling from(Variables variables) {
        return new Sampling(
                variables.decimal("TRACE_SAMPLE_RATE", 1.0, 0, 1),
                Duration.ofMillis(Math.round(1_000 * variables.decimal("TRACE_KEEP_SLOW_SECONDS", 30, 0, 600))),
                variables
                        .oneOf("TRACE_CLIENT_DECISION", "ignore", Set.of("ignore", "respect"))
                        .equals("respect"));
    }

    /** Whether spans of traces that are not sampled are recorded, for the tail rule. */
    public boolean keepsSome() {
        return rate > 0 && rate < 1 && keepSlower.isPositive();
    }

    /**
     * Whether to sample a trace that a client began. Requests of one trace get one answer from one process, and nobody outside can tell
     * which.
     */
    public boolean ofClient(SpanContext client) {
        if (clientsDecide) {
            return client.isSampled();
        }
        long mixed = (client.getTraceId().hashCode() ^ SALT) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return (mixed >>> 11) * 0x1.0p-53 < rate;
    }

    Sampler sampler() {
        Sampler ofParents = Sampler.parentBased(Sampler.traceIdRatioBased(rate));
        return keepsSome() ? new Recording(ofParents) : ofParents;
    }

    /** Records what is not sampled. */
    private record Recording(Sampler sampler) implements Sampler {
        @Override
        public SamplingResult shouldSample(
                Context parent,
                String traceId,
                String name,
                SpanKind kind,
                Attributes attributes,
                List<LinkData> parentLinks) {
            SamplingResult result = sampler.shouldSample(parent, traceId, name, kind, attributes, parentLinks);
            return result.getDecision() == SamplingDecision.DROP ? SamplingResult.recordOnly() : result;
        }

        @Override
        public String getDescription() {
            return "Recording{" + sampler.getDescription() + "}";
        }
    }
}
