package io.voiceagent.dashboards;

import io.voiceagent.embedded.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Prometheus with the project's configuration, which asks every three seconds and looks for the services on 127.0.0.1. */
final class Prometheus implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Process process;
    private final int port;

    private Prometheus(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Whether {@code prometheus} and {@code promtool} are installed; if not, what to do is printed. */
    static boolean installed() {
        boolean both = Stream.of("prometheus", "promtool")
                .allMatch(name -> Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, name))));
        if (!both) {
            System.out.println(
                    "SKIPPED: the tests of dashboards and alerts need prometheus and promtool (Debian: apt-get install prometheus)");
        }
        return both;
    }

    /** @param ports by the names of the configuration's targets */
    static Prometheus start(Path folder, Map<String, Integer> ports) throws IOException {
        Path source = Grafana.ROOT.resolve("prometheus");
        String config =
                Files.readString(source.resolve("prometheus.yml")).replaceAll("_interval: 15s", "_interval: 3s");
        Path rules = Files.createDirectory(folder.resolve("rules"));
        try (Stream<Path> files = Files.list(source.resolve("rules"))) {
            for (Path file : files.toList()) {
                Files.writeString(
                        rules.resolve(file.getFileName()),
                        Files.readString(file).replaceAll("(?m)^    interval: \\S+$", "    interval: 3s"));
            }
        }
        for (var target : ports.entrySet()) {
            String changed =
                    config.replaceAll("\"" + target.getKey() + ":\\d+\"", "\"127.0.0.1:" + target.getValue() + "\"");
            if (changed.equals(config)) {
                throw new IllegalStateException("prometheus.yml has no target " + target.getKey());
            }
            config = changed;
        }
        Path file = Files.writeString(folder.resolve("prometheus.yml"), config);
        int port = Ports.free();
        Process process = new ProcessBuilder(List.of(
                        "prometheus",
                        "--config.file=" + file,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--enable-feature=exemplar-storage",
                        "--log.level=warn"))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("prometheus.log").toFile())
                .start();
        return new Prometheus(process, port);
    }

    /** The result of an instant query. */
    List<JsonNode> query(String promQl) {
        return List.copyOf(get("query?query=" + encoded(promQl)).path("result").values());
    }

    /** Exemplars of the last hour. */
    List<JsonNode> exemplars(String promQl) {
        long now = System.currentTimeMillis() / 1000;
        return List.copyOf(
                get("query_exemplars?query=%s&start=%d&end=%d".formatted(encoded(promQl), now - 3600, now + 1))
                        .values());
    }

    private JsonNode get(String path) {
        try {
            HttpResponse<String> answer = HTTP.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/" + path))
                            .timeout(Duration.ofSeconds(10))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            JsonNode body = JsonMapper.shared().readTree(answer.body());
            if (answer.statusCode() != 200) {
                throw new IllegalArgumentException(body.path("error").asString(answer.body()));
            }
            return body.path("data");
        } catch (IOException e) {
            throw new IllegalStateException("Prometheus does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
