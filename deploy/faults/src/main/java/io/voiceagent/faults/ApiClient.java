package io.voiceagent.faults;

import io.voiceagent.messages.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A client of the public API that keeps what it was sent, byte for byte, and when. */
public final class ApiClient {
    private final String base;
    private final String key;

    /** @param base for example {@code http://127.0.0.1:8000} */
    public ApiClient(String base, String key) {
        this.base = base + "/api/v1";
        this.key = key;
    }

    /**
     * One event as it came.
     *
     * @param data the text of its data line
     * @param nanos when it was read, {@link System#nanoTime}
     */
    public record Event(String name, String data, long nanos) {
        /** The data as a tree. */
        public JsonNode json() {
            return Json.tree(data);
        }
    }

    /** Posts a body to {@code /responses}. */
    public HttpResponse<String> create(String body) {
        return send(request("/responses").POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Posts a body to {@code path}, and waits for 10 s at the most. */
    public HttpResponse<String> create(String path, String body, @Nullable String idempotencyKey) {
        HttpRequest.Builder request =
                request(path).timeout(Duration.ofSeconds(10)).POST(HttpRequest.BodyPublishers.ofString(body));
        return send(idempotencyKey == null ? request : request.header("Idempotency-Key", idempotencyKey));
    }

    /**
     * Reads the events of a response after those that are there, and adds them, until {@code most} are there, the stream ends or breaks,
     * or nothing comes for a while.
     *
     * @return the HTTP status; 0: no answer, or a stream that broke off
     */
    public int follow(String id, List<Event> events, int most, Duration silence) {
        HttpRequest request = request("/responses/" + id + "?stream=true"
                        + (events.isEmpty() ? "" : "&starting_after=" + (events.size() - 1)))
                .timeout(silence)
                .build();
        try {
            HttpResponse<InputStream> response = Http.CLIENT.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body();
                    Watchdog dog = Watchdog.over(body, silence)) {
                if (response.statusCode() == 200) {
                    BufferedReader lines = new BufferedReader(new InputStreamReader(
                            body, StandardCharsets.UTF_8)); // the body is closed, which is all it holds
                    read(lines, events, most, dog);
                }
                return response.statusCode();
            }
        } catch (IOException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Posts nothing to {@code path}. */
    public HttpResponse<String> post(String path) {
        return send(request(path).POST(HttpRequest.BodyPublishers.noBody()));
    }

    /** Gets {@code path}. */
    public HttpResponse<String> get(String path) {
        return send(request(path));
    }

    /** The response object, polled until it has ended. */
    public JsonNode awaitEnd(String id, Duration atMost) {
        JsonNode[] last = new JsonNode[1];
        Cluster.await("the end of " + id, atMost, () -> {
            last[0] = Json.tree(get("/responses/" + id).body());
            String status = last[0].path("status").asString("");
            return !status.equals("queued") && !status.equals("in_progress") && !status.isEmpty();
        });
        return last[0];
    }

    /** Posts a streaming turn and reads its events to the end of the stream. */
    public List<Event> createStream(String body) {
        return events(request("/responses").POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** The same, but hangs up after so many events. */
    public List<Event> createStreamFirst(String body, int count) {
        return events(request("/responses").POST(HttpRequest.BodyPublishers.ofString(body)), count);
    }

    /** Reads the events of a response after {@code startingAfter} (-1: all) to the end of the stream. */
    public List<Event> stream(String id, long startingAfter) {
        return events(request(
                "/responses/" + id + "?stream=true" + (startingAfter < 0 ? "" : "&starting_after=" + startingAfter)));
    }

    /** The same, but hangs up after so many events. */
    public List<Event> streamFirst(String id, long startingAfter, int count) {
        return events(
                request("/responses/" + id + "?stream=true"
                        + (startingAfter < 0 ? "" : "&starting_after=" + startingAfter)),
                count);
    }

    /** The same, as a browser asks for it when it comes back. */
    public List<Event> resume(String id, long lastEventId) {
        return events(request("/responses/" + id + "?stream=true").header("Last-Event-ID", Long.toString(lastEventId)));
    }

    private List<Event> events(HttpRequest.Builder request) {
        return events(request, Integer.MAX_VALUE);
    }

    private List<Event> events(HttpRequest.Builder request, int most) {
        List<Event> events = new ArrayList<>();
        try {
            HttpResponse<InputStream> response =
                    Http.CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                if (response.statusCode() != 200) {
                    throw new IllegalStateException(response.statusCode() + ": " + lines.readLine());
                }
                read(lines, events, most, Watchdog.NONE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("after " + events.size() + " events", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return events;
    }

    private static void read(BufferedReader lines, List<Event> events, int most, Watchdog dog) throws IOException {
        String name = "";
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("event:")) {
                name = line.substring(6).strip();
            } else if (line.startsWith("data:")) {
                String data = line.substring(5).strip();
                if (data.equals("[DONE]")) {
                    return;
                }
                events.add(new Event(name, data, System.nanoTime()));
                dog.calm();
                if (events.size() >= most) {
                    return;
                }
            }
        }
        throw new IOException("the stream ended without [DONE]");
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Duration.ofMinutes(3))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json");
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        return Http.send(request.build());
    }
}
