package io.voiceagent.faults;

import io.voiceagent.embedded.Ports;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline of separate processes on loopback: one broker, one Postgres, the simulator (in this process, so that its counts are at
 * hand), and as many of each service as a test starts.
 */
public final class Cluster implements AutoCloseable {
    /** The keys that the ingresses know. */
    public static final String KEY = "test-key-of-acme-0123456789";
    /** The key of another tenant. */
    public static final String OTHER_KEY = "test-key-of-globex-0123456789";

    private static final Duration START = Duration.ofMinutes(10);
    private static final String HOST = "127.0.0.1";

    private final Path directory;
    private final Deque<AutoCloseable> opened = new ConcurrentLinkedDeque<>();
    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, Map<String, String>> ownSettings = new ConcurrentHashMap<>();
    private final Map<String, Integer> ports = new ConcurrentHashMap<>();
    private final Map<String, String> classPaths = new ConcurrentHashMap<>();
    private final Map<String, Integer> lives = new ConcurrentHashMap<>();
    private final Simulator simulator;
    private final @Nullable ManagedProcess broker;
    private final String jdbcUrl;

    private Cluster(Path directory, SimulatorOptions pace) throws IOException {
        this.directory = Files.createDirectories(directory);
        simulator = remember(Simulator.start(pace));
        ManagedProcess own = remember(ManagedProcess.start(
                "broker",
                directory.resolve("broker.log"),
                384,
                Map.of(),
                "io.voiceagent.embedded.EmbeddedBrokerMain",
                directory.resolve("broker").toString()));
        ManagedProcess postgres = remember(ManagedProcess.start(
                "postgres",
                directory.resolve("postgres.log"),
                160,
                Map.of(),
                "io.voiceagent.embedded.EmbeddedPostgresMain",
                directory.resolve("postgres").toString()));
        broker = own;
        jdbcUrl = firstLine(postgres, "jdbc:");
        describe(firstLine(own, HOST + ":"));
    }

