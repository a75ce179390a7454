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
import io.voiceagent.transport.Versions;
import io.voiceagent.transport.stage.StageOptions;
import io.voiceagent.transport.stage.StageRuntime;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TenantMeters;
import io.voiceagent.transport.telemetry.TraceExemplars;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.Environment;

/**
 * Telemetry, the catalogue of all {@link Tool} beans, and the stage that runs them.
 */
@Configuration(proxyBeanMethods = false)
class ToolWorkerConfiguration {
    private static final String SERVICE = "voice-agent-tools";
    private static final Duration STARTUP_WAIT = Duration.ofSeconds(60);

    @Bean
    ToolWorkerSettings settings(Environment environment) {
        return ToolWorkerSettings.from(
                Variables.of(environment::getProperty), SERVICE, Versions.of(ToolWorkerConfiguration.class));
    }

    /** Given out when all topics are there. */
    @Bean
    KafkaSettings kafkaSettings(ToolWorkerSettings settings) {
        TopicCreator.ensure(settings.kafka(), STARTUP_WAIT);
        return settings.kafka();
    }

    /** @param kafka so that it sends to topics that are there */
    @Bean
    Telemetry telemetry(ToolWorkerSettings settings, KafkaSettings kafka) {
        return Telemetry.start(settings.telemetry());
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

    @Bean
    Catalogue catalogue(List<Tool> tools, ToolWorkerSettings settings) {
        return new Catalogue(settings.guarded(tools));
    }

    @Bean
    ToolCallHandler toolCallHandler(Catalogue catalogue, MeterRegistry meters) {
        return new ToolCallHandler(catalogue, new SchemaArgumentCheck(), meters);
    }

    @Bean
    StageRuntime toolStage(
            ToolWorkerSettings settings,
            KafkaSettings kafka,
            Catalogue catalogue,
            ToolCallHandler handler,
            Telemetry telemetry,
            MeterRegistry meters) {
        StageOptions options = StageOptions.of(
                        Stage.TOOL,
                        kafka,
                        settings.slots(),
                        Versions.of(ToolWorkerConfiguration.class),
                        catalogue::hashes)
                .withDrainGrace(settings.drain());
        // Described first: whoever reads of a tool in an announcement can look it up
        CatalogueWriter.write(kafka, catalogue, STARTUP_WAIT);
        return StageRuntime.start(options, handler, telemetry, meters);
    }

    /**
     * Begins the end of the service with the stage. By default the web server comes first, for 2 s and more in which the worker would take
     * calls still, and health and metrics would be gone while calls run out.
     */
    @Bean
    ApplicationListener<ContextClosedEvent> drainFirst(StageRuntime toolStage) {
        return _ -> toolStage.close();
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
}
