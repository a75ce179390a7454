package io.voiceagent.agent.llm;

import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.messages.Stage;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.Versions;
import io.voiceagent.transport.stage.StageOptions;
import io.voiceagent.transport.stage.StageRuntime;
import io.voiceagent.transport.telemetry.Telemetry;
import java.time.Duration;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;

/**
 * The model stage as part of a service, which has to bring {@link Variables}, {@link KafkaSettings} (with the topics in
 * place), {@link Telemetry} and a {@link MeterRegistry}.
 *
 * <p>Variables: those of {@link LlmSettings}; {@code LLM_SLOTS}, calls at once, 1 to 10,000; {@code DRAIN_SECONDS}, how
 * long running calls may take to end when the service is told to, 0 to 300.
 */
@Configuration(proxyBeanMethods = false)
public class LlmStageConfiguration {
    @Bean
    LlmSettings llmSettings(Variables variables) {
        return LlmSettings.from(variables);
    }

    @Bean
    ChatModelClient chatModelClient(LlmSettings settings) {
        return new ChatModelClient(settings);
    }

    @Bean
    StageRuntime llmStage(
            Variables variables,
            KafkaSettings kafka,
            LlmSettings settings,
            ChatModelClient client,
            Telemetry telemetry,
            MeterRegistry meters) {
        StageOptions options = StageOptions.of(
                        Stage.LLM,
                        kafka,
                        variables.integer("LLM_SLOTS", 64, 1, 10_000),
                        Versions.of(LlmStageConfiguration.class),
                        Map::of)
                .withDrainGrace(Duration.ofSeconds(variables.integer("DRAIN_SECONDS", 25, 0, 300)));
        LlmCallHandler handler = new LlmCallHandler(client, settings.baseUrl(), new LlmMetrics(meters));
        return StageRuntime.start(options, handler, telemetry, meters);
    }

    /**
     * Begins the end of the service with the stage. By default the web server comes first, for 2 s and more in which the worker would take
     * calls still, and health and metrics would be gone while calls run out.
     */
    @Bean
    ApplicationListener<ContextClosedEvent> drainFirst(StageRuntime llmStage) {
        return _ -> llmStage.close();
    }

    /** Shown as {@code llmStage}: up while the stage is announced and can be given calls. */
    @Bean
    HealthIndicator llmStageHealthIndicator(StageRuntime llmStage) {
        return () -> (llmStage.living() ? Health.up() : Health.down())
                .withDetail("incarnation", llmStage.incarnation())
                .withDetail("calls", llmStage.held())
                .build();
    }
}