    private Cluster(Path directory, SimulatorOptions pace, String bootstrapServers, String jdbcUrl) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.simulator = remember(Simulator.start(pace));
        this.broker = null;
        this.jdbcUrl = jdbcUrl;
        describe(bootstrapServers);
    }

    private void describe(String bootstrapServers) {
        environment.put("KAFKA_BOOTSTRAP_SERVERS", bootstrapServers);
        environment.put("AGENT_PARTITIONS", "4");
        environment.put("CALL_PARTITIONS", "8");
        environment.put("BIND_ADDRESS", HOST);
        environment.put("POSTGRES_URL", jdbcUrl.substring(0, jdbcUrl.indexOf('?')));
        environment.put("POSTGRES_USER", parameter("user"));
        environment.put("POSTGRES_PASSWORD", parameter("password"));
        environment.put("API_KEYS", "acme:" + KEY + ",globex:" + OTHER_KEY);
        environment.put("RESPONSE_ID_KEYS", "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        environment.put("LLM_BASE_URL", simulator.baseUrl());
        environment.put("LLM_API_KEY", "simulated");
        environment.put("LLM_MODEL", "simulated");
        environment.put("TAVILY_BASE_URL", simulator.searchUrl());
        environment.put("TAVILY_API_KEY", "simulated");
    }

    /**
     * Starts broker, Postgres and simulator; no service yet.
     *
     * @param directory for data and logs
     * @param pace of the simulated model
     */
    public static Cluster start(Path directory, SimulatorOptions pace) throws IOException {
        return new Cluster(directory, pace);
    }

    /**
     * Starts the simulator, for services that use servers which somebody else started, and ends.
     *
     * @param jdbcUrl with user and password
     * @see #start(Path, SimulatorOptions)
     */
    public static Cluster over(Path directory, SimulatorOptions pace, String bootstrapServers, String jdbcUrl)
            throws IOException {
        return new Cluster(directory, pace, bootstrapServers, jdbcUrl);
    }

    /** Starts an ingress. */
    public ManagedProcess ingress(String name) {
        return service(name, "io.voiceagent.ingress.IngressApi", 256, Map.of());
    }

    /** Starts an agent worker of both roles. */
    public ManagedProcess agentWorker(String name) {
        return service(
                name,
                "io.voiceagent.agent.AgentWorker",
                256,
                Map.of("STATE_DIR", directory.resolve(name + "-state").toString()));
    }

    /** Starts an agent worker of one role, {@code orchestrator} or {@code llm}. */
    public ManagedProcess agentWorker(String name, String role) {
        return service(
                name,
                "io.voiceagent.agent.AgentWorker",
                256,
                Map.of(
                        "AGENT_ROLES",
                        role,
                        "STATE_DIR",
                        directory.resolve(name + "-state").toString()));
    }

    /** Adds to what all services started from now on are told. */
    public void set(String variable, String value) {
        environment.put(variable, value);
    }

    /** Adds to what the service of that name is told when it is started from now on. */
    public void set(String name, String variable, String value) {
        ownSettings.computeIfAbsent(name, any -> new ConcurrentHashMap<>()).put(variable, value);
    }

    /** Of which version the service of that name is when it is started from now on: another class path, or null for this one's. */
    void version(String name, @Nullable String classPath) {
        if (classPath == null) {
            classPaths.remove(name);
        } else {
            classPaths.put(name, classPath);
        }
    }

    /** Takes back what only the service of that name was told. */
    void unset(String name) {
        ownSettings.remove(name);
    }

    /** Starts a tool worker that also offers the {@link EffectTool}. */
    public ManagedProcess toolWorker(String name, EffectServer effects) {
        return service(
                name,
                "io.voiceagent.tool.ToolWorker",
                192,
                Map.of("EFFECT_URL", effects.url(), "SPRING_MAIN_SOURCES", EffectTools.class.getName()));
    }

    /** Starts an archiver. */
    public ManagedProcess archiver(String name) {
        return service(name, "io.voiceagent.archiver.TraceArchiver", 256, Map.of());
    }

    /** Starts a service under a name that no other has; the same name again takes the same port and state. */
    public ManagedProcess service(String name, String mainClass, int heapMegabytes, Map<String, String> extra) {
        Map<String, String> settings = new HashMap<>(environment);
        settings.put("PORT", Integer.toString(ports.computeIfAbsent(name, any -> Ports.free())));
        settings.putAll(ownSettings.getOrDefault(name, Map.of()));
        settings.putAll(extra);
        int life = lives.merge(name, 1, Integer::sum);
        Path log = directory.resolve(life == 1 ? name + ".log" : name + "-" + life + ".log");
        String other = classPaths.get(name);
        return remember(
                other == null
                        ? ManagedProcess.start(name, log, heapMegabytes, settings, mainClass)
                        : ManagedProcess.startOther(name, log, heapMegabytes, settings, other, mainClass));
    }

    /** Waits until each of these services answers that it is well. */
    public void awaitHealthy(ManagedProcess... services) {
        for (ManagedProcess service : services) {
            await(service.name() + " to be healthy", START, () -> {
                if (!service.alive()) {
                    throw new IllegalStateException(service.name() + " ended: " + tail(service));
                }
                return healthy(service.name());
            });
        }
    }

    /** Waits until these ingresses know the tools of the workers: until then they refuse requests for them. */
    public static void awaitTools(ApiClient... clients) {
        for (ApiClient client : clients) {
            String body = Turns.tools("record_effect").put("background", true).toString();
            await("the tools to be known", START, () -> {
                HttpResponse<String> response = client.create(body);
                return response.statusCode() == 202;
            });
        }
    }

    /**
     * A meter of a service, as Prometheus would scrape it now.
     *
     * @param series begin of the line: the name, and labels as far as they matter
     * @return the sum over all series that begin so, 0 when there are none
     */
    public double meter(String service, String series) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url(service) + "/actuator/prometheus"))
                .timeout(Duration.ofSeconds(5))
                .build();
        return Http.send(request)
                .body()
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Base URL of the service of that name. */
    public String url(String name) {
        return "http://" + HOST + ":" + ports.get(name);
    }

    /** The simulated model. */
    public Simulator simulator() {
        return simulator;
    }

    /** The broker's process, when it was started with this. */
    public ManagedProcess broker() {
        return Objects.requireNonNull(broker);
    }

    /** The database, with user and password. */
    public String jdbcUrl() {
        return jdbcUrl;
    }

    /** For {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return environment.getOrDefault("KAFKA_BOOTSTRAP_SERVERS", "");
    }

    /** Waits until the condition holds, by looking every 20 ms. */
    public static void await(String what, Duration atMost, BooleanSupplier condition) {
        Instant end = Instant.now().plus(atMost);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(end)) {
                throw new IllegalStateException("waited " + atMost.toSeconds() + " s in vain for " + what);
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Whether it answers that it is well. */
    public boolean healthy(String name) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url(name) + "/actuator/health"))
                .timeout(Duration.ofSeconds(5))
                .build();
        try {
            return Http.CLIENT
                            .send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private String firstLine(ManagedProcess process, String prefix) {
        await(process.name() + " to say its address", START, () -> {
            if (!process.alive()) {
                throw new IllegalStateException(process.name() + " ended: " + tail(process));
            }
            return line(process, prefix) != null;
        });
        return Objects.requireNonNull(line(process, prefix));
    }

    private static @Nullable String line(ManagedProcess process, String prefix) {
        String output = process.output();
        return output.substring(0, output.lastIndexOf('\n') + 1)
                .lines()
                .filter(line -> line.startsWith(prefix))
                .findFirst()
                .orElse(null);
    }

    private static String tail(ManagedProcess process) {
        String output = process.output();
        return output.substring(Math.max(0, output.length() - 2_000));
    }

    private String parameter(String name) {
        for (String pair : jdbcUrl.substring(jdbcUrl.indexOf('?') + 1).split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                return pair.substring(name.length() + 1);
            }
        }
        throw new IllegalStateException("no " + name + " in the database's URL");
    }

    private <T extends AutoCloseable> T remember(T closeable) {
        opened.push(closeable);
        return closeable;
    }
}
