package io.voiceagent.transport;

import io.voiceagent.messages.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every topic of the pipeline and how it is made.
 *
 * <p>All topics take the broker's time at append, so that places in the log can be found by time and no producer's clock
 * counts.
 */
public final class TopicSpecs {
    /** Largest record, uncompressed, on the topics that carry whole contexts: requests, calls, results and steps. */
    public static final int MAX_RECORD_BYTES = 4 << 20;

    /** Largest record, uncompressed, on all other topics. */
    public static final int MAX_SMALL_RECORD_BYTES = 1 << 20;

    /** Room for keys, headers and the batch around a record. */
    private static final int BATCH_OVERHEAD_BYTES = 64 << 10;

    private static final Duration REQUESTS_KEPT = Duration.ofDays(7);
    private static final Duration CALLS_KEPT = Duration.ofHours(24);
    private static final Duration STREAM_KEPT = Duration.ofHours(72);
    private static final Duration WORKERS_KEPT = Duration.ofMinutes(10);
    private static final Duration USAGE_KEPT = Duration.ofDays(3);
    private static final Duration USAGE_SEGMENT = Duration.ofHours(1);
    private static final Duration TELEMETRY_KEPT = Duration.ofDays(3);
    private static final Duration UNDECIDED_KEPT = Duration.ofHours(1);
    private static final Duration DEAD_LETTERS_KEPT = Duration.ofDays(30);

    /** Topics with a reader that may give up on a record. */
    private static final List<String> WITH_DEAD_LETTERS = List.of(
            Topics.REQUESTS,
            Topics.LLM_CALLS,
            Topics.TOOL_CALLS,
            Topics.LLM_RESULTS,
            Topics.TOOL_RESULTS,
            Topics.STEPS,
            Topics.STREAM,
            Topics.OTLP_SPANS,
            Topics.OTLP_METRICS);

    private TopicSpecs() {}

    /** All topics, for these settings. */
    public static List<TopicSpec> all(KafkaSettings settings) {
        List<TopicSpec> specs = new ArrayList<>();
        for (String topic : List.of(Topics.REQUESTS, Topics.LLM_RESULTS, Topics.TOOL_RESULTS, Topics.STEPS)) {
            specs.add(byConversation(settings, topic, kept(REQUESTS_KEPT, MAX_RECORD_BYTES)));
        }
        specs.add(byConversation(settings, Topics.STREAM, kept(STREAM_KEPT, MAX_SMALL_RECORD_BYTES)));
        for (String topic : List.of(Topics.LLM_CALLS, Topics.TOOL_CALLS)) {
            Map<String, String> configs = kept(CALLS_KEPT, MAX_RECORD_BYTES);
            // A call repeats the whole context of its turn
            configs.put("compression.type", "zstd");
            specs.add(spec(settings, topic, settings.callPartitions(), "CALL_PARTITIONS", configs));
        }
        Map<String, String> workers = kept(WORKERS_KEPT, MAX_SMALL_RECORD_BYTES);
        // Without it the one segment would stay for days, since only closed ones are deleted
        workers.put("segment.ms", Long.toString(WORKERS_KEPT.dividedBy(2).toMillis()));
        specs.add(spec(settings, Topics.WORKERS, 1, null, workers));
        specs.add(spec(settings, Topics.TOOLS, 1, null, compacted()));
        specs.add(byConversation(settings, Topics.USAGE, totals()));
        for (String topic : List.of(Topics.OTLP_SPANS, Topics.OTLP_METRICS)) {
            specs.add(byConversation(settings, topic, kept(TELEMETRY_KEPT, MAX_SMALL_RECORD_BYTES)));
        }
        Map<String, String> undecided = kept(UNDECIDED_KEPT, MAX_SMALL_RECORD_BYTES);
        undecided.put("segment.ms", Long.toString(UNDECIDED_KEPT.dividedBy(2).toMillis()));
        specs.add(byConversation(settings, Topics.OTLP_SPANS_UNDECIDED, undecided));
        for (String topic : WITH_DEAD_LETTERS) {
            specs.add(spec(settings, Topics.deadLetters(topic), 1, null, kept(DEAD_LETTERS_KEPT, MAX_RECORD_BYTES)));
        }
        return specs;
    }

    private static TopicSpec byConversation(KafkaSettings settings, String topic, Map<String, String> configs) {
        return spec(settings, topic, settings.agentPartitions(), "AGENT_PARTITIONS", configs);
    }

    private static TopicSpec spec(
            KafkaSettings settings,
            String topic,
            int partitions,
            @Nullable String variable,
            Map<String, String> configs) {
        configs.put("message.timestamp.type", "LogAppendTime");
        configs.put("min.insync.replicas", Integer.toString(settings.minInsyncReplicas()));
        return new TopicSpec(topic, partitions, variable, configs);
    }

    private static Map<String, String> kept(Duration time, int maxRecordBytes) {
        Map<String, String> configs = new HashMap<>();
        configs.put("cleanup.policy", "delete");
        configs.put("retention.ms", Long.toString(time.toMillis()));
        configs.put("max.message.bytes", Integer.toString(maxRecordBytes + BATCH_OVERHEAD_BYTES));
        return configs;
    }

    /** Only the last total of a day counts, and no day for long. */
    private static Map<String, String> totals() {
        Map<String, String> configs = kept(USAGE_KEPT, MAX_SMALL_RECORD_BYTES);
        configs.put("cleanup.policy", "compact,delete");
        // The segment that is written to is not compacted
        configs.put("segment.ms", Long.toString(USAGE_SEGMENT.toMillis()));
        return configs;
    }

    private static Map<String, String> compacted() {
        Map<String, String> configs = new HashMap<>();
        configs.put("cleanup.policy", "compact");
        configs.put("max.message.bytes", Integer.toString(MAX_SMALL_RECORD_BYTES + BATCH_OVERHEAD_BYTES));
        return configs;
    }
}
