package io.voiceagent.clients;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server of the tenant: takes webhooks by POST, and hands the one of a response out again by GET, for clients in other processes. */
final class WebhookInbox implements AutoCloseable {
    /** Of the endpoint. */
    static final String SECRET = "whsec_"
            + Base64.getEncoder()
                    .encodeToString("a secret of thirty-two characters".getBytes(StandardCharsets.US_ASCII));

    /** A webhook as it came. */
    record Delivery(Map<String, List<String>> headers, String body) {}

    private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;

    WebhookInbox() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    /** The file of endpoints that leads here. */
    String endpoints(String tenant) {
        return "{\"%s\": [{\"url\": \"%s\", \"secret\": \"%s\"}]}".formatted(tenant, url(), SECRET);
    }

    /** What told of the response, if it came already. */
    Optional<Delivery> of(String response) {
        return deliveries.stream()
                .filter(delivery -> delivery.body().contains(response))
                .findFirst();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestMethod().equals("POST")) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                deliveries.add(new Delivery(Map.copyOf(exchange.getRequestHeaders()), body));
                exchange.sendResponseHeaders(204, -1);
                return;
            }
            Optional<Delivery> delivery = of(exchange.getRequestURI().getPath().substring(1));
            if (delivery.isEmpty()) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            byte[] json = Dialect.JSON.writeValueAsBytes(delivery.get());
            exchange.sendResponseHeaders(200, json.length);
            exchange.getResponseBody().write(json);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
