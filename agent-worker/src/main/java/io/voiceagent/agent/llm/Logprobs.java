package io.voiceagent.agent.llm;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The log-probabilities of a chunk of chat completions; langchain4j hands them on to nobody. Pure. */
final class Logprobs {
    /** What endpoints give beside the candidates that were asked for. */
    private static final int MAX_TOP = 20;

    private Logprobs() {}

    /** Those of the chunk's text, in order; none when the endpoint gives none, or none that can be read. */
    static List<TokenLogprob> of(String chunk) {
        JsonNode content;
        try {
            content = Json.tree(chunk).path("choices").path(0).path("logprobs").path("content");
        } catch (MalformedMessageException e) {
            return List.of();
        }
        List<TokenLogprob> logprobs = new ArrayList<>();
        for (JsonNode each : content) {
            if (isUsable(each)) {
                List<TokenLogprob.Candidate> top = each.path("top_logprobs")
                        .valueStream()
                        .filter(Logprobs::isUsable)
                        .limit(MAX_TOP)
                        .map(candidate -> new TokenLogprob.Candidate(
                                token(candidate), candidate.path("logprob").doubleValue(), bytes(candidate)))
                        .toList();
                logprobs.add(new TokenLogprob(token(each), each.path("logprob").doubleValue(), bytes(each), top));
            }
        }
        return logprobs;
    }

    private static boolean isUsable(JsonNode node) {
        return node.path("token").isString() && node.path("logprob").isNumber();
    }

    private static String token(JsonNode node) {
        return node.path("token").stringValue();
    }

    /** Null when they follow from the text, as nearly always. */
    private static @Nullable List<Integer> bytes(JsonNode node) {
        JsonNode given = node.path("bytes");
        if (!given.isArray() || !given.valueStream().allMatch(JsonNode::isIntegralNumber)) {
            return null;
        }
        List<Integer> bytes =
                given.valueStream().map(each -> each.intValue() & 0xff).toList();
        return bytes.equals(TokenLogprob.bytes(token(node), null)) ? null : bytes;
    }
}
