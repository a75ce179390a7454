package io.voiceagent.dashboards;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One of everything that a client can do, and of what can go wrong: tools, streams, retries, failures, cancels, bad requests. */
final class Traffic {
    private static final String TOOLS =
            "\"tools\":[{\"type\":\"mcp\",\"server_label\":\"builtin\",\"require_approval\":\"never\"}]";
    private static final List<String> TURNS = List.of(
            "{\"input\":\"What is 17 * 23, and what time is it in Asia/Tokyo?\"," + TOOLS + "}",
            "{\"input\":\"[[call=web_search {\\\"query\\\":\\\"news\\\"}]] What is new?\",\"tools\":[{\"type\":\"web_search\"}]}",
            "{\"input\":\"Say something. [[tokens=30]]\",\"stream\":true}",
            "{\"input\":\"Once more. [[fault=500:1]]\"}",
            "{\"input\":\"Fail. [[fault=badtype]]\"}",
            "{\"input\":\"[[call=calculator {\\\"wrong\\\":1}]] Try.\"," + TOOLS + "}",
            "{\"input\":5}");

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url;
    private final String key;

    Traffic(String url, String key) {
        this.url = url + "/api/v1/responses";
        this.key = key;
    }

    /** Returns when all of it is answered. */
    void once() throws IOException, InterruptedException {
        List<Integer> statuses = new ArrayList<>();
        for (String turn : TURNS) {
            statuses.add(send("", turn).statusCode());
        }
        if (!statuses.equals(List.of(200, 200, 200, 200, 200, 200, 400))) {
            throw new IllegalStateException("the answers were " + statuses);
        }
        String accepted = send("", "{\"input\":\"Slowly. [[tokens=2000]] [[tps=20]]\",\"background\":true}")
                .body();
        String id = accepted.replaceFirst("(?s).*?\"id\":\"(resp_[^\"]+)\".*", "$1");
        if (send("/" + id + "/cancel", "").statusCode() != 200) {
            throw new IllegalStateException("the turn could not be cancelled");
        }
    }

    private HttpResponse<String> send(String path, String body) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", "Bearer " + key)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
