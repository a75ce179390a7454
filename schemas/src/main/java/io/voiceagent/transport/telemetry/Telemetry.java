package io.voiceagent.transport.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.instrumentation.kafkaclients.v2_6.KafkaTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessorBuilder;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.Producers;
import io.voiceagent.transport.TopicSpecs;
import io.voiceagent.transport.telemetry.SpanCounts.Destination;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;

/**
 * The telemetry of one service: its own OpenTelemetry SDK, never the global one, so that several services can share a
 * JVM and still be told apart.
 *
 * <p>Ended spans of sampled traces leave within 200 ms as OTLP protobuf on {@code otlp_spans}, and by OTLP when an endpoint is set;
 * metrics leave on {@code otlp_metrics}. The trace context on the wire is W3C's. Thread-safe.
 */
public final class Telemetry implements MeterBinder, AutoCloseable {
    private static final Duration EXPORT_DELAY = Duration.ofMillis(200);
    private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(12);
    private static final int BATCH = 512;

    /** Longest text of a span attribute, in characters; what is longer is cut. */
    private static final int MAX_ATTRIBUTE_LENGTH = 4_096;

    private final TelemetryOptions options;
    /** That of the archive first. */
    private final List<SpanCounts> counts;

    private final OpenTelemetrySdk sdk;
    private final KafkaTelemetry kafka;
    private final Producer<String, byte[]> metricsProducer;

    private Telemetry(
            TelemetryOptions options,
            List<SpanCounts> counts,
            OpenTelemetrySdk sdk,
            Producer<String, byte[]> metricsProducer) {
        this.options = options;
        this.counts = counts;
        this.sdk = sdk;
        this.metricsProducer = metricsProducer;
        // A span per poll would belong to no turn
        this.kafka = KafkaTelemetry.builder(sdk)
                .setMessagingReceiveTelemetryEnabled(false)
                .addProducerAttributesExtractors(new SendAttributes())
                .build();
    }

