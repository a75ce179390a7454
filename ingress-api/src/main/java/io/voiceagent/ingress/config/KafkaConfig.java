package io.voiceagent.ingress.config;

import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.voiceagent.ingress.submit.KafkaProbe;
import io.voiceagent.ingress.submit.KafkaRequestLog;
import io.voiceagent.ingress.submit.LogHealth;
import io.voiceagent.ingress.submit.RequestLog;
import io.voiceagent.ingress.web.HealthComponent;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.TopicCreator;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.Versions;
import io.voiceagent.transport.telemetry.Sampling;
import io.voiceagent.transport.telemetry.Telemetry;
import io.voiceagent.transport.telemetry.TelemetryOptions;
import io.voiceagent.transport.telemetry.TraceExemplars;
import java.time.Duration;
import org.apache.kafka.clients.producer.Producer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Settings, telemetry and the way into the log. */
@Configuration(proxyBeanMethods = false)
class KafkaConfig {
    private static final String SERVICE = "voice-agent-api";
    private static final Duration STARTUP_WAIT = Duration.ofSeconds(60);
    private static final int SUBMIT_THREADS = 32;
    private static final int SUBMIT_QUEUE = 2_000;

    @Bean
    Variables variables(Environment environment) {
        return Variables.of(environment::getProperty);
    }

    @Bean
    IngressSettings ingressSettings(Variables variables) {
        return IngressSettings.from(variables);
    }

    /** Given out when all topics are there: whoever needs Kafka needs this first. */
    @Bean
    KafkaSettings kafkaSettings(Variables variables, IngressSettings checkedFirst) {
        KafkaSettings settings = KafkaSettings.from(variables);
        TopicCreator.ensure(settings, STARTUP_WAIT);
        return settings;
    }

    @Bean
    Telemetry telemetry(Variables variables, KafkaSettings kafka) {
        return Telemetry.start(TelemetryOptions.from(variables, SERVICE, Versions.of(KafkaConfig.class), kafka));
    }

    /** Values of histograms name a trace that they were measured in. */
    @Bean
    TraceExemplars exemplars() {
        return new TraceExemplars();
    }

    @Bean
    OtlpMeterRegistry archivedMeters(Telemetry telemetry) {
        return telemetry.meterRegistry();
    }

    @Bean
    Tracer tracer(Telemetry telemetry) {
        return telemetry.tracer("io.voiceagent.ingress");
    }

    /** Decides about traces that clients began. */
    @Bean
    Sampling sampling(Variables variables) {
        return Sampling.from(variables);
    }

    @Bean
    LogHealth logHealth(KafkaSettings kafka) {
        return KafkaProbe.start(kafka, SERVICE + "-probe");
    }

    @Bean(destroyMethod = "dispose")
    Scheduler submitScheduler() {
        return Schedulers.newBoundedElastic(SUBMIT_THREADS, SUBMIT_QUEUE, "submit");
    }

    @Bean
    Producer<String, byte[]> submitProducer(KafkaSettings kafka, Telemetry telemetry) {
        return telemetry.traced(Producers.submit(kafka, SERVICE + "-submit"));
    }

    @Bean
    RequestLog requestLog(Producer<String, byte[]> submitProducer, LogHealth health, Scheduler submitScheduler) {
        return new KafkaRequestLog(submitProducer, health, submitScheduler);
    }

    @Bean
    @Order(0)
    HealthComponent kafkaHealth(LogHealth log) {
        return new HealthComponent("kafka", true, log::up, log::detail);
    }
}
