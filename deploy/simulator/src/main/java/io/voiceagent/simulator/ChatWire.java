package io.voiceagent.simulator;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The wire format of chat completions: the chunks of a stream, the whole object, and errors.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/chat-streaming">Chat completion chunk</a>
 */
final class ChatWire {

    static final JsonMapper JSON = JsonMapper.builder().build();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String FINGERPRINT = "fp_simulator";

    private final String id;
    private final long created;
    private final String model;
    private final boolean includeUsage;
    private final OptionalInt topLogprobs;
    private final String beforeDelta;
    private final String afterDelta;

    /**
     * @param id of the completion
     * @param created seconds since the epoch
     * @param topLogprobs candidates to tell at each token, empty when no log-probabilities are wanted
     */
    ChatWire(String id, long created, String model, boolean includeUsage, OptionalInt topLogprobs) {
        this.id = id;
        this.created = created;
        this.model = model;
        this.includeUsage = includeUsage;
        this.topLogprobs = topLogprobs;
        // All chunks of one answer differ in the delta alone; at hundreds of streams building the rest each time shows.
        this.beforeDelta =
                "data: {\"id\":" + quoted(id) + ",\"object\":\"chat.completion.chunk\",\"created\":" + created
                        + ",\"model\":" + quoted(model) + ",\"service_tier\":\"default\",\"system_fingerprint\":\""
                        + FINGERPRINT
                        + "\",\"choices\":[{\"index\":0,\"delta\":";
        this.afterDelta = "}]" + (includeUsage ? ",\"usage\":null" : "") + "}\n\n";
    }

    /** The chunk ahead of all tokens, which names the role. */
    byte[] roleChunk(boolean callsTools) {
        return chunk(
                "{\"role\":\"assistant\",\"content\":" + (callsTools ? "null" : "\"\"") + ",\"refusal\":null}", null);
    }

    /** The chunk of one token. */
    byte[] stepChunk(Step step) {
        return chunk(
                switch (step) {
                    case Step.Text(String token) -> "{\"content\":" + quoted(token) + "}";
                    case Step.Refusal(String token) -> "{\"refusal\":" + quoted(token) + "}";
                    case Step.Reasoning(String token) -> "{\"reasoning_content\":" + quoted(token) + "}";
                    case Step.ToolCall(int index, String callId, String name) ->
                        "{\"tool_calls\":[{\"index\":" + index + ",\"id\":" + quoted(callId)
                                + ",\"type\":\"function\",\"function\":{\"name\":" + quoted(name)
                                + ",\"arguments\":\"\"}}]}";
                    case Step.Arguments(int index, String fragment) ->
                        "{\"tool_calls\":[{\"index\":" + index + ",\"function\":{\"arguments\":" + quoted(fragment)
                                + "}}]}";
                },
                step instanceof Step.Text(String token) && topLogprobs.isPresent()
                        ? "{\"content\":[" + logprob(token) + "],\"refusal\":null}"
                        : "null",
                null);
    }

    /** Made up, and the same whenever the token is the same: it was the likeliest, and the others are variants of it. */
    private ObjectNode logprob(String token) {
        ObjectNode logprob = candidate(token, 0);
        ArrayNode top = logprob.putArray("top_logprobs");
        for (int i = 0; i < topLogprobs.orElse(0); i++) {
            top.add(candidate(i == 0 ? token : token + i, i));
        }
        return logprob;
    }

    private static ObjectNode candidate(String token, int rank) {
        ObjectNode candidate =
                NODES.objectNode().put("token", token).put("logprob", -(1 + token.length() % 8) / 8.0 - rank);
        ArrayNode bytes = candidate.putArray("bytes");
        for (byte each : utf8(token)) {
            bytes.add(each & 0xff);
        }
        return candidate;
    }

    /** What follows the last token: the finish reason, usage when it was asked for, and the end mark. */
    byte[] end(String finishReason, Usage usage) {
        String finish = new String(chunk("{}", finishReason), StandardCharsets.UTF_8);
        ObjectNode usageChunk = envelope("chat.completion.chunk");
        usageChunk.set("choices", NODES.arrayNode());
        usageChunk.set("usage", usage(usage));
        return utf8(finish + (includeUsage ? "data: " + usageChunk + "\n\n" : "") + "data: [DONE]\n\n");
    }