    /** Starts the export. Does not wait for Kafka: spans of before it is there are sent when it is. */
    public static Telemetry start(TelemetryOptions options) {
        String client = options.serviceName() + "-" + options.instanceId();
        List<SpanCounts> counts = new ArrayList<>();
        SdkTracerProviderBuilder tracers = SdkTracerProvider.builder()
                .setIdGenerator(new ForcedIds())
                .setResource(Resource.getDefault().merge(resource(options)))
                .setSampler(options.sampling().sampler())
                .setSpanLimits(SpanLimits.builder()
                        .setMaxAttributeValueLength(MAX_ATTRIBUTE_LENGTH)
                        .build());
        SpanCounts archive = add(counts, Destination.ARCHIVE);
        SpanExporter toKafka = toKafka(options, client + "-spans", Topics.OTLP_SPANS, 0, archive);
        tracers.addSpanProcessor(new BoundedSpanProcessor(batches(toKafka).build(), archive, true));
        if (options.sampling().keepsSome()) {
            SpanCounts undecided = add(counts, Destination.UNDECIDED);
            SpanExporter waiting = toKafka(
                    options,
                    client + "-undecided",
                    Topics.OTLP_SPANS_UNDECIDED,
                    options.kafka().agentPartitions(),
                    undecided);
            tracers.addSpanProcessor(new BoundedSpanProcessor(
                    batches(waiting).setExportUnsampledSpans(true).build(), undecided, false));
        }
        URI endpoint = options.otlpEndpoint();
        if (endpoint != null) {
            SpanCounts otlp = add(counts, Destination.OTLP);
            SpanExporter counted = new CountedSpanExporter(overOtlp(options, endpoint), otlp);
            tracers.addSpanProcessor(new BoundedSpanProcessor(batches(counted).build(), otlp, true));
        }
        OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(tracers.build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
        return new Telemetry(options, counts, sdk, Producers.telemetry(options.kafka(), client + "-metrics"));
    }

    private static SpanCounts add(List<SpanCounts> all, Destination destination) {
        SpanCounts counts = new SpanCounts(destination);
        all.add(counts);
        return counts;
    }

    private static SpanExporter toKafka(
            TelemetryOptions options, String client, String topic, int partitions, SpanCounts counts) {
        return new KafkaSpanExporter(
                Producers.telemetry(options.kafka(), client),
                topic,
                partitions,
                TopicSpecs.MAX_SMALL_RECORD_BYTES / 2,
                counts);
    }

    /** Which traces are recorded. */
    public Sampling sampling() {
        return options.sampling();
    }

    /** What spans may say of what was said. */
    public MessageText messageText() {
        return options.messageText();
    }

    /** This service's OpenTelemetry, for instrumentation libraries. */
    public OpenTelemetry openTelemetry() {
        return sdk;
    }

    /** @param scope who instruments, by convention a package name */
    public Tracer tracer(String scope) {
        return sdk.getTracer(scope);
    }

    /**
     * The same producer, with a span {@code <topic> publish} for each record, whose context goes into the record's
     * headers. Not for token frames: a span per frame would cost more than the frame.
     */
    public <K, V> Producer<K, V> traced(Producer<K, V> producer) {
        return kafka.wrap(producer);
    }

    /** The same consumer, with a span {@code <topic> process} while each record is iterated. */
    public <K, V> Consumer<K, V> traced(Consumer<K, V> consumer) {
        return kafka.wrap(consumer);
    }

    /**
     * A new registry that sends its meters to {@code otlp_metrics} every {@link TelemetryOptions#metricsInterval()}. The
     * caller closes it, before this telemetry.
     */
    public OtlpMeterRegistry meterRegistry() {
        return KafkaMetrics.registry(options, resourceAttributes(options), metricsProducer, Topics.OTLP_METRICS);
    }

    /** Sends what has ended so far; true when all of it was acknowledged in time. */
    public boolean flush(Duration atMost) {
        return sdk.getSdkTracerProvider()
                .forceFlush()
                .join(atMost.toMillis(), TimeUnit.MILLISECONDS)
                .isSuccess();
    }

    /** Spans that Kafka has acknowledged. */
    public long spansExported() {
        return counts.getFirst().exported();
    }

    /** Spans that will not be archived: the queue was full, a span too large, or Kafka away for too long. */
    public long spansLost() {
        return counts.getFirst().lost();
    }

    /**
     * Registers {@code voice.agent.telemetry.spans.exported}, {@code voice.agent.telemetry.spans.lost} and {@code
     * voice.agent.telemetry.spans.waiting}, by destination.
     */
    @Override
    public void bindTo(MeterRegistry registry) {
        counts.forEach(each -> each.bindTo(registry));
    }

    /** Sends what is left, for 5 s at most. */
    @Override
    public void close() {
        sdk.getSdkTracerProvider().shutdown().join(5, TimeUnit.SECONDS);
        metricsProducer.close(Duration.ofSeconds(3));
    }

    private static BatchSpanProcessorBuilder batches(SpanExporter exporter) {
        return BatchSpanProcessor.builder(exporter)
                .setScheduleDelay(EXPORT_DELAY)
                .setExporterTimeout(EXPORT_TIMEOUT)
                .setMaxQueueSize(SpanCounts.MAX_WAITING + BATCH)
                .setMaxExportBatchSize(BATCH);
    }

    private static SpanExporter overOtlp(TelemetryOptions options, URI endpoint) {
        return switch (options.otlpProtocol()) {
            case GRPC ->
                OtlpGrpcSpanExporter.builder().setEndpoint(endpoint.toString()).build();
            case HTTP_PROTOBUF ->
                OtlpHttpSpanExporter.builder()
                        .setEndpoint(TelemetryOptions.signalUrl(endpoint, "v1/traces"))
                        .build();
        };
    }

    private static Resource resource(TelemetryOptions options) {
        var attributes = Attributes.builder();
        resourceAttributes(options).forEach(attributes::put);
        return Resource.create(attributes.build());
    }

    private static Map<String, String> resourceAttributes(TelemetryOptions options) {
        return Map.of(
                "service.name", options.serviceName(),
                "service.version", options.serviceVersion(),
                "service.instance.id", options.instanceId());
    }
}
