package io.voiceagent.simulator;

import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The results of a simulated search, in Tavily's shape. Pure: the same request gives the same results.
 *
 * @see <a href="https://docs.tavily.com/documentation/api-reference/endpoint/search">Tavily Search</a>
 */
final class SearchScript {

    private static final int DEFAULT_RESULTS = 5;
    private static final int MAX_RESULTS = 20;

    private SearchScript() {}

    /** @throws InvalidRequest naming the parameter at fault */
    static String query(JsonNode body) {
        JsonNode query = body.path("query");
        if (!query.isString() || query.stringValue().isBlank()) {
            throw new InvalidRequest("query", "Query is missing.");
        }
        return query.stringValue();
    }

    /**
     * @param responseSeconds what to state as the time taken
     * @throws InvalidRequest naming the parameter at fault
     */
    static ObjectNode results(JsonNode body, double responseSeconds) {
        String query = query(body);
        int most = body.path("max_results").asInt(DEFAULT_RESULTS);
        if (most < 0 || most > MAX_RESULTS) {
            throw new InvalidRequest("max_results", "Max results must be 0 to " + MAX_RESULTS + ".");
        }
        String subject = Markers.of(query).plainText();
        ObjectNode answer = JsonNodeFactory.instance.objectNode().put("query", query);
        if (asks(body.path("include_answer"))) {
            answer.put("answer", "Simulated search, nothing was looked up: " + subject);
        } else {
            answer.putNull("answer");
        }
        answer.putArray("images");
        ArrayNode results = answer.putArray("results");
        for (int i = 1; i <= most; i++) {
            ObjectNode result = results.addObject()
                    .put("title", "Simulated result " + i + " for " + subject)
                    .put("url", "https://example.com/" + slug(subject) + "/" + i)
                    .put("content", "Simulated content " + i + " about " + subject + ". No search was made.")
                    .put("score", Math.round((1 - i * 0.04) * 1e4) / 1e4);
            if (asks(body.path("include_raw_content"))) {
                result.put("raw_content", "Simulated page " + i + " about " + subject + ".");
            } else {
                result.putNull("raw_content");
            }
        }
        return answer.put("response_time", responseSeconds).put("request_id", "simulated-" + slug(subject));
    }

    private static boolean asks(JsonNode flag) {
        return flag.isString() || flag.asBoolean(false);
    }

    private static String slug(String text) {
        String slug = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        return slug.substring(0, Math.min(60, slug.length()));
    }
}
