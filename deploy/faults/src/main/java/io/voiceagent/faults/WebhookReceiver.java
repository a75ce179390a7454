package io.voiceagent.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.voiceagent.messages.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The server of a client who wants to be told of the end of turns; keeps each delivery. */
final class WebhookReceiver implements AutoCloseable {
    private static final Duration TOLD_WITHIN = Duration.ofMinutes(3);
    private static final int MAX_BODY = 4 << 20;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    /** Response → webhook-id → deliveries. */
    private final Map<String, Map<String, Integer>> deliveries = new ConcurrentHashMap<>();

    private WebhookReceiver() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::take);
        server.setExecutor(threads);
        server.start();
    }

    /** Starts it, and tells the ingresses that are started later. */
    static WebhookReceiver start(Cluster cluster, Path directory) throws IOException {
        WebhookReceiver receiver = new WebhookReceiver();
        Path file = Files.writeString(directory.resolve("webhooks.json"), """
                {"acme": [{"url": "http://127.0.0.1:%d/", "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}]}
                """.formatted(
                        receiver.server.getAddress().getPort()));
        cluster.set("WEBHOOKS_FILE", file.toString());
        cluster.set("WEBHOOK_ALLOW_PRIVATE", "true");
        cluster.set("WEBHOOK_RETRY_SECONDS", "0.5");
        return receiver;
    }

    /** Waits until each turn was told of; returns what is wrong, in words. */
    List<String> check(List<Accepted> turns) {
        List<Accepted> ended =
                turns.stream().filter(turn -> turn.ended() != null).toList();
        List<String> breaches = new ArrayList<>();
        try {
            Cluster.await(
                    "webhooks", TOLD_WITHIN, () -> ended.stream().allMatch(turn -> deliveries.containsKey(turn.id())));
        } catch (IllegalStateException e) {
            ended.stream()
                    .filter(turn -> !deliveries.containsKey(turn.id()))
                    .forEach(turn -> breaches.add(turn.id() + ": no webhook"));
        }
        deliveries.forEach((id, ids) -> {
            if (ids.size() > 1) {
                breaches.add(id + ": webhooks of several ids " + ids.keySet());
            }
        });
        return breaches;
    }

    /** Deliveries beyond one for each turn. */
    int doubled() {
        return deliveries.values().stream()
                .flatMap(ids -> ids.values().stream())
                .mapToInt(times -> times - 1)
                .sum();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readNBytes(MAX_BODY), StandardCharsets.UTF_8);
            String response = Json.tree(body).path("data").path("id").asString("");
            String id = String.valueOf(exchange.getRequestHeaders().getFirst("webhook-id"));
            deliveries
                    .computeIfAbsent(response, any -> new ConcurrentHashMap<>())
                    .merge(id, 1, Integer::sum);
            exchange.sendResponseHeaders(204, -1);
        }
    }
}
