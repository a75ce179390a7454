package io.voiceagent.simulator;

import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/**
 * The running simulator: an OpenAI-compatible model ({@code POST /v1/chat/completions}, {@code GET /v1/models}), a
 * Tavily-compatible search ({@code POST /search}) and its statistics ({@code GET /stats}) on one port.
 *
 * <p>The model takes any key or none, and any model name. How it behaves follows from the tools and the text of a
 * request; see {@code ToolScript} and {@code Markers} for the rules, and {@link SimulatorOptions} for the pace.
 */
public final class Simulator implements AutoCloseable {

    private static final int EVENT_LOOPS = 2;
    private static final Duration STOP_WITHIN = Duration.ofSeconds(3);

    private final String host;
    private final Counters counters;
    private final LoopResources loops;
    private final ChannelGroup connections;
    private final DisposableServer server;

    private Simulator(
            String host, Counters counters, LoopResources loops, ChannelGroup connections, DisposableServer server) {
        this.host = host;
        this.counters = counters;
        this.loops = loops;
        this.connections = connections;
        this.server = server;
    }

    /**
     * Starts listening; returns when connections are accepted.
     *
     * @throws reactor.netty.ChannelBindException when the port is taken
     */
    public static Simulator start(SimulatorOptions options) {
        Counters counters = new Counters();
        ChatHandler chat = new ChatHandler(options, counters);
        SearchHandler search = new SearchHandler(options, counters);
        LoopResources loops = LoopResources.create("simulator", EVENT_LOOPS, true);
        ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        DisposableServer server = HttpServer.create()
                .host(options.host())
                .port(options.port())
                .runOn(loops)
                .channelGroup(connections)
                .route(routes -> routes.post("/v1/chat/completions", chat)
                        .get("/v1/models", (request, response) -> Http.json(response, 200, ChatWire.models()))
                        .post("/search", search)
                        .get("/stats", (request, response) -> Http.json(response, 200, stats(counters)))
                        .route(any -> true, (request, response) -> Http.json(response, 404, unknown(request.uri()))))
                .bindNow();
        return new Simulator(options.host(), counters, loops, connections, server);
    }

    /** Runs until the process is ended; options come from the environment, see {@link SimulatorOptions}. */
    public static void main(String... args) {
        System.setProperty("logback.configurationFile", "simulator-logback.xml"); // before the first logger is made
        SimulatorOptions options;
        try {
            options = SimulatorOptions.fromEnvironment(System.getenv());
        } catch (IllegalArgumentException e) {
            System.err.println("simulator: " + e.getMessage());
            System.exit(2);
            return;
        }
        Simulator simulator = start(options);
        Runtime.getRuntime().addShutdownHook(new Thread(simulator::close, "simulator-stop"));
        System.out.println("Simulated model at " + simulator.baseUrl() + ", simulated search at "
                + simulator.searchUrl() + ", statistics at " + simulator.origin() + "/stats");
        simulator.server.onDispose().block();
    }

    /** The port in use. */
    public int port() {
        return server.port();
    }

    /** The model's base URL, {@code http://HOST:PORT/v1}. */
    public String baseUrl() {
        return origin() + "/v1";
    }

    /** The search's base URL, {@code http://HOST:PORT}; a client adds {@code /search}. */
    public String searchUrl() {
        return origin();
    }

    /** What has been seen since the start. */
    public SimulatorStats stats() {
        return counters.snapshot();
    }

    /** Closes all connections and the port; waits at most three seconds. */
    @Override
    public void close() {
        connections.close();
        server.disposeNow(STOP_WITHIN);
        loops.disposeLater(Duration.ZERO, STOP_WITHIN).block(STOP_WITHIN.plusSeconds(1));
    }

    private String origin() {
        return "http://" + (host.equals("0.0.0.0") ? "127.0.0.1" : host) + ":" + port();
    }

    private static byte[] stats(Counters counters) {
        return ChatWire.JSON.writeValueAsBytes(counters.snapshot());
    }

    private static byte[] unknown(String uri) {
        return ChatWire.error("Unknown request URL: " + uri, "invalid_request_error", null, "unknown_url");
    }
}
