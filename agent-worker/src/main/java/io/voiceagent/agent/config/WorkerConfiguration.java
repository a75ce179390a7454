package io.voiceagent.agent.config;

import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.Versions;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import io.voiceagent.transport.telemetry.TenantMeters;
import io.voiceagent.transport.telemetry.TraceExemplars;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** What both roles need, and the roles. */
@Configuration(proxyBeanMethods = false)
@Import({OrchestratorConfiguration.class, ModelConfiguration.class})
public class WorkerConfiguration {
    private static final String SERVICE = "voice-agent-worker";
    private static final Duration STARTUP_WAIT = Duration.ofSeconds(60);

    @Bean
    Variables variables(Environment environment) {
        return Variables.of(environment::getProperty);
    }

    /** Given out when all topics are there: whoever needs Kafka needs this first. */
    @Bean
    KafkaSettings kafkaSettings(Variables variables) {
        KafkaSettings settings = KafkaSettings.from(variables);
        TopicCreator.ensure(settings, STARTUP_WAIT);
        return settings;
    }

    @Bean
    Telemetry telemetry(Variables variables, KafkaSettings kafka) {
        return Telemetry.start(
                TelemetryOptions.from(variables, SERVICE, Versions.of(WorkerConfiguration.class), kafka));
    }

    /** Values of histograms name a trace that they were measured in. */
    @Bean
    TraceExemplars exemplars() {
        return new TraceExemplars();
    }

    /** Boot gives it to all registries. Static, so that it is there before they are. */
    @Bean
    static TenantMeters tenantMeters(Environment environment) {
        return TenantMeters.from(Variables.of(environment::getProperty));
    }

    @Bean
    OtlpMeterRegistry archivedMeters(Telemetry telemetry) {
        return telemetry.meterRegistry();
    }
}
