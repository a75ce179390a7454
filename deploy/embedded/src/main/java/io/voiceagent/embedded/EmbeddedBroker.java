package io.voiceagent.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka broker and its KRaft controller in this JVM, on 127.0.0.1, without replication and without authentication.
 *
 * <p>It is the real server from Kafka's own jars, so transactions, groups and retention behave as in production; only
 * sizes are those of one machine. Everything it stores, its cluster id included, is in the data directory, so a broker
 * started again on the same directory goes on where the last one ended. Topics are never created by mere use: whoever
 * needs one creates it with the configuration it must have.
 */
public final class EmbeddedBroker implements AutoCloseable {

    /** Largest record batch that the broker takes, in bytes. */
    public static final int MESSAGE_MAX_BYTES = 8 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);
    private static final int NODE_ID = 1;
    private static final int BIND_ATTEMPTS = 5;

    private final KafkaRaftServer server;
    private final int port;

    private EmbeddedBroker(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /**
     * Starts a broker and returns when clients can use it.
     *
     * @param dataDir where logs and the cluster id are kept; created when absent
     * @param port the port on 127.0.0.1; 0 takes a free one, which may be another one at the next start
     * @throws EmbeddedServerException if the port is busy, or the directory is in use or cannot be written
     */
    public static EmbeddedBroker start(Path dataDir, int port) {
        return start(dataDir, port, Map.of());
    }

    /**
     * Starts a broker with configuration of its own.
     *
     * @param overrides broker configuration by Kafka's names, which wins over the defaults of this class
     * @see #start(Path, int)
     */
    public static EmbeddedBroker start(Path dataDir, int port, Map<String, String> overrides) {
        String clusterId = clusterId(dataDir);
        for (int attempt = 1; ; attempt++) {
            Ports.Pair ports = Ports.usablePair(port, "The broker");
            try {
                return launch(dataDir, clusterId, ports.first(), ports.second(), overrides);
            } catch (Exception e) {
                // A port that was free a moment ago may be gone: another try costs less than a port that is held open.
                if (attempt == BIND_ATTEMPTS || !causedBy(e, BindException.class)) {
                    throw new EmbeddedServerException(
                            "The broker did not start on " + dataDir + ": " + e.getMessage(), e);
                }
                LOG.debug("Port {} or {} was taken meanwhile, trying again", ports.first(), ports.second(), e);
            }
        }
    }

    /** The address for {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return Ports.LOOPBACK + ":" + port;
    }

    /** Stops the broker; everything it acknowledged is in the data directory. Takes about a second. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    private static EmbeddedBroker launch(
            Path dataDir, String clusterId, int port, int controllerPort, Map<String, String> overrides)
            throws Exception {
        Files.createDirectories(dataDir);
        Map<String, String> config = config(dataDir, port, controllerPort);
        config.putAll(overrides);
        format(dataDir, clusterId);

        var server = new KafkaRaftServer(new KafkaConfig(config, false), Time.SYSTEM);
        try {
            server.startup();
        } catch (Exception e) {
            server.shutdown();
            server.awaitShutdown();
            throw e;
        }
        LOG.info("Broker ready on {}:{}, data in {}", Ports.LOOPBACK, port, dataDir);
        return new EmbeddedBroker(server, port);
    }

    private static Map<String, String> config(Path dataDir, int port, int controllerPort) {
        var config = new HashMap<String, String>();
        config.put("process.roles", "broker,controller");
        config.put("node.id", Integer.toString(NODE_ID));
        config.put("controller.quorum.voters", NODE_ID + "@" + Ports.LOOPBACK + ":" + controllerPort);
        config.put("controller.listener.names", "CONTROLLER");
        config.put("inter.broker.listener.name", "CLIENT");
        config.put("listener.security.protocol.map", "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        config.put(
                "listeners",
                "CLIENT://" + Ports.LOOPBACK + ":" + port + ",CONTROLLER://" + Ports.LOOPBACK + ":" + controllerPort);
        config.put("advertised.listeners", "CLIENT://" + Ports.LOOPBACK + ":" + port);
        config.put("log.dirs", dataDir.toString());

        config.put("auto.create.topics.enable", "false");
        config.put("log.message.timestamp.type", "LogAppendTime");
        config.put("message.max.bytes", Integer.toString(MESSAGE_MAX_BYTES));
        // A crashed writer's open transaction holds back every read_committed reader until it is aborted.
        config.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");
        config.put("group.initial.rebalance.delay.ms", "0");

        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            config.put(topic + ".replication.factor", "1");
            config.put(topic + ".num.partitions", "4");
        }
        config.put("transaction.state.log.min.isr", "1");
        config.put("share.coordinator.state.topic.min.isr", "1");

        // Buffers and threads for one machine instead of a cluster's node
        config.put("num.network.threads", "2");
        config.put("num.io.threads", "4");
        config.put("background.threads", "2");
        config.put("log.cleaner.dedupe.buffer.size", "4194304");
        config.put("log.segment.bytes", "134217728");
        config.put("log.index.size.max.bytes", "1048576");
        return config;
    }

    private static void format(Path dataDir, String clusterId) throws Exception {
        new Formatter()
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                .setNodeId(NODE_ID)
                .setClusterId(clusterId)
                .setIgnoreFormatted(true)
                .setControllerListenerName("CONTROLLER")
                .setHasDynamicQuorum(false)
                .setDirectories(List.of(dataDir.toString()))
                .setMetadataLogDirectory(dataDir.toString())
                .run();
    }

    /** The id that the directory was formatted with: a broker refuses a directory of another cluster. */
    private static String clusterId(Path dataDir) {
        Path file = dataDir.resolve("meta.properties");
        if (!Files.exists(file)) {
            return Uuid.randomUuid().toString();
        }
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException e) {
            throw new EmbeddedServerException("The broker's " + file + " cannot be read: " + e.getMessage(), e);
        }
        String id = properties.getProperty("cluster.id");
        if (id == null) {
            throw new EmbeddedServerException("The broker's " + file + " has no cluster.id: remove " + dataDir
                    + " to begin anew, which loses its records");
        }
        return id;
    }

    private static boolean causedBy(Throwable error, Class<? extends Throwable> type) {
        for (@Nullable Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
