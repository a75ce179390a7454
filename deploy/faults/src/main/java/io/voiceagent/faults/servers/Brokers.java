package io.voiceagent.faults.servers;

import io.voiceagent.embedded.Ports;
import io.voiceagent.faults.Cluster;
import io.voiceagent.faults.ManagedProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * Kafka's own server as processes, each a broker and a controller, with a network between them and to each of their clients that can be
 * cut. Nodes are numbered from 1. Used by one thread.
 *
 * <p>A client is sent by a broker to the addresses that the broker advertises on the listener that the client came in by. So a link is a
 * listener at each node with a proxy before it: who begins there stays there. Between nodes each way from one to another has a proxy of
 * its own: a node's name resolves at each other node to another address of loopback (all of 127.0.0.0/8 is, on Linux).
 */
public final class Brokers implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(3);
    private static final String HOST = "127.0.0.1";
    private static final String DIRECT = "DIRECT";
    private static final String INTERNAL = "INTERNAL";
    private static final String CONTROLLER = "CONTROLLER";
    private static final int HEAP_MEGABYTES = 384;

    private final Path directory;
    private final List<Node> nodes = new ArrayList<>();
    private final List<Way> ways = new ArrayList<>();
    private final Map<Integer, ManagedProcess> running = new HashMap<>();
    private final Map<Integer, Integer> lives = new HashMap<>();
    private final Admin admin;

    /**
     * One of them.
     *
     * @param ports by listener
     * @param links the proxy before each listener that clients come by, but the direct one
     */
    private record Node(int id, Path data, Map<String, Integer> ports, Map<String, TcpProxy> links) {
        int port(String listener) {
            return Objects.requireNonNull(ports.get(listener), listener);
        }

        String name() {
            return "broker-" + id;
        }
    }

    /**
     * What one node reaches another by.
     *
     * @param replication by its INTERNAL listener, else by its CONTROLLER listener
     */
    private record Way(int from, int to, boolean replication, TcpProxy proxy) {}

    private Brokers(Path directory, List<Path> data, List<String> links) throws IOException {
        this.directory = directory;
        for (Path path : data) {
            nodes.add(node(nodes.size() + 1, path, links));
        }
        for (Node from : nodes) {
            for (Node to : nodes) {
                if (from != to) {
                    ways.add(way(from, to, true));
                    ways.add(way(from, to, false));
                }
            }
            Files.writeString(hosts(from.id()), names(from));
        }
        String cluster = Uuid.randomUuid().toString();
        for (Node node : nodes) {
            format(node, cluster);
            Files.writeString(properties(node.id()), configuration(node));
            launch(node.id());
        }
        admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                "10000",
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                "3000"));
        awaitAll();
    }

    /**
     * Starts them and waits until all are known to each other.
     *
     * @param directory for their logs and configuration
     * @param data where the files of each are; one node for each
     * @param links names in capitals of the networks that clients come by
     */
    public static Brokers start(Path directory, List<Path> data, List<String> links) throws IOException {
        return new Brokers(Files.createDirectories(directory), data, links);
    }

    /** How many there are, running or not. */
    public int count() {
        return nodes.size();
    }

    /** For {@code bootstrap.servers}, not over any link. */
    public String bootstrapServers() {
        return addresses(node -> node.port(DIRECT));
    }

    /** For {@code bootstrap.servers}, over this link. */
    public String bootstrapServers(String link) {
        return addresses(node -> proxy(node, link).port());
    }

    /** The proxies of this link, one before each node. */
    public List<TcpProxy> link(String link) {
        return nodes.stream().map(node -> proxy(node, link)).toList();
    }

    /** All that the nodes reach each other by. */
    public List<TcpProxy> between() {
        return ways.stream().map(Way::proxy).toList();
    }

    /** What this node reaches the others by, and they it. */
    public List<TcpProxy> around(int id) {
        return ways.stream()
                .filter(way -> way.from() == id || way.to() == id)
                .map(Way::proxy)
                .toList();
    }

    /** What the others reach this node by, and not what it reaches them by. */
    public List<TcpProxy> before(int id) {
        return ways.stream().filter(way -> way.to() == id).map(Way::proxy).toList();
    }

    /** What brokers read each other's logs by; controllers have ways of their own. */
    public List<TcpProxy> replication() {
        return ways.stream().filter(Way::replication).map(Way::proxy).toList();
    }

    /** The process of a node, which may have ended. */
    public ManagedProcess process(int id) {
        return Objects.requireNonNull(running.get(id));
    }

    /** {@code SIGTERM}, and waits for its end. */
    public void stop(int id) {
        ManagedProcess process = process(id);
        process.terminate();
        Cluster.await("the end of broker " + id, START, () -> !process.alive());
    }

    /** Starts a node that has ended; returns at once. */
    public void launch(int id) {
        int life = lives.merge(id, 1, Integer::sum);
        running.put(
                id,
                ManagedProcess.start(
                        "broker-" + id,
                        directory.resolve("broker-%d-%d.log".formatted(id, life)),
                        List.of(
                                "-Xmx" + HEAP_MEGABYTES + "m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Djdk.net.hosts.file=" + hosts(id)),
                        Map.of(),
                        "kafka.Kafka",
                        properties(id).toString()));
    }

    /** Waits until a node that was launched says that it has started: without a quorum the others still tell what was before. */
    public void awaitStarted(int id) {
        Cluster.await(
                "the start of broker " + id, START, () -> process(id).output().contains("Kafka Server started"));
    }

    /** Waits until all nodes are there and each partition is in sync on all of its replicas. */
    public void awaitAll() {
        Cluster.await("all brokers in sync", START, this::inSync);
    }

    /** The node that is the active controller. */
    public int activeController() {
        try {
            return admin.describeMetadataQuorum().quorumInfo().get().leaderId();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The node that leads partition 0 of a topic. */
    public int leader(String topic) {
        try {
            TopicDescription description = Objects.requireNonNull(
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic));
            return description.partitions().getFirst().leader().id();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean inSync() {
        try {
            if (admin.describeCluster().nodes().get().size() < nodes.size()) {
                return false;
            }
            return admin.describeTopics(admin.listTopics().names().get()).allTopicNames().get().values().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .allMatch(Brokers::whole);
        } catch (ExecutionException e) {
            return false; // not there yet, or not any more; whoever waits has an end
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static boolean whole(TopicPartitionInfo partition) {
        return partition.leader() != null
                && partition.isr().size() == partition.replicas().size();
    }

    @Override
    public void close() throws IOException {
        admin.close(Duration.ZERO);
        running.values().stream().filter(ManagedProcess::alive).forEach(ManagedProcess::resume);
        running.values().forEach(ManagedProcess::terminate);
        running.values().forEach(ManagedProcess::close);
        for (Node node : nodes) {
            for (TcpProxy link : node.links().values()) {
                link.close();
            }
        }
        for (TcpProxy way : between()) {
            way.close();
        }
    }

    private static Node node(int id, Path data, List<String> links) throws IOException {
        Map<String, Integer> ports = new HashMap<>();
        Map<String, TcpProxy> proxies = new HashMap<>();
        for (String listener : List.of(DIRECT, INTERNAL, CONTROLLER)) {
            ports.put(listener, Ports.free());
        }
        for (String link : links) {
            int port = Ports.free();
            ports.put(link, port);
            proxies.put(link, TcpProxy.before(port));
        }
        return new Node(id, Files.createDirectories(data), ports, proxies);
    }

    private static Way way(Node from, Node to, boolean replication) throws IOException {
        int port = to.port(replication ? INTERNAL : CONTROLLER);
        TcpProxy proxy = TcpProxy.before(port, new InetSocketAddress(address(from, to), port));
        return new Way(from.id(), to.id(), replication, proxy);
    }

    /** Of this name as that node resolves it. */
    private static String address(Node from, Node to) {
        return from == to ? HOST : "127.0.%d.%d".formatted(from.id(), to.id() + 1);
    }

    private String names(Node from) {
        return nodes.stream()
                .map(to -> address(from, to) + " " + to.name() + "\n")
                .collect(Collectors.joining("", HOST + " localhost\n", ""));
    }

    private static TcpProxy proxy(Node node, String link) {
        return Objects.requireNonNull(node.links().get(link), link);
    }

    private String addresses(Function<Node, Integer> port) {
        return nodes.stream().map(node -> HOST + ":" + port.apply(node)).collect(Collectors.joining(","));
    }

    private Path hosts(int id) {
        return directory.resolve("broker-" + id + ".hosts");
    }

    private Path properties(int id) {
        return directory.resolve("broker-" + id + ".properties");
    }

    private String configuration(Node node) {
        List<String> brokerListeners = node.ports().keySet().stream()
                .filter(name -> !name.equals(CONTROLLER))
                .toList();
        Map<String, String> config = new HashMap<>();
        config.put("process.roles", "broker,controller");
        config.put("node.id", Integer.toString(node.id()));
        config.put("controller.quorum.voters", voters());
        config.put("controller.listener.names", CONTROLLER);
        config.put("inter.broker.listener.name", INTERNAL);
        config.put(
                "listeners",
                node.ports().entrySet().stream()
                        .map(port -> port.getKey() + "://" + HOST + ":" + port.getValue())
                        .collect(Collectors.joining(",")));
        config.put(
                "advertised.listeners",
                brokerListeners.stream().map(name -> advertised(node, name)).collect(Collectors.joining(",")));
        config.put(
                "listener.security.protocol.map",
                node.ports().keySet().stream().map(name -> name + ":PLAINTEXT").collect(Collectors.joining(",")));
        config.put("log.dirs", node.data().toString());
        config.put("auto.create.topics.enable", "false");
        config.put("log.message.timestamp.type", "LogAppendTime");
        config.put("message.max.bytes", "8388608");
        config.put("replica.fetch.max.bytes", "8388608");
        config.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");
        config.put("group.initial.rebalance.delay.ms", "0");
        String copies = Integer.toString(Math.min(3, nodes.size()));
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            config.put(topic + ".replication.factor", copies);
            config.put(topic + ".num.partitions", "4");
        }
        config.put("transaction.state.log.min.isr", nodes.size() < 3 ? "1" : "2");
        config.put("share.coordinator.state.topic.min.isr", nodes.size() < 3 ? "1" : "2");
        config.put("log.segment.bytes", "8388608"); // a small disk holds them
        config.put("log.index.size.max.bytes", "65536");
        config.put("log.cleaner.dedupe.buffer.size", "4194304");
        return config.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
                .sorted()
                .collect(Collectors.joining());
    }

    private static String advertised(Node node, String listener) {
        return listener
                + switch (listener) {
                    case DIRECT -> "://" + HOST + ":" + node.port(DIRECT);
                    case INTERNAL -> "://" + node.name() + ":" + node.port(INTERNAL);
                    default -> "://" + HOST + ":" + proxy(node, listener).port();
                };
    }

    private String voters() {
        return nodes.stream()
                .map(node -> node.id() + "@" + node.name() + ":" + node.port(CONTROLLER))
                .collect(Collectors.joining(","));
    }

    private static void format(Node node, String cluster) {
        try {
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setNodeId(node.id())
                    .setClusterId(cluster)
                    .setControllerListenerName(CONTROLLER)
                    .setHasDynamicQuorum(false)
                    .setDirectories(List.of(node.data().toString()))
                    .setMetadataLogDirectory(node.data().toString())
                    .run();
        } catch (Exception e) {
            throw new IllegalStateException("the directory of broker " + node.id() + " could not be made", e);
        }
    }
}
