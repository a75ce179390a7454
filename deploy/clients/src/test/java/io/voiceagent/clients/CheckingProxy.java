package io.voiceagent.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/** Stands between a client and the API, hands everything on as it comes, and checks every answer. Knows nothing of the client. */
final class CheckingProxy implements AutoCloseable {
    private static final Set<String> OF_ONE_HOP = Set.of(
            "connection", "content-length", "expect", "host", "keep-alive", "te", "transfer-encoding", "upgrade");
    private static final Duration SETTLED_WITHIN = Duration.ofSeconds(10);

    private final URI upstream;
    private final Dialect dialect;
    private final HttpServer server;
    private final FrontDoor door;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(threads)
            .build();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final AtomicInteger open = new AtomicInteger();

    CheckingProxy(URI upstream, Dialect dialect) throws IOException {
        this.upstream = upstream;
        this.dialect = dialect;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
        door = new FrontDoor(
                server.getAddress(),
                new InetSocketAddress(upstream.getHost(), upstream.getPort()),
                this::checkMessages);
    }

    /** Where clients find the API, checked. */
    String url() {
        return "http://127.0.0.1:" + door.port();
    }

    /** Fails when anything that was answered since the last call violates the dialect. */
    void assertNoViolations() {
        await().atMost(SETTLED_WITHIN).until(() -> open.get() == 0 && door.openSockets() == 0);
        List<String> found = List.copyOf(violations);
        violations.clear();
        assertThat(found).isEmpty();
    }

    @Override
    public void close() throws IOException {
        door.close();
        server.stop(0);
        client.close();
        threads.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        open.incrementAndGet();
        try (exchange) {
            HttpResponse<InputStream> answer =
                    client.send(request(exchange), HttpResponse.BodyHandlers.ofInputStream());
            answer.headers().map().forEach((name, values) -> {
                if (!OF_ONE_HOP.contains(name.toLowerCase(Locale.ROOT))) {
                    exchange.getResponseHeaders().put(name, values);
                }
            });
            var body = new ByteArrayOutputStream();
            boolean whole = pass(answer, exchange, body);
            check(exchange, answer, body.toString(StandardCharsets.UTF_8), whole);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            violations.add("%s %s: %s".formatted(exchange.getRequestMethod(), exchange.getRequestURI(), e));
        } finally {
            open.decrementAndGet();
        }
    }

    private HttpRequest request(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        upstream.resolve(exchange.getRequestURI().toString()))
                .method(
                        exchange.getRequestMethod(),
                        body.length == 0
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (!OF_ONE_HOP.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> request.header(name, value));
            }
        });
        return request.build();
    }

    /** Hands on each piece when it comes; false when the client went away before the end. */
    private static boolean pass(HttpResponse<InputStream> answer, HttpExchange exchange, OutputStream copy)
            throws IOException {
        long length = answer.headers().firstValueAsLong("content-length").orElse(0);
        boolean empty = answer.headers()
                .firstValue("content-length")
                .filter("0"::equals)
                .isPresent();
        // What is read from the API must not look like what is written to a client that is gone
        try (InputStream in = answer.body()) {
            byte[] piece = new byte[8192];
            OutputStream out;
            try {
                exchange.sendResponseHeaders(answer.statusCode(), empty ? -1 : length);
                out = exchange.getResponseBody();
            } catch (IOException clientGone) {
                return false;
            }
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                copy.write(piece, 0, n);
                try {
                    out.write(piece, 0, n);
                    out.flush();
                } catch (IOException clientGone) {
                    return false;
                }
            }
            return true;
        }
    }

    private void check(HttpExchange exchange, HttpResponse<?> answer, String body, boolean whole) {
        String method = exchange.getRequestMethod();
        URI uri = exchange.getRequestURI();
        String type = answer.headers().firstValue("content-type").orElse("");
        if (answer.headers().firstValue("x-request-id").isEmpty()) {
            violations.add("%s %s has no x-request-id".formatted(method, uri));
        }
        if (type.startsWith("text/event-stream")) {
            checkStream(method, uri, body, whole);
        } else if (whole) {
            String name = type.startsWith("application/problem+json")
                    ? "problem"
                    : answer.statusCode() >= 400 ? "error" : object(method, uri.getPath());
            violations.addAll(dialect.violations(name, Dialect.JSON.readTree(body)));
        }
    }

    private void checkStream(String method, URI uri, String body, boolean whole) {
        ServerSentEvents stream = ServerSentEvents.parse(body);
        violations.addAll(stream.violations());
        boolean all = method.equals("POST") || !String.valueOf(uri.getQuery()).contains("starting_after");
        if (uri.getPath().endsWith("/events")) {
            violations.addAll(dialect.violationsTurnByTurn(stream.events()));
        } else {
            violations.addAll(dialect.violations(stream.events(), all));
        }
        if (whole && !stream.done()) {
            violations.add("%s %s: the stream has no end".formatted(method, uri));
        }
    }

    /** Those of a WebSocket: turn after turn, and errors between them. */
    private void checkMessages(List<String> messages) {
        List<JsonNode> events = new ArrayList<>();
        for (String message : messages) {
            JsonNode event = Dialect.JSON.readTree(message);
            if (event.path("type").asString("").equals("error")) {
                violations.addAll(dialect.violations("event:error", event));
            } else {
                events.add(event);
            }
        }
        violations.addAll(dialect.violationsTurnByTurn(events));
    }

    private static String object(String method, String path) {
        if (path.contains("/conversations")) {
            if (path.endsWith("/items")) {
                return "conversationItems";
            }
            boolean item = path.contains("/items/");
            if (method.equals("DELETE")) {
                return item ? "conversation" : "conversationDeletion";
            }
            return item ? "conversationItem" : "conversation";
        }
        if (method.equals("DELETE")) {
            return "deletion";
        }
        if (path.endsWith("/compact")) {
            return "compaction";
        }
        if (path.endsWith("/usage")) {
            return "tenantUsage";
        }
        if (path.endsWith("/input_tokens")) {
            return "inputTokens";
        }
        if (path.contains("/models") || path.endsWith("/webhook_deliveries") || path.endsWith("/health")) {
            String name = path.substring("/api/v1/".length());
            return name.startsWith("models/") ? "model" : name;
        }
        return path.endsWith("/input_items") ? "inputItems" : "response";
    }
}
