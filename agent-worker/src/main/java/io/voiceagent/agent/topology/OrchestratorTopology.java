package io.voiceagent.agent.topology;

import io.voiceagent.agent.core.Census;
import io.voiceagent.agent.core.Limits;
import io.voiceagent.agent.core.Shares;
import io.voiceagent.messages.Request.Registration.Kind;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.Topics;
import io.voiceagent.transport.TopicSpecs;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The orchestrator's topology.
 *
 * <pre>
 * agent.requests ─┐              ┌─▶ agent.steps
 * llm.results ────┼─▶ turns ─────┼─▶ llm.calls, tool.calls   (the owner's partition)
 * tool.results ───┘    │ │       └─▶ *.dlt
 *             open-turns ended-turns conversations submissions-by-key submissions-by-body
 * </pre>
 *
 * One processor, because one conversation is one partition of all inputs, and whatever is decided about it must be decided in
 * one place.
 */
public final class OrchestratorTopology implements Supplier<Topology> {
    static final String PROCESSOR = "turns";
    static final String STEPS_SINK = "steps";
    static final String LLM_CALLS_SINK = "llm-calls";
    static final String TOOL_CALLS_SINK = "tool-calls";
    static final String USAGE_SINK = "usage";

    private static final List<String> INPUTS = List.of(Topics.REQUESTS, Topics.LLM_RESULTS, Topics.TOOL_RESULTS);
    private static final StreamPartitioner<String, Outgoing> CHOSEN = (topic, key, value, partitions) ->
            value.partition() == null ? Optional.empty() : Optional.of(Set.of(value.partition()));

    /**
     * What the processors share.
     *
     * @param shares how slots are shared among tenants
     * @param tools the catalogue as it is now, by name
     * @param retention how long a turn that is over is kept, counted from its submission
     */
    public record Parts(
            Limits limits,
            Shares shares,
            Census census,
            Supplier<Map<String, ToolDescription>> tools,
            TurnTraces traces,
            OrchestratorMetrics metrics,
            Duration retention) {}

    private final Parts parts;

    public OrchestratorTopology(Parts parts) {
        this.parts = parts;
    }

    static String deadLettersSink(String topic) {
        return Topics.deadLetters(topic);
    }

    @Override
    public Topology get() {
        Topology topology = new Topology();
        for (String input : INPUTS) {
            topology.addSource(input, new StringDeserializer(), new ByteArrayDeserializer(), input);
        }
        topology.addProcessor(PROCESSOR, () -> new TurnProcessor(parts), INPUTS.toArray(String[]::new));
        topology.addStateStore(openTurns(), PROCESSOR);
        topology.addStateStore(endedTurns(), PROCESSOR);
        topology.addStateStore(windows(ConversationStore.NAME, parts.retention()), PROCESSOR);
        topology.addStateStore(windows(SubmissionStore.BY_KEY, SubmissionStore.retention(Kind.KEY)), PROCESSOR);
        topology.addStateStore(windows(SubmissionStore.BY_BODY, SubmissionStore.retention(Kind.RETRY)), PROCESSOR);
        topology.addStateStore(windows(UsageStore.DAYS, UsageStore.RETENTION), PROCESSOR);
        topology.addStateStore(windows(UsageStore.ACCOUNTS, UsageStore.RETENTION), PROCESSOR);
        sink(topology, STEPS_SINK, Topics.STEPS);
        sink(topology, LLM_CALLS_SINK, Topics.LLM_CALLS);
        sink(topology, TOOL_CALLS_SINK, Topics.TOOL_CALLS);
        sink(topology, USAGE_SINK, Topics.USAGE);
        INPUTS.forEach(input -> sink(topology, deadLettersSink(input), Topics.deadLetters(input)));
        return topology;
    }

    private static void sink(Topology topology, String name, String topic) {
        topology.addSink(name, topic, new StringSerializer(), Outgoing.serializer(), CHOSEN, PROCESSOR);
    }

    private static StoreBuilder<KeyValueStore<String, byte[]>> openTurns() {
        return Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(TurnStore.OPEN), Serdes.String(), Serdes.ByteArray())
                .withCachingDisabled()
                .withLoggingEnabled(changelog());
    }

    private StoreBuilder<WindowStore<String, byte[]>> endedTurns() {
        return windows(TurnStore.ENDED, parts.retention());
    }

    private static StoreBuilder<WindowStore<String, byte[]>> windows(String name, Duration retention) {
        return Stores.windowStoreBuilder(
                        Stores.persistentWindowStore(name, retention, Duration.ofMillis(1), false),
                        Serdes.String(),
                        Serdes.ByteArray())
                .withCachingDisabled()
                .withLoggingEnabled(changelog());
    }

    /** The broker's default record size is smaller than what a turn may be. */
    private static Map<String, String> changelog() {
        return Map.of("max.message.bytes", Integer.toString(TopicSpecs.MAX_RECORD_BYTES + (64 << 10)));
    }
}
