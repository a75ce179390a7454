package io.voiceagent.tool.stage;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.voiceagent.transport.telemetry.TenantMeters;
import java.time.Duration;

/** Meters of the tool stage: {@code voice_agent_tool_call_seconds} and {@code voice_agent_tool_results_cut_total}. */
final class ToolMetrics {
    private final MeterRegistry registry;

    ToolMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    /**
     * @param tool a name out of the catalogue: the number of series is bounded
     * @param outcome {@code completed}, {@code stopped}, or an error code
     */
    void ended(String tool, String outcome, Duration duration) {
        Timer.builder("voice.agent.tool.call")
                .description("Duration of tool calls, the check of the arguments counted in")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofMinutes(1))
                .tags("tool", tool, "outcome", outcome)
                .register(registry)
                .record(duration);
    }

    /** The same once more by tenant, without the histogram. */
    void endedOf(String tenant, Duration duration) {
        Timer.builder(TenantMeters.PREFIX + "tool.call")
                .description("Duration of tool calls by tenant")
                .tag(TenantMeters.TENANT, tenant)
                .register(registry)
                .record(duration);
    }

    void cut(String tool) {
        Counter.builder("voice.agent.tool.results.cut")
                .description("Results that were longer than the tool may answer")
                .tag("tool", tool)
                .register(registry)
                .increment();
    }
}
