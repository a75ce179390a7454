package io.voiceagent.ingress.web;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.registry.otlp.OtlpConfig;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.voiceagent.ingress.config.IngressSettings;
import io.voiceagent.ingress.config.WebConfig;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Variables;
import io.voiceagent.transport.telemetry.Sampling;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.web.reactive.function.client.WebClient;

/** The real HTTP server with all its filters, on a free port, before ports that a test plays. */
public final class WebHarness implements AutoCloseable {
    public static final String ACME = "acme-key-0123456789";
    public static final String GLOBEX = "globex-key-0123456789";
    static final String MODEL = "test-model";

    final FakeResponses responses = new FakeResponses();
    final FakeRequestLog log = new FakeRequestLog();
    final AtomicBoolean kafkaUp = new AtomicBoolean(true);
    final AtomicBoolean postgresUp = new AtomicBoolean(true);
    final List<SpanData> spans = new CopyOnWriteArrayList<>();

    private final ConfigurableApplicationContext context;

    private WebHarness(Map<String, String> more, Class<?>... beans) {
        List<String> arguments = new ArrayList<>();
        arguments.add("--PORT=0");
        arguments.add("--BIND_ADDRESS=127.0.0.1");
        more.forEach((name, value) -> arguments.add("--" + name + "=" + value));
        this.context = new SpringApplicationBuilder(Ports.class)
                .web(WebApplicationType.REACTIVE)
                .properties("spring.config.name=ingress-api")
                .sources(beans)
                .initializers(c -> c.getBeanFactory().registerSingleton("harness", this))
                .run(arguments.toArray(String[]::new));
    }

    /** @param beans are added to the server's own */
    static WebHarness start(Map<String, String> more, Class<?>... beans) {
        return new WebHarness(more, beans);
    }

    static WebHarness start() {
        return start(Map.of());
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));
    }

    /** A client without a key. */
    WebTestClient anonymous() {
        return WebTestClient.bindToServer()
                .baseUrl(uri().toString())
                .responseTimeout(Duration.ofSeconds(30))
                .build();
    }

    WebTestClient client(String key) {
        return anonymous()
                .mutate()
                .defaultHeader("Authorization", "Bearer " + key)
                .build();
    }

    /** A client whose requests can be broken off. */
    WebClient webClient() {
        return WebClient.builder()
                .baseUrl(uri().toString())
                .defaultHeader("Authorization", "Bearer " + ACME)
                .build();
    }

    /** All meters. */
    MeterRegistry meters() {
        return context.getBean(MeterRegistry.class);
    }

    /** The registry whose meters are archived. */
    MeterRegistry archive() {
        return context.getBean(OtlpMeterRegistry.class);
    }

    void clear() {
        responses.clear();
        log.clear();
        spans.clear();
        kafkaUp.set(true);
        postgresUp.set(true);
    }

    @Override
    public void close() {
        context.close();
    }

    private SpanExporter exporter() {
        return new SpanExporter() {
            @Override
            public CompletableResultCode export(Collection<SpanData> ended) {
                spans.addAll(ended);
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode flush() {
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode shutdown() {
                return CompletableResultCode.ofSuccess();
            }
        };
    }

    /** The ports, and what they need. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(WebConfig.class)
    static class Ports {
        @Bean
        IngressSettings settings(org.springframework.core.env.Environment environment) {
            return IngressSettings.from(Variables.of(name -> switch (name) {
                case "API_KEYS" -> "acme:%s,globex:%s".formatted(ACME, GLOBEX);
                case "RESPONSE_ID_KEYS" -> "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
                case "LLM_MODEL" -> MODEL;
                default -> environment.getProperty(name);
            }));
        }

        @Bean
        KafkaSettings kafka() {
            return KafkaSettings.local("localhost:9092", 4, 4);
        }

        /** Not the ones that all share: the end of another server would take them away from this one. */
        @Bean
        ReactorResourceFactory ownThreads() {
            ReactorResourceFactory threads = new ReactorResourceFactory();
            threads.setUseGlobalResources(false);
            return threads;
        }

        @Bean
        FakeResponses responses(WebHarness harness) {
            return harness.responses;
        }

        @Bean
        FakeRequestLog log(WebHarness harness) {
            return harness.log;
        }

        @Bean
        FakeCatalogue catalogue() {
            return FakeCatalogue.of("calculator", "current_time");
        }

        @Bean
        HealthComponent kafkaHealth(WebHarness harness) {
            return new HealthComponent("kafka", true, harness.kafkaUp::get, () -> "told so by a test");
        }

        @Bean
        HealthComponent postgresHealth(WebHarness harness) {
            return new HealthComponent("postgres", false, harness.postgresUp::get, () -> "told so by a test");
        }

        @Bean
        Tracer tracer(WebHarness harness) {
            return SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(harness.exporter()))
                    .build()
                    .get("test");
        }

        @Bean
        Sampling sampling(org.springframework.core.env.Environment environment) {
            return Sampling.from(Variables.of(environment::getProperty));
        }

        @Bean
        OtlpMeterRegistry archive() {
            return new OtlpMeterRegistry((OtlpConfig) key -> key.endsWith(".enabled") ? "false" : null, Clock.SYSTEM);
        }
    }
}