    /** The answer as one object, for a request that does not stream. */
    byte[] whole(List<Step> steps, String finishReason, Usage usage) {
        StringBuilder content = new StringBuilder();
        StringBuilder refusal = new StringBuilder();
        StringBuilder reasoning = new StringBuilder();
        ArrayNode calls = NODES.arrayNode();
        for (Step step : steps) {
            switch (step) {
                case Step.Text(String token) -> content.append(token);
                case Step.Refusal(String token) -> refusal.append(token);
                case Step.Reasoning(String token) -> reasoning.append(token);
                case Step.ToolCall(int index, String callId, String name) -> {
                    ObjectNode call = calls.addObject().put("id", callId).put("type", "function");
                    call.putObject("function").put("name", name).put("arguments", "");
                }
                case Step.Arguments(int index, String fragment) -> {
                    ObjectNode function = (ObjectNode) calls.get(index).get("function");
                    function.put("arguments", function.get("arguments").stringValue() + fragment);
                }
            }
        }
        ObjectNode message = NODES.objectNode().put("role", "assistant");
        message.put("content", content.isEmpty() ? null : content.toString());
        message.put("refusal", refusal.isEmpty() ? null : refusal.toString());
        if (!reasoning.isEmpty()) {
            message.put("reasoning_content", reasoning.toString());
        }
        if (!calls.isEmpty()) {
            message.set("tool_calls", calls);
        }
        ObjectNode body = envelope("chat.completion");
        ObjectNode choice = body.putArray("choices").addObject().put("index", 0);
        choice.set("message", message);
        if (topLogprobs.isPresent()) {
            ObjectNode logprobs = choice.putObject("logprobs").putNull("refusal");
            ArrayNode tokens = logprobs.putArray("content");
            steps.forEach(step -> {
                if (step instanceof Step.Text(String token)) {
                    tokens.add(logprob(token));
                }
            });
        } else {
            choice.putNull("logprobs");
        }
        choice.put("finish_reason", finishReason);
        body.set("usage", usage(usage));
        return utf8(body.toString());
    }

    /** An error in OpenAI's shape. */
    static byte[] error(String message, String type, @Nullable String param, @Nullable String code) {
        ObjectNode body = NODES.objectNode();
        body.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param)
                .put("code", code);
        return utf8(body.toString());
    }

    /** The list of models: the one that the simulator is, which answers to any other name too. */
    static byte[] models() {
        ObjectNode body = NODES.objectNode().put("object", "list");
        body.putArray("data")
                .addObject()
                .put("id", "simulator")
                .put("object", "model")
                .put("created", 0)
                .put("owned_by", "voice-agent-simulator");
        return utf8(body.toString());
    }

    private byte[] chunk(String delta, @Nullable String finishReason) {
        return chunk(delta, "null", finishReason);
    }

    private byte[] chunk(String delta, String logprobs, @Nullable String finishReason) {
        return utf8(beforeDelta + delta + ",\"logprobs\":" + logprobs + ",\"finish_reason\":"
                + (finishReason == null ? "null" : quoted(finishReason)) + afterDelta);
    }

    private ObjectNode envelope(String object) {
        return NODES.objectNode()
                .put("id", id)
                .put("object", object)
                .put("created", created)
                .put("model", model)
                .put("service_tier", "default")
                .put("system_fingerprint", FINGERPRINT);
    }

    private static ObjectNode usage(Usage usage) {
        ObjectNode node = NODES.objectNode()
                .put("prompt_tokens", usage.promptTokens())
                .put("completion_tokens", usage.completionTokens())
                .put("total_tokens", usage.totalTokens());
        node.putObject("prompt_tokens_details").put("cached_tokens", 0).put("audio_tokens", 0);
        node.putObject("completion_tokens_details").put("reasoning_tokens", usage.reasoningTokens());
        return node;
    }

    private static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
