package io.voiceagent.agent.config;

import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.agent.core.Limits;
import io.voiceagent.agent.core.Shares;
import io.voiceagent.agent.topology.Orchestrator;
import io.voiceagent.agent.topology.OrchestratorOptions;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.Versions;
import io.voiceagent.transport.telemetry.Telemetry;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * The role that decides.
 *
 * <p>Variables: {@code STATE_DIR}, where its stores are, by default {@code state} under the working directory; {@code MAX_TOOL_ROUNDS}, 0
 * to 100; {@code LLM_CONTEXT_TOKENS}, the window of the model, 1,000 to 10,000,000; {@code ORCHESTRATOR_THREADS}, 1 to 64; {@code STANDBY_REPLICAS}, 0 to 5; {@code RESPONSE_TTL_HOURS}, how long an ended
 * response can be continued, 1 to 8,760; {@code TENANT_SHARES}, tenant:weight by commas,
 * how slots are shared while calls wait for them; {@code APPROVAL_SECONDS}, how long a request for approval waits for its answer, 1 to 604,800.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(Role.Orchestrating.class)
class OrchestratorConfiguration {
    @Bean
    OrchestratorOptions orchestratorOptions(Variables variables) {
        return new OrchestratorOptions(
                Path.of(variables.text("STATE_DIR", "state")),
                variables.integer("ORCHESTRATOR_THREADS", 1, 1, 64),
                variables.integer("STANDBY_REPLICAS", 0, 0, 5),
                Duration.ofHours(variables.integer("RESPONSE_TTL_HOURS", 168, 1, 8_760)),
                Limits.DEFAULT
                        .withMaxToolRounds(variables.integer("MAX_TOOL_ROUNDS", Limits.DEFAULT.maxToolRounds(), 0, 100))
                        .withContextTokens(variables.integer(
                                "LLM_CONTEXT_TOKENS", Limits.DEFAULT.contextTokens(), 1_000, 10_000_000))
                        .withApprovalLife(1_000L * variables.integer("APPROVAL_SECONDS", 86_400, 1, 604_800)),
                shares(variables),
                Versions.of(OrchestratorConfiguration.class));
    }

    private static Shares shares(Variables variables) {
        try {
            return Shares.parse(variables.text("TENANT_SHARES", ""));
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(
                    "TENANT_SHARES",
                    "is not as it should be: " + e.getMessage(),
                    "Use tenant:weight,tenant:weight with weights from 1 to " + Shares.MAX_WEIGHT);
        }
    }

    @Bean
    Orchestrator orchestrator(
            OrchestratorOptions options, KafkaSettings kafka, Telemetry telemetry, MeterRegistry meters)
            throws InterruptedException {
        return Orchestrator.start(options, kafka, telemetry.tracer("io.voiceagent.agent"), meters);
    }

    /** Shown as {@code orchestrator}: up while all partitions that are ours are worked on and announcements come through. */
    @Bean
    HealthIndicator orchestratorHealthIndicator(Orchestrator orchestrator) {
        return () -> (orchestrator.isRunning() && orchestrator.hearsWorkers() ? Health.up() : Health.outOfService())
                .withDetail("streams", orchestrator.state())
                .withDetail("hearsWorkers", orchestrator.hearsWorkers())
                .build();
    }
}
