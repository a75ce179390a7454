package io.voiceagent.tool.tools.websearch;

import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.tool.core.Descriptions;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolCall;
import io.voiceagent.tool.core.ToolFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.databind.JsonNode;

/**
 * Searches the web through Tavily.
 *
 * @see <a href="https://docs.tavily.com/documentation/api-reference/endpoint/search">Tavily Search</a>
 */
public final class WebSearch implements Tool, AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final int MAX_BODY = 1024 * 1024;
    private static final int MAX_TRIES = 2;
    private static final Duration MIN_PAUSE = Duration.ofMillis(300);
    /** Who asks for a longer pause than this gets no second try: the model can say so sooner. */
    private static final Duration MAX_PAUSE = Duration.ofSeconds(3);

    private static final int DEFAULT_RESULTS = 5;
    private static final int MAX_RESULTS = 10;

    private static final ToolDescription DESCRIPTION = Descriptions.builtin(
            "web_search",
            ToolDescription.Kind.WEB_SEARCH,
            "Searches the web and returns titles, addresses and extracts of the best matching pages.",
            """
            {
              "type": "object",
              "properties": {
                "query": {
                  "type": "string",
                  "description": "What to search for",
                  "minLength": 1,
                  "maxLength": 400
                },
                "max_results": {
                  "type": "integer",
                  "description": "How many results, %d when left out",
                  "minimum": 1,
                  "maximum": %d
                }
              },
              "required": ["query"],
              "additionalProperties": false
            }
            """.formatted(DEFAULT_RESULTS, MAX_RESULTS),
            true,
            TIMEOUT,
            20_000);

    private final URI searchUrl;
    private final String apiKey;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER) // a redirect must not carry the key away
            .build();
    private final Retry retry = Retry.of(
            "web_search",
            RetryConfig.<String>custom()
                    .maxAttempts(MAX_TRIES)
                    .retryOnException(WebSearch::worthASecondTry)
                    .intervalBiFunction((attempt, failed) -> pauseAfter(failed.getLeft()))
                    .build());

    /** @param baseUrl without the path {@code /search} */
    public WebSearch(URI baseUrl, String apiKey) {
        String base = baseUrl.toString();
        this.searchUrl = URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/search");
        this.apiKey = apiKey;
    }

    @Override
    public ToolDescription description() {
        return DESCRIPTION;
    }

    @Override
    public String run(ToolCall call) throws Exception {
        call.progress("searching");
        try {
            return retry.executeCheckedSupplier(() -> search(call.arguments()));
        } catch (PassingRefusal e) {
            throw ToolFailure.failed(String.valueOf(e.getMessage()));
        } catch (HttpTimeoutException e) {
            throw ToolFailure.timeout("the search service did not answer in time");
        } catch (ConnectException e) {
            throw ToolFailure.failed("the search service can't be reached");
        } catch (IOException e) {
            throw ToolFailure.failed("the connection to the search service broke");
        } catch (Exception e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("the search broke", e);
        }
    }

    private static boolean worthASecondTry(Throwable failure) {
        return switch (failure) {
            case HttpTimeoutException timeout -> false;
            case PassingRefusal refusal -> refusal.retryAfterMillis <= MAX_PAUSE.toMillis();
            default -> failure instanceof IOException;
        };
    }

    private static long pauseAfter(Throwable failure) {
        long asked = failure instanceof PassingRefusal refusal ? refusal.retryAfterMillis : 0;
        return Math.max(asked, ThreadLocalRandom.current().nextLong(MIN_PAUSE.toMillis(), 2 * MIN_PAUSE.toMillis()));
    }

    /** The service could not now; the message is for the model. */
    private static final class PassingRefusal extends IOException {
        private static final long serialVersionUID = 1L;

        private final long retryAfterMillis;

        PassingRefusal(String message, long retryAfterMillis) {
            super(message);
            this.retryAfterMillis = retryAfterMillis;
        }
    }

    private String search(JsonNode arguments) throws IOException, InterruptedException, ToolFailure {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("query", arguments.path("query").asString());
        body.put("max_results", arguments.path("max_results").asInt(DEFAULT_RESULTS));
        body.put("search_depth", "basic");
        HttpRequest request = HttpRequest.newBuilder(searchUrl)
                .timeout(TIMEOUT.minusSeconds(1))
                .header("Authorization", "Bearer " + apiKey)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(BodyPublishers.ofByteArray(Json.write(body)))
                .build();
        HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
        try (InputStream content = response.body()) {
            requireOk(response);
            byte[] bytes = content.readNBytes(MAX_BODY + 1);
            if (bytes.length > MAX_BODY) {
                throw ToolFailure.failed("the search service answered with too much");
            }
            return results(new String(bytes, StandardCharsets.UTF_8));
        }
    }

    private static void requireOk(HttpResponse<?> response) throws IOException, ToolFailure {
        int status = response.statusCode();
        switch (status) {
            case 200 -> {}
            case 401, 403 -> throw ToolFailure.failed("the search service did not accept the key of this installation");
            case 429 -> throw new PassingRefusal("the search service is asked too often now", retryAfter(response));
            case 432, 433 -> throw ToolFailure.failed("the quota at the search service is used up");
            default -> {
                if (status >= 500) {
                    throw new PassingRefusal("the search service has a fault of its own (HTTP " + status + ")", 0);
                }
                throw ToolFailure.failed("the search service refused the query (HTTP " + status + ")");
            }
        }
    }

    /** Milliseconds; 0 when it is not said in seconds. */
    private static long retryAfter(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("[0-9]{1,6}"))
                .map(value -> Long.parseLong(value) * 1000)
                .orElse(0L);
    }

    /** Only what the model can use, and only of the expected shape. */
    private static String results(String body) throws ToolFailure {
        JsonNode answer;
        try {
            answer = Json.tree(body);
        } catch (MalformedMessageException e) {
            throw ToolFailure.failed("the search service answered with something else than results");
        }
        if (!answer.path("results").isArray()) {
            throw ToolFailure.failed("the search service answered with something else than results");
        }
        List<Map<String, String>> results = new ArrayList<>();
        for (JsonNode result : answer.path("results").values()) {
            Map<String, String> kept = new LinkedHashMap<>();
            for (String field : List.of("title", "url", "content")) {
                kept.put(field, result.path(field).asString(""));
            }
            results.add(kept);
            if (results.size() == MAX_RESULTS) {
                break;
            }
        }
        return Json.text(Map.of("results", results));
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
