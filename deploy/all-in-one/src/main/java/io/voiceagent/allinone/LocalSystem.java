package io.voiceagent.allinone;

import io.voiceagent.allinone.Settings.Servers;
import io.voiceagent.allinone.Settings.SimulatedModel;
import io.voiceagent.embedded.EmbeddedBroker;
import io.voiceagent.embedded.EmbeddedPostgresServer;
import io.voiceagent.embedded.EmbeddedServerException;
import io.voiceagent.embedded.Ports;
import io.voiceagent.simulator.Simulator;
import io.voiceagent.simulator.SimulatorOptions;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Every part, in this process: what stores (broker, Postgres, and a simulated model where no model is named) starts
 * first, then the services, each group side by side. They end in the opposite order.
 */
final class LocalSystem implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LocalSystem.class);

    /** From the start of the services to a turn that can be sent; a cold disk and a busy machine counted in. */
    private static final Duration READY_WITHIN = Duration.ofMinutes(3);

    private static final long READY_POLL_MILLIS = 50;

    /** How long services may take to end what they do, before what they write to is taken away. */
    private static final Duration SERVICES_END_WITHIN = Duration.ofSeconds(4);

    private static final Duration ALL_END_WITHIN = Duration.ofSeconds(8);

    private final Options options;
    private final DataDirectory directory;
    private final Settings settings;
    private final Progress progress;
    private final Parts servers;
    private final Parts services;

    LocalSystem(Options options, DataDirectory directory, Settings settings, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.settings = settings;
        this.progress = progress;
        this.servers = new Parts(progress, "server", true);
        this.services = new Parts(progress, "service", false);
    }

    /**
     * Starts everything and returns when a turn can be sent.
     *
     * @return where the servers are
     * @throws StartFailure when a part does not start; {@link #close} then ends those that did
     */
    Servers start() throws InterruptedException {
        requirePort();
        Servers running = startServers();
        startServices(settings.forServices(directory, running));
        progress.done(options.url(), Settings.firstKey(settings.apiKeys(directory)), settings, directory);
        return running;
    }

    /** Ends everything within ten seconds; a server that is just starting is ended when it has started. */
    @Override
    public void close() {
        long end = System.nanoTime() + ALL_END_WITHIN.toNanos();
        services.close(SERVICES_END_WITHIN);
        servers.close(Duration.ofNanos(end - System.nanoTime()));
        // A Postgres that was about to start would outlive this process
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroy);
    }

    private void requirePort() {
        try {
            Ports.usable(options.port(), "The API");
        } catch (EmbeddedServerException e) {
            throw new StartFailure("port " + options.port() + " is busy: free it or choose another with --port", e);
        }
    }

    private Servers startServers() throws InterruptedException {
        Future<EmbeddedPostgresServer> postgres = servers.begin(
                "postgres",
                () -> EmbeddedPostgresServer.start(
                        directory.postgres(), 0, directory.postgres().resolve("binaries")),
                EmbeddedPostgresServer::jdbcUrl);
        Future<EmbeddedBroker> broker = servers.begin(
                "broker", () -> EmbeddedBroker.start(directory.broker(), 0), EmbeddedBroker::bootstrapServers);
        @Nullable SimulatedModel simulated = null;
        if (!settings.namesModel()) {
            SimulatorOptions pace = settings.simulatorPace();
            Simulator simulator = Parts.started(
                    "simulator", servers.begin("simulator", () -> Simulator.start(pace), Simulator::baseUrl));
            simulated = new SimulatedModel(simulator.baseUrl(), simulator.searchUrl());
        }
        EmbeddedBroker kafka = Parts.started("broker", broker);
        EmbeddedPostgresServer database = Parts.started("postgres", postgres);
        return new Servers(
                kafka.bootstrapServers(), database.jdbcUrl(), database.user(), database.password(), simulated);
    }

    private void startServices(Map<String, String> common) throws InterruptedException {
        var starting = new EnumMap<Service, Future<ConfigurableApplicationContext>>(Service.class);
        for (Service service : Service.values()) {
            int port = servicePort(service);
            starting.put(
                    service, services.begin(service.label(), () -> service.start(common, port), LocalSystem::address));
        }
        long end = System.nanoTime() + READY_WITHIN.toNanos();
        for (var entry : starting.entrySet()) {
            Service service = entry.getKey();
            awaitReady(service, Parts.started(service.label(), entry.getValue()), end);
        }
    }

    private void awaitReady(Service service, ConfigurableApplicationContext context, long end)
            throws InterruptedException {
        while (!service.isReady(context)) {
            if (System.nanoTime() > end) {
                throw new StartFailure(service.label() + " runs but is not ready: see " + directory.log());
            }
            TimeUnit.MILLISECONDS.sleep(READY_POLL_MILLIS);
        }
    }

    /** The API has the port that was asked for; the others the ones above it, or any where those are taken. */
    private int servicePort(Service service) {
        int port = options.port() + service.portOffset();
        if (service.portOffset() == 0) {
            return port;
        }
        try {
            return Ports.usable(port, service.label());
        } catch (EmbeddedServerException | IllegalArgumentException e) {
            LOG.info("Port {} is not for {}, taking any", port, service.label(), e);
            return 0;
        }
    }

    private static String address(ConfigurableApplicationContext context) {
        return "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
    }
}
