package io.voiceagent.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.voiceagent.messages.Json;
import io.voiceagent.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The process that sends webhooks is killed while they are on their way, again and again: each arrives, and what comes twice has one id. */
class KilledWebhookSenderTest {
    private static final int TURNS = 40;
    private static final int KILLS = 2;
    private static final Duration LONG = Duration.ofSeconds(90);

    @TempDir
    static Path directory;

    @AutoClose
    private static Cluster cluster;

    @Test
    void eachWebhookArrivesAtLeastOnceUnderOneId() throws Exception {
        try (Receiver receiver = new Receiver()) {
            Path endpoints = Files.writeString(
                    directory.resolve("webhooks.json"),
                    "{\"acme\":[{\"url\":\"%s\",\"secret\":\"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"}]}"
                            .formatted(receiver.url()));
            Map<String, String> webhooks = Map.of(
                    "WEBHOOKS_FILE",
                    endpoints.toString(),
                    "WEBHOOK_ALLOW_PRIVATE",
                    "true",
                    "WEBHOOK_RETRY_SECONDS",
                    "0.1");
            cluster = Cluster.start(directory.resolve("cluster"), SimulatorOptions.defaults());
            ManagedProcess agent = cluster.agentWorker("agent");
            ManagedProcess ingress = ingress(webhooks);
            cluster.awaitHealthy(agent, ingress);
            ApiClient client = new ApiClient(cluster.url("ingress"), Cluster.KEY);
            Cluster.await(
                    "webhooks to be sent",
                    LONG,
                    () -> Json.tree(client.get("/health").body())
                            .at("/components/webhooks/status")
                            .asString("")
                            .equals("ok"));

            List<String> turns = new ArrayList<>();
            for (int i = 0; i < TURNS; i++) {
                JsonNode accepted = Json.tree(client.create(Turns.plain("Say. [[tokens=5]]")
                                .put("background", true)
                                .toString())
                        .body());
                turns.add(accepted.path("id").asString());
            }
            for (int kill = 1; kill <= KILLS; kill++) {
                Cluster.await("deliveries that wait for their answer", LONG, () -> receiver.open() > 0);
                ingress.kill();
                assertThat(receiver.arrived()).as("killed in the middle").hasSizeLessThan(TURNS);
                receiver.answer(kill == KILLS ? Integer.MAX_VALUE : TURNS / (KILLS + 2));
                claimsRunOut();
                ingress = ingress(webhooks);
                cluster.awaitHealthy(ingress);
            }
            Cluster.await("all webhooks", LONG, () -> receiver.arrived().size() == TURNS);
            Cluster.await(
                    "the last answers",
                    LONG,
                    () -> deliveries(client).stream()
                            .allMatch(delivery ->
                                    delivery.path("status").asString("").equals("delivered")));

            Map<String, List<Received>> byTurn =
                    receiver.received.stream().collect(Collectors.groupingBy(Received::turn));
            assertThat(byTurn.keySet()).containsExactlyInAnyOrderElementsOf(turns);
            Set<String> ids = new HashSet<>();
            byTurn.forEach((turn, received) -> {
                assertThat(received.stream().map(Received::webhookId).distinct())
                        .as(turn)
                        .hasSize(1);
                ids.add(received.getFirst().webhookId());
            });
            assertThat(ids).as("an id of its own for each").hasSize(TURNS);
            assertThat(deliveries(client)).hasSize(TURNS);
            System.out.printf(
                    "%d webhooks, sender killed %d times: %d requests, %d of them again%n",
                    TURNS, KILLS, receiver.received.size(), receiver.received.size() - TURNS);
        }
    }

    private static ManagedProcess ingress(Map<String, String> webhooks) {
        return cluster.service("ingress", "io.voiceagent.ingress.IngressApi", 256, webhooks);
    }

    private static List<JsonNode> deliveries(ApiClient client) {
        return Json.tree(client.get("/webhook_deliveries?limit=100").body())
                .path("data")
                .valueStream()
                .toList();
    }

    /** As a minute does: nobody can wait for what the dead process has claimed. */
    private static void claimsRunOut() throws SQLException {
        try (Connection connection = DriverManager.getConnection(cluster.jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE webhooks.deliveries SET next_attempt_at = now() WHERE state = 'pending'");
        }
    }

    /** @param turn the response that it tells of */
    private record Received(String webhookId, String turn) {}

    /** Answers so many, and leaves the others without an answer until the sender is dead: whoever dies does not know that they came. */
    private static final class Receiver implements AutoCloseable {
        private final List<Received> received = new CopyOnWriteArrayList<>();
        private final AtomicInteger open = new AtomicInteger();
        private final Semaphore answers = new Semaphore(TURNS / (KILLS + 2));
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        private final HttpServer server;
        private volatile CountDownLatch dead = new CountDownLatch(1);

        Receiver() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
            server.createContext("/", this::take);
            server.setExecutor(threads);
            server.start();
        }

        String url() {
            return "http://localhost:%d/hook".formatted(server.getAddress().getPort());
        }

        /** The turns of which it has heard. */
        Set<String> arrived() {
            return received.stream().map(Received::turn).collect(Collectors.toSet());
        }

        /** Requests that wait. */
        int open() {
            return open.get();
        }

        /** The sender of those that wait is dead; so many of the next are answered. */
        void answer(int count) {
            answers.drainPermits();
            answers.release(count);
            CountDownLatch before = dead;
            dead = new CountDownLatch(1);
            before.countDown();
        }

        private void take(HttpExchange exchange) throws IOException {
            try (exchange) {
                JsonNode body = Json.mapper().readTree(exchange.getRequestBody());
                received.add(new Received(
                        String.valueOf(exchange.getRequestHeaders().getFirst("webhook-id")),
                        body.at("/data/id").asString("")));
                if (answers.tryAcquire()) {
                    exchange.sendResponseHeaders(200, -1);
                } else {
                    open.incrementAndGet();
                    dead.await();
                    open.decrementAndGet();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            dead.countDown();
            server.stop(0);
            threads.shutdownNow();
        }
    }
}
