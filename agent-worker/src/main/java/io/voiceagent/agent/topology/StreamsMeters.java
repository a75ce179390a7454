package io.voiceagent.agent.topology;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.voiceagent.messages.Topics;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;

/**
 * The few of Kafka's own measurements of the stream threads that tell whether the orchestrator keeps up. All of them would be thousands of
 * series. They are of the last 30 s, as Kafka measures.
 *
 * @see <a href="https://kafka.apache.org/documentation/#kafka_streams_monitoring">Monitoring Kafka Streams</a>
 */
final class StreamsMeters {
    private final Supplier<? extends Map<MetricName, ? extends Metric>> metrics;

    private StreamsMeters(Supplier<? extends Map<MetricName, ? extends Metric>> metrics) {
        this.metrics = metrics;
    }

    static void bind(
            Supplier<? extends Map<MetricName, ? extends Metric>> metrics, Stalls stalls, MeterRegistry registry) {
        StreamsMeters meters = new StreamsMeters(metrics);
        meters.threads(registry, "commit-latency-avg", Math::max);
        meters.threads(registry, "commit-latency-max", Math::max);
        meters.threads(registry, "process-latency-max", Math::max);
        meters.threads(registry, "commit-rate", Double::sum);
        for (String topic : List.of(Topics.REQUESTS, Topics.LLM_RESULTS, Topics.TOOL_RESULTS)) {
            Gauge.builder(
                            "voice.agent.orchestrator.lag.records",
                            () -> meters.of(
                                    name -> name.name().equals("records-lag")
                                            && topic.equals(name.tags().get("topic")),
                                    Double::sum))
                    .description("Records of the topic that were fetched or known of and are not taken yet")
                    .tag("topic", topic)
                    .register(registry);
            TimeGauge.builder(
                            "voice.agent.orchestrator.stalled",
                            () -> stalls.longest(topic, meters.lags(topic), System.currentTimeMillis()),
                            TimeUnit.MILLISECONDS)
                    .description("Longest time for which a partition with records that wait has had none of them taken")
                    .tag("topic", topic)
                    .register(registry);
        }
    }

    private Map<TopicPartition, Double> lags(String topic) {
        Map<TopicPartition, Double> lags = new HashMap<>();
        metrics.get().forEach((name, metric) -> {
            String partition = name.tags().get("partition");
            if (name.name().equals("records-lag")
                    && partition != null
                    && topic.equals(name.tags().get("topic"))
                    && metric.metricValue() instanceof Number lag
                    && Double.isFinite(lag.doubleValue())) {
                lags.merge(new TopicPartition(topic, Integer.parseInt(partition)), lag.doubleValue(), Math::max);
            }
        });
        return lags;
    }

    private void threads(MeterRegistry registry, String metric, DoubleBinaryOperator together) {
        Gauge.builder(
                        "voice.agent.streams." + metric.replace('-', '.'),
                        () -> of(
                                name -> name.group().equals("stream-thread-metrics")
                                        && name.name().equals(metric),
                                together))
                .description("Kafka's " + metric + " of the stream threads; latencies in milliseconds")
                .register(registry);
    }

    private double of(Predicate<MetricName> which, DoubleBinaryOperator together) {
        return metrics.get().entrySet().stream()
                .filter(entry -> which.test(entry.getKey()))
                .map(entry -> entry.getValue().metricValue())
                .filter(Number.class::isInstance)
                .mapToDouble(value -> ((Number) value).doubleValue())
                .filter(Double::isFinite)
                .reduce(together)
                .orElse(0);
    }
}
