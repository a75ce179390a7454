package io.voiceagent.transport.telemetry;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.Variables;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a service says of itself and where its spans and metrics go.
 *
 * @param serviceName resource attribute {@code service.name}, such as {@code voice-agent-api}
 * @param serviceVersion resource attribute {@code service.version}
 * @param instanceId resource attribute {@code service.instance.id}, unique to this process and service
 * @param kafka where {@code otlp_spans} and {@code otlp_metrics} are
 * @param sampling which traces are recorded
 * @param messageText what spans may say of what was said
 * @param otlpEndpoint where spans go by OTLP as well, or null for Kafka alone
 * @param otlpProtocol how they go there
 * @param metricsOverOtlp whether metrics go to the endpoint as well (by HTTP only); Jaeger, for one, takes none
 * @param metricsInterval how often metrics are sent; 1 s to 10 min
 * @see <a href="https://opentelemetry.io/docs/specs/otel/protocol/exporter/">OTLP exporter variables</a>
 */
public record TelemetryOptions(
        String serviceName,
        String serviceVersion,
        String instanceId,
        KafkaSettings kafka,
        Sampling sampling,
        MessageText messageText,
        @Nullable URI otlpEndpoint,
        OtlpProtocol otlpProtocol,
        boolean metricsOverOtlp,
        Duration metricsInterval) {

    /** Encoding and transport of OTLP. */
    public enum OtlpProtocol {
        HTTP_PROTOBUF,
        GRPC
    }

    public TelemetryOptions {
        if (metricsInterval.compareTo(Duration.ofSeconds(1)) < 0
                || metricsInterval.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new InvalidSettingException(
                    "METRICS_INTERVAL_SECONDS", "is " + metricsInterval.toSeconds(), "Use 1 to 600");
        }
    }

    /**
     * Reads what {@link Sampling#from} does, {@code TRACE_MESSAGE_TEXT}, {@code OTEL_EXPORTER_OTLP_ENDPOINT}, {@code OTEL_EXPORTER_OTLP_PROTOCOL},
     * {@code OTEL_METRICS_EXPORTER} ({@code otlp} or {@code none}), {@code METRICS_INTERVAL_SECONDS} and {@code
     * INSTANCE_ID} (otherwise random).
     *
     * @throws InvalidSettingException naming the variable and the remedy
     */
    public static TelemetryOptions from(
            Variables variables, String serviceName, String serviceVersion, KafkaSettings kafka) {
        URI endpoint = endpoint(variables);
        return new TelemetryOptions(
                serviceName,
                serviceVersion,
                variables.text("INSTANCE_ID", UUID.randomUUID().toString()),
                kafka,
                Sampling.from(variables),
                new MessageText(variables
                        .oneOf("TRACE_MESSAGE_TEXT", "false", Set.of("true", "false"))
                        .equals("true")),
                endpoint,
                protocol(variables, endpoint),
                variables
                        .oneOf("OTEL_METRICS_EXPORTER", "otlp", Set.of("otlp", "none"))
                        .equals("otlp"),
                Duration.ofSeconds(variables.integer("METRICS_INTERVAL_SECONDS", 10, 1, 600)));
    }

    /** Where metrics go by OTLP over HTTP, or null. */
    @Nullable
    String otlpMetricsUrl() {
        return otlpEndpoint == null || !metricsOverOtlp || otlpProtocol != OtlpProtocol.HTTP_PROTOBUF
                ? null
                : signalUrl(otlpEndpoint, "v1/metrics");
    }

    /** The base endpoint with the path of a signal after its own. */
    static String signalUrl(URI endpoint, String path) {
        String base = endpoint.toString();
        return base.endsWith("/") ? base + path : base + "/" + path;
    }

    private static @Nullable URI endpoint(Variables variables) {
        String value = variables.find("OTEL_EXPORTER_OTLP_ENDPOINT");
        if (value == null) {
            return null;
        }
        try {
            URI endpoint = new URI(value);
            if (Set.of("http", "https").contains(String.valueOf(endpoint.getScheme())) && endpoint.getHost() != null) {
                return endpoint;
            }
        } catch (URISyntaxException e) {
            throw notAnEndpoint(value);
        }
        throw notAnEndpoint(value);
    }

    private static InvalidSettingException notAnEndpoint(String value) {
        return new InvalidSettingException(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "is \"%s\", which is not an http(s) URL".formatted(value),
                "Use for example http://collector:4318, or leave it out to export to Kafka alone");
    }

    /** As said, or gRPC on its registered port 4317, or HTTP. */
    private static OtlpProtocol protocol(Variables variables, @Nullable URI endpoint) {
        String byPort = endpoint != null && endpoint.getPort() == 4317 ? "grpc" : "http/protobuf";
        String value = variables.oneOf("OTEL_EXPORTER_OTLP_PROTOCOL", byPort, Set.of("grpc", "http/protobuf"));
        return value.equals("grpc") ? OtlpProtocol.GRPC : OtlpProtocol.HTTP_PROTOBUF;
    }
}
