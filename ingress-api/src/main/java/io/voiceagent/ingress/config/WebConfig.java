package io.voiceagent.ingress.config;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.swagger.v3.oas.models.OpenAPI;
import io.voiceagent.ingress.follow.ResponseReader;
import io.voiceagent.ingress.follow.ToolCatalogue;
import io.voiceagent.ingress.limit.TenantLimits;
import io.voiceagent.ingress.submit.Conversations;
import io.voiceagent.ingress.submit.RequestLog;
import io.voiceagent.ingress.submit.Submissions;
import io.voiceagent.ingress.submit.spec.CreateRequestParser;
import io.voiceagent.ingress.web.ApiDocument;
import io.voiceagent.ingress.web.ErrorWriter;
import io.voiceagent.ingress.web.HealthComponent;
import io.voiceagent.ingress.web.RequestFilter;
import io.voiceagent.ingress.web.RequestMetrics;
import io.voiceagent.ingress.web.ResponsesSocket;
import io.voiceagent.ingress.web.Routes;
import io.voiceagent.ingress.web.SlowReaders;
import io.voiceagent.ingress.webhook.DeliveryLog;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.telemetry.Sampling;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Sinks;

/** The HTTP side: needs the ports, knows nothing of what is behind them. */
@Configuration(proxyBeanMethods = false)
@Import(SecurityConfig.class)
public class WebConfig {
    private static final Duration CANCEL_WAIT = Duration.ofSeconds(10);
    /** An orchestrator that is replaced is back by then. */
    private static final Duration VERDICT_WAIT = Duration.ofSeconds(20);

    @Bean
    Submissions submissions(
            IngressSettings settings, KafkaSettings kafka, RequestLog log, ResponseReader reader, TenantLimits limits) {
        return new Submissions(
                options(settings, kafka),
                settings.responseIds(),
                limits.bounded(log),
                reader,
                InstantSource.system(),
                new SecureRandom());
    }

    @Bean
    Conversations conversations(
            IngressSettings settings, KafkaSettings kafka, RequestLog log, ResponseReader reader, Submissions turns) {
        return new Conversations(
                options(settings, kafka),
                settings.responseIds(),
                log,
                reader,
                turns,
                InstantSource.system(),
                new SecureRandom());
    }

    private static Submissions.Options options(IngressSettings settings, KafkaSettings kafka) {
        return new Submissions.Options(
                kafka.agentPartitions(), settings.turnDeadline(), CANCEL_WAIT, VERDICT_WAIT, settings.approvalLife());
    }

    @Bean
    RequestMetrics requestMetrics(MeterRegistry all, OtlpMeterRegistry archive) {
        return new RequestMetrics(all, archive);
    }

    @Bean
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> slowReaders(
            IngressSettings settings, MeterRegistry registry) {
        SlowReaders bounds = new SlowReaders(settings.slowReaderPatience(), settings.slowReaderBytes(), registry);
        return factory -> factory.addServerCustomizers(bounds::apply);
    }

    @Bean
    RequestFilter requestFilter(Tracer tracer, Sampling sampling, RequestMetrics metrics) {
        return new RequestFilter(tracer, sampling, metrics, new ErrorWriter());
    }

    @Bean
    RouterFunction<ServerResponse> routes(
            IngressSettings settings,
            ToolCatalogue catalogue,
            Submissions submissions,
            Conversations conversations,
            RequestMetrics metrics,
            List<HealthComponent> health,
            ObjectProvider<DeliveryLog> deliveries,
            TenantLimits limits,
            Tracer tracer,
            Sinks.Empty<Void> socketsEnd) {
        return Routes.of(new Routes.Parts(
                new CreateRequestParser(catalogue, settings.defaultModel()),
                submissions,
                conversations,
                metrics,
                settings.turnDeadline(),
                health,
                settings.defaultModel(),
                deliveries.getIfAvailable(() -> DeliveryLog.EMPTY),
                new ResponsesSocket.Options(limits, tracer, settings.socketLifetime(), socketsEnd.asMono())));
    }

    @Bean
    Sinks.Empty<Void> socketsEnd() {
        return Sinks.empty();
    }

    @Bean
    GoingAway socketsLetGo(Sinks.Empty<Void> socketsEnd) {
        return new GoingAway(socketsEnd::tryEmitEmpty);
    }

    @Bean
    OpenAPI apiDocument() {
        return ApiDocument.read();
    }

    /** What the platform's probes see of the components that the service can't serve without. */
    @Bean
    HealthIndicator ingressHealthIndicator(List<HealthComponent> components) {
        return () -> components.stream()
                        .filter(HealthComponent::critical)
                        .allMatch(component -> component.up().getAsBoolean())
                ? Health.up().build()
                : Health.outOfService().build();
    }
}
