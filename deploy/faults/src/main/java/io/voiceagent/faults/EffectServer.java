package io.voiceagent.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The world outside that a tool changes: {@code POST /effects} with an {@code Idempotency-Key} has its effect at once and is answered
 * after a while. It keeps count and never refuses a repetition, so that one is seen.
 */
public final class EffectServer implements AutoCloseable {
    /** Added to the {@link #url}: effects that may be repeated, which are counted apart. */
    static final String REPEATABLE = "/repeatable";

    /** Added to the {@link #url}: effects that are answered later than anybody waits. */
    static final String LATE = "/late";

    private static final Duration LATE_BY = Duration.ofSeconds(3);
    private static final int MAX_BODY = 10_000;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, AtomicInteger> effects = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> repeatable = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();

    private EffectServer(Duration answerAfter) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/effects", exchange -> effect(exchange, effects, answerAfter));
        server.createContext("/effects" + REPEATABLE, exchange -> effect(exchange, repeatable, answerAfter));
        server.createContext("/effects" + LATE, exchange -> effect(exchange, effects, LATE_BY));
        server.setExecutor(threads);
        server.start();
    }

    /**
     * Starts it on a free port.
     *
     * @param answerAfter from the effect to the answer: whoever dies in between does not know
     */
    public static EffectServer start(Duration answerAfter) throws IOException {
        return new EffectServer(answerAfter);
    }

    /** Where effects are posted. */
    public String url() {
        return "http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":"
                + server.getAddress().getPort() + "/effects";
    }

    /** How often each idempotency key had an effect. */
    public Map<String, AtomicInteger> effects() {
        return Map.copyOf(effects);
    }

    /** The same of effects that may be repeated. */
    public Map<String, AtomicInteger> repeatable() {
        return Map.copyOf(repeatable);
    }

    /** Effects that had no answer yet. */
    public int open() {
        return open.get();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void effect(HttpExchange exchange, Map<String, AtomicInteger> effects, Duration answerAfter)
            throws IOException {
        open.incrementAndGet();
        try (exchange) {
            exchange.getRequestBody().readNBytes(MAX_BODY);
            String key = String.valueOf(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
            int times = effects.computeIfAbsent(key, any -> new AtomicInteger()).incrementAndGet();
            Thread.sleep(answerAfter);
            byte[] body = ("effect number " + times).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.decrementAndGet();
        }
    }
}
