package io.voiceagent.tool.config;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.voiceagent.messages.Stage;
import io.voiceagent.tool.core.Catalogue;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.stage.CatalogueWriter;
import io.voiceagent.tool.stage.SchemaArgumentCheck;
import io.voiceagent.tool.stage.ToolCallHandler;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.stage.StageOptions;
import io.voiceagent.transport.stage.StageRuntime;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Settings, telemetry and the stage.
 *
 * <p>Variables, beside those of Kafka and telemetry: {@code TOOL_SLOTS}, calls at once, 1 to 10,000; {@code DRAIN_SECONDS},
 * how long running calls may take to end when the service is told to, 0 to 300.
 */
@Configuration(proxyBeanMethods = false)
class ToolWorkerConfiguration {
    private static final String SERVICE = "voice-agent-tools";
    private static final Duration STARTUP_WAIT = Duration.ofSeconds(60);

    @Bean
    Variables variables(Environment environment) {
        return Variables.of(environment::getProperty);
    }

    /** Given out when all topics are there. */
    @Bean
    KafkaSettings kafkaSettings(Variables variables) {
        KafkaSettings settings = KafkaSettings.from(variables);
        TopicCreator.ensure(settings, STARTUP_WAIT);
        return settings;
    }

    @Bean
    Telemetry telemetry(Variables variables, KafkaSettings kafka) {
        return Telemetry.start(TelemetryOptions.from(variables, SERVICE, version(), kafka));
    }

    @Bean
    OtlpMeterRegistry archivedMeters(Telemetry telemetry) {
        return telemetry.meterRegistry();
    }

    @Bean
    Catalogue catalogue(List<Tool> tools) {
        return new Catalogue(tools);
    }

    @Bean
    ToolCallHandler toolCallHandler(Catalogue catalogue, MeterRegistry meters) {
        return new ToolCallHandler(catalogue, new SchemaArgumentCheck(), meters);
    }

    @Bean
    StageRuntime toolStage(
            Variables variables,
            KafkaSettings kafka,
            Catalogue catalogue,
            ToolCallHandler handler,
            Telemetry telemetry,
            MeterRegistry meters) {
        StageOptions options = StageOptions.of(
                        Stage.TOOL, kafka, variables.integer("TOOL_SLOTS", 32, 1, 10_000), version(), catalogue::hashes)
                .withDrainGrace(Duration.ofSeconds(variables.integer("DRAIN_SECONDS", 25, 0, 300)));
        // Described first: whoever reads of a tool in an announcement can look it up
        CatalogueWriter.write(kafka, catalogue, STARTUP_WAIT);
        return StageRuntime.start(options, handler, telemetry, meters);
    }

    @Bean
    DrainFirst drainFirst(StageRuntime toolStage) {
        return new DrainFirst(toolStage);
    }

    /** Shown as {@code toolStage}: up while the stage is announced and can be given calls. */
    @Bean
    HealthIndicator toolStageHealthIndicator(StageRuntime toolStage, Catalogue catalogue) {
        return () -> (toolStage.living() ? Health.up() : Health.down())
                .withDetail("incarnation", toolStage.incarnation())
                .withDetail("calls", toolStage.held())
                .withDetail(
                        "tools", catalogue.hashes().keySet().stream().sorted().toList())
                .build();
    }

    private static String version() {
        return Optional.ofNullable(ToolWorkerConfiguration.class.getPackage().getImplementationVersion())
                .orElse("dev");
    }
}
