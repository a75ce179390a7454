package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.follow.ToolCatalogue;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the body of {@code POST /responses}. */
public final class CreateRequestParser {
    private static final String LEAVE_OUT = "Leave it out.";
    /** Asked for by clients with each web search. The searches here tell their sources to the model alone, so there are none to include. */
    private static final String SOURCES = "web_search_call.action.sources";

    private final ToolCatalogue catalogue;
    private final @Nullable String defaultModel;

    /** @param defaultModel for requests that name no model; null: each must name one */
    public CreateRequestParser(ToolCatalogue catalogue, @Nullable String defaultModel) {
        this.catalogue = catalogue;
        this.defaultModel = defaultModel;
    }

    /**
     * Reads a body.
     *
     * @throws Refusal naming the first field at fault
     */
    public CreateRequest parse(byte[] body) {
        return parse(BodyReader.read(body));
    }

    /**
     * Reads a body that is a tree already.
     *
     * @throws Refusal naming the first field at fault
     */
    public CreateRequest parse(ObjectNode body) {
        Fields root = Fields.of(body);
        root.unsupported(
                "Use previous_response_id to go on from an earlier response.", "conversation", "context_management");
        root.unsupported(LEAVE_OUT, "prompt", "prompt_cache_retention", "prompt_cache_options", "moderation");
        String model = model(root);
        String previous = root.text("previous_response_id", Limits.ID_CHARS);
        List<Item> input = InputParser.parse(root.requiredAny("input"), root.path("input"), previous != null);
        ToolsParser toolsParser = new ToolsParser(catalogue);
        List<ToolSpec> tools = toolsParser.tools(root);
        ToolChoice toolChoice = toolsParser.choice(root);
        boolean stream = root.flag("stream", false);
        requireOnlyDefaults(root, stream);
        ResponseSpec spec = ResponseSpec.builder(model, input)
                .instructions(root.text("instructions", Limits.TEXT_CHARS))
                .tools(tools)
                .toolChoice(toolChoice)
                .parallelToolCalls(root.flag("parallel_tool_calls", true))
                .background(root.flag("background", false))
                .previousResponseId(previous)
                .metadata(metadata(root))
                .maxOutputTokens(root.integer("max_output_tokens", 1, Integer.MAX_VALUE))
                .maxToolCalls(root.integer("max_tool_calls", 1, Integer.MAX_VALUE))
                .temperature(root.number("temperature", 0, 2))
                .topP(root.number("top_p", 0, 1))
                .text(text(root))
                .reasoning(reasoning(root))
                .safetyIdentifier(root.text("safety_identifier", Limits.TAG_CHARS))
                .promptCacheKey(root.text("prompt_cache_key", Limits.TAG_CHARS))
                .store(root.flag("store", true))
                .build();
        root.end();
        return new CreateRequest(spec, stream);
    }

    private String model(Fields root) {
        if (root.has("model")) {
            return root.requiredText("model", Limits.ID_CHARS);
        }
        root.any("model");
        if (defaultModel == null) {
            throw Fields.missing("model");
        }
        return defaultModel;
    }

    /** Fields that are part of the dialect, of which only what this server does anyway is taken. */
    private static void requireOnlyDefaults(Fields root, boolean stream) {
        String truncation = root.oneOf("truncation", List.of("disabled", "auto"));
        if ("auto".equals(truncation)) {
            throw Fields.unsupportedValue("truncation", "Use 'disabled'.");
        }
        String tier = root.text("service_tier", Limits.ID_CHARS);
        if (tier != null && !List.of("auto", "default").contains(tier)) {
            throw Fields.unsupportedValue("service_tier", "Use 'auto' or 'default'.");
        }
        List<JsonNode> include = root.array("include", Limits.CONTENT_PARTS);
        for (int i = 0; include != null && i < include.size(); i++) {
            String path = "include[%d]".formatted(i);
            if (!Fields.text(include.get(i), path, Limits.ID_CHARS).equals(SOURCES)) {
                throw Fields.unsupportedValue(path, "Nothing of that name can be included: leave it out.");
            }
        }
        for (String name : List.of("top_logprobs", "presence_penalty", "frequency_penalty")) {
            Double number = root.number(name, -20, 20);
            if (number != null && number != 0) {
                throw Fields.unsupportedValue(name, "Use 0, or leave it out.");
            }
        }
        streamOptions(root, stream);
    }

    private static void streamOptions(Fields root, boolean stream) {
        Fields options = root.object("stream_options");
        if (options == null) {
            return;
        }
        if (!stream) {
            throw new Refusal(Code.INVALID_VALUE, options.path(), "'stream_options' needs 'stream' to be true.");
        }
        if (options.flag("include_obfuscation", false)) {
            throw Fields.unsupportedValue(
                    options.path("include_obfuscation"), "Events are never padded here: use false.");
        }
        options.end();
    }

    private static Map<String, String> metadata(Fields root) {
        JsonNode value = root.any("metadata");
        if (value == null) {
            return Map.of();
        }
        if (!value.isObject()) {
            throw Fields.wrongType("metadata", "an object", value);
        }
        if (value.size() > Limits.METADATA_PAIRS) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    "metadata",
                    "'metadata' has more than %d pairs.".formatted(Limits.METADATA_PAIRS));
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> pair : value.properties()) {
            if (pair.getKey().isEmpty() || pair.getKey().length() > Limits.METADATA_KEY_CHARS) {
                throw new Refusal(
                        Code.INVALID_VALUE,
                        "metadata",
                        "Keys of 'metadata' must have 1 to %d characters.".formatted(Limits.METADATA_KEY_CHARS));
            }
            metadata.put(
                    pair.getKey(),
                    Fields.text(pair.getValue(), "metadata." + pair.getKey(), Limits.METADATA_VALUE_CHARS));
        }
        return metadata;
    }

    private static @Nullable JsonNode text(Fields root) {
        JsonNode value = root.any("text");
        if (value == null) {
            return null;
        }
        Fields text = Fields.of(value, "text");
        Fields format = text.object("format");
        if (format != null) {
            String type = format.requiredText("type", Limits.ID_CHARS);
            if (!type.equals("text")) {
                throw Fields.unsupportedValue(format.path("type"), "Use 'text'.");
            }
            format.end();
        }
        String verbosity = text.oneOf("verbosity", List.of("low", "medium", "high"));
        if (verbosity != null && !verbosity.equals("medium")) {
            throw Fields.unsupportedValue(text.path("verbosity"), "Use 'medium', or say it in 'instructions'.");
        }
        text.end();
        return value;
    }

    private static @Nullable JsonNode reasoning(Fields root) {
        JsonNode value = root.any("reasoning");
        if (value == null) {
            return null;
        }
        Fields reasoning = Fields.of(value, "reasoning");
        reasoning.oneOf("effort", List.of("none", "minimal", "low", "medium", "high", "xhigh"));
        for (String name : List.of("summary", "generate_summary")) {
            if (reasoning.any(name) != null) {
                throw Fields.unsupportedValue(
                        reasoning.path(name), "Reasoning is shown as the model gives it, and never summarised.");
            }
        }
        reasoning.end();
        return value;
    }
}
