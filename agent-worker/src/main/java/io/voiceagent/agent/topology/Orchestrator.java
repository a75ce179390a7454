package io.voiceagent.agent.topology;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.voiceagent.agent.core.Census;
import io.voiceagent.messages.Stage;
import io.voiceagent.transport.KafkaSettings;
import io.voiceagent.transport.PassedOver;
import io.voiceagent.transport.TopicSpecs;
import io.voiceagent.transport.crash.CrashPoint;
import java.time.Duration;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running orchestrator: the topology, its view of the workers, and the writer of seals. */
public final class Orchestrator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Orchestrator.class);
    /** Consumer group of all orchestrators. */
    static final String APPLICATION = "voice-agent-orchestrator";

    private static final Duration TOOLS_WITHIN = Duration.ofSeconds(30);
    /** An orchestrator not heard of for so long is replaced. */
    private static final int SESSION_MILLIS = 6_000;

    private static final int HEARTBEAT_MILLIS = 200;

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(8);

    private final KafkaStreams streams;
    private final Surroundings surroundings;
    private final Sealer sealer;
    private final Census census;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Orchestrator(KafkaStreams streams, Surroundings surroundings, Sealer sealer, Census census) {
        this.streams = streams;
        this.surroundings = surroundings;
        this.sealer = sealer;
        this.census = census;
    }

    /**
     * Starts it; returns when the catalogue has been read and the stream threads begin. The topics must be there.
     *
     * @throws IllegalStateException when the catalogue can't be read
     */
    public static Orchestrator start(
            OrchestratorOptions options, KafkaSettings kafka, Tracer tracer, MeterRegistry registry)
            throws InterruptedException {
        String incarnation = UUID.randomUUID().toString();
        Census census = new Census(incarnation);
        PassedOver passedOver = new PassedOver(registry);
        Surroundings surroundings =
                new Surroundings(kafka, incarnation, options.version(), census, System::currentTimeMillis, passedOver);
        surroundings.start();
        if (!surroundings.awaitTools(TOOLS_WITHIN)) {
            surroundings.close();
            throw new IllegalStateException(
                    "The catalogue of tools could not be read within %s: is Kafka there?".formatted(TOOLS_WITHIN));
        }
        OrchestratorTopology.Parts parts = new OrchestratorTopology.Parts(
                options.limits(),
                options.shares(),
                census,
                surroundings::tools,
                new TurnTraces(tracer),
                new OrchestratorMetrics(registry),
                options.retention());
        KafkaStreams streams =
                new KafkaStreams(new OrchestratorTopology(parts).get(), properties(options, kafka, incarnation));
        streams.setUncaughtExceptionHandler(failure -> {
            LOG.error("A stream thread failed and is replaced", failure);
            registry.counter("voice.agent.stream.threads.replaced").increment();
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        for (Stage stage : Stage.values()) {
            Gauge.builder("voice.agent.slots.free", () -> census.freeSlots(stage, System.currentTimeMillis()))
                    .description("Free slots of the workers that announced themselves freshly")
                    .tag("stage", OrchestratorMetrics.name(stage))
                    .register(registry);
        }
        StreamsMeters.bind(streams::metrics, parts.metrics().stalls(), registry);
        Sealer sealer = new Sealer(kafka, incarnation, registry, passedOver);
        Orchestrator orchestrator = new Orchestrator(streams, surroundings, sealer, census);
        streams.start();
        sealer.start();
        return orchestrator;
    }

    /** Whether all partitions that are ours are worked on. */
    public boolean isRunning() {
        return streams.state() == KafkaStreams.State.RUNNING;
    }

    /** State of the stream threads, for people. */
    public String state() {
        return streams.state().name();
    }

    /** Whether announcements come through: without them calls wait and no dead worker is noticed. */
    public boolean hearsWorkers() {
        return census.hears(System.currentTimeMillis());
    }

    /** Leaves the group, so that the next start need not wait for a session to run out. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        boolean clean =
                streams.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                        .withTimeout(CLOSE_WITHIN));
        if (!clean) {
            LOG.warn("The stream threads did not end within {}", CLOSE_WITHIN);
        }
        sealer.close();
        surroundings.close();
    }

    /** As measured: with these, a hop takes 12 ms; with the defaults, 100 ms and more. */
    static Properties properties(OrchestratorOptions options, KafkaSettings kafka, String incarnation) {
        Properties properties = new Properties();
        properties.putAll(kafka.clientProperties());
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
        properties.put(StreamsConfig.CLIENT_ID_CONFIG, "orchestrator-" + incarnation);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, options.stateDir().toString());
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.threads());
        properties.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, options.standbys());
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, kafka.replicationFactor());
        properties.put(StreamsConfig.topicPrefix("min.insync.replicas"), kafka.minInsyncReplicas());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 10);
        // A poll must not outlast the commit interval, or a quiet partition's record waits for its commit until the
        // poll is over
        properties.put(StreamsConfig.POLL_MS_CONFIG, 10);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksMemory.class);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 0);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION), 1);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.RETRY_BACKOFF_MS_CONFIG), 2);
        properties.put(
                StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
                TopicSpecs.MAX_RECORD_BYTES + (32 << 10));
        // What a dead orchestrator has begun holds readers back until it times out: no longer than its session
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), SESSION_MILLIS);
        properties.put(StreamsConfig.mainConsumerPrefix("auto.offset.reset"), "earliest");
        properties.put(StreamsConfig.consumerPrefix("session.timeout.ms"), SESSION_MILLIS);
        // A member learns by its heartbeat that another has left or come: until then the partitions of who left rest
        properties.put(StreamsConfig.consumerPrefix("heartbeat.interval.ms"), HEARTBEAT_MILLIS);
        if (CrashPoint.watched()) {
            properties.put(StreamsConfig.DEFAULT_CLIENT_SUPPLIER_CONFIG, CommitPoints.class);
        }
        return properties;
    }
}
