package io.voiceagent.ingress;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A tenant's server: keeps what it is sent, and answers by the path. */
final class WebhookReceiver implements AutoCloseable {
    /** @param earlier requests with the same webhook-id that came before to this path */
    record Received(String path, Map<String, List<String>> headers, String body, int earlier) {
        String header(String name) {
            return headers.entrySet().stream()
                    .filter(header -> header.getKey().equalsIgnoreCase(name))
                    .map(header -> header.getValue().getFirst())
                    .findFirst()
                    .orElse("");
        }

        String webhookId() {
            return header("webhook-id");
        }
    }

    /** Answers with a status; 0: not before the end of the test. */
    @FunctionalInterface
    interface Script {
        int status(Received received);
    }

    private final Map<String, Script> scripts = new ConcurrentHashMap<>();
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;

    WebhookReceiver(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 64);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url(String path) {
        return "http://localhost:%d%s".formatted(port(), path);
    }

    WebhookReceiver answer(String path, Script script) {
        scripts.put(path, script);
        return this;
    }

    /** What came to the path and tells of this response. */
    List<Received> at(String path, String response) {
        return received.stream()
                .filter(each -> each.path().equals(path) && each.body().contains(response))
                .toList();
    }

    List<Received> at(String path) {
        return at(path, "");
    }

    private void handle(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String path = exchange.getRequestURI().toString();
        String id = String.valueOf(exchange.getRequestHeaders().getFirst("webhook-id"));
        int earlier = (int)
                at(path).stream().filter(each -> each.webhookId().equals(id)).count();
        Received now = new Received(path, Map.copyOf(exchange.getRequestHeaders()), body, earlier);
        received.add(now);
        int status = scripts.getOrDefault(path, any -> 200).status(now);
        if (status == 0) {
            hold();
            status = 200;
        }
        if (status / 100 == 3) {
            exchange.getResponseHeaders().set("Location", url("/private"));
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    private void hold() {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        end.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
