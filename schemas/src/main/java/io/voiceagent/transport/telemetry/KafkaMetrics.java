package io.voiceagent.transport.telemetry;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.ipc.http.HttpUrlConnectionSender;
import io.micrometer.registry.otlp.OtlpConfig;
import io.micrometer.registry.otlp.OtlpHttpMetricsSender;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.micrometer.registry.otlp.OtlpMetricsSender;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A meter registry whose metrics go to a Kafka topic, each record the bytes of one OTLP {@code
 * ExportMetricsServiceRequest} with a null key; cumulative, times in milliseconds.
 *
 * <p>Meters of the Kafka clients are left out: there are hundreds per client, and Prometheus has them.
 */
final class KafkaMetrics {
    /** Meters per record, so that a record stays well below the topic's limit. */
    private static final int BATCH = 500;

    private KafkaMetrics() {}

    static OtlpMeterRegistry registry(
            TelemetryOptions options, Map<String, String> resource, Producer<String, byte[]> producer, String topic) {
        OtlpMeterRegistry registry = OtlpMeterRegistry.builder(new Config(options, resource))
                .clock(Clock.SYSTEM)
                .metricsSender(sender(options, producer, topic))
                .build();
        registry.config().meterFilter(MeterFilter.denyNameStartsWith("kafka."));
        return registry;
    }

    private static OtlpMetricsSender sender(TelemetryOptions options, Producer<String, byte[]> producer, String topic) {
        OncePerMinute warning = new OncePerMinute(LoggerFactory.getLogger(KafkaMetrics.class), System::nanoTime);
        OtlpMetricsSender toKafka =
                request -> producer.send(new ProducerRecord<>(topic, request.getMetricsData()), (metadata, error) -> {
                    if (error != null) {
                        warning.warn("Metrics could not be sent to " + topic, error);
                    }
                });
        String url = options.otlpMetricsUrl();
        if (url == null) {
            return toKafka;
        }
        OtlpMetricsSender overHttp =
                new OtlpHttpMetricsSender(new HttpUrlConnectionSender(Duration.ofSeconds(1), Duration.ofSeconds(5)));
        return request -> {
            toKafka.send(request);
            try {
                overHttp.send(request);
            } catch (Exception e) {
                warning.warn("Metrics could not be sent to " + url, e);
            }
        };
    }

    private record Config(TelemetryOptions options, Map<String, String> resource) implements OtlpConfig {
        @Override
        public @Nullable String get(String key) {
            return null;
        }

        @Override
        public String url() {
            String url = options.otlpMetricsUrl();
            return url == null ? OtlpConfig.super.url() : url;
        }

        @Override
        public Duration step() {
            return options.metricsInterval();
        }

        @Override
        public int batchSize() {
            return BATCH;
        }

        @Override
        public Map<String, String> resourceAttributes() {
            return resource;
        }
    }
}
