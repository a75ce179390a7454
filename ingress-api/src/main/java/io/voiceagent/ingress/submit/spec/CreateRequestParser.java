package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.follow.ToolCatalogue;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Price;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolSpec;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the body of {@code POST /responses}. */
public final class CreateRequestParser {
    private static final String LEAVE_OUT = "Leave it out.";
    /** Asked for by clients with each web search. The searches here tell their sources to the model alone, so there are none to include. */
    private static final String SOURCES = "web_search_call.action.sources";
    /** What is there anyway, or never is. */
    private static final Set<String> INCLUDED = Set.of(SOURCES, "message.input_image.image_url");

    private static final String LOGPROBS = "message.output_text.logprobs";
    private static final int MOST_TOP_LOGPROBS = 20;
    private static final Map<String, String> NOT_INCLUDED =
            Map.of("reasoning.encrypted_content", "Reasoning is told as text: go on by 'previous_response_id'.");

    private static final double LEAST_COST = 0.000_001;
    private static final double MOST_COST = 1_000_000;

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
        root.unsupported("Use previous_response_id to go on from an earlier response.", "context_management");
        root.unsupported(LEAVE_OUT, "prompt", "prompt_cache_retention", "prompt_cache_options", "moderation");
        String model = model(root);
        String previous = root.text("previous_response_id", Limits.ID_CHARS);
        String conversation = ConversationParser.conversation(root, previous != null);
        List<Item> input = InputParser.parse(
                root.requiredAny("input"), root.path("input"), previous != null || conversation != null);
        ToolsParser toolsParser = new ToolsParser(catalogue);
        List<ToolSpec> tools = toolsParser.tools(root);
        ToolChoice toolChoice = toolsParser.choice(root);
        boolean stream = root.flag("stream", false);
        boolean logprobs = include(root);
        requireOnlyDefaults(root, stream);
        ResponseSpec spec = ResponseSpec.builder(model, input)
                .instructions(root.text("instructions", Limits.TEXT_CHARS))
                .tools(tools)
                .toolChoice(toolChoice)
                .parallelToolCalls(root.flag("parallel_tool_calls", true))
                .background(root.flag("background", false))
                .previousResponseId(previous)
                .conversationId(conversation)
                .concurrency(ConversationParser.concurrency(root, conversation != null))
                .metadata(ConversationParser.metadata(root))
                .maxOutputTokens(root.integer("max_output_tokens", 1, Integer.MAX_VALUE))
                .maxToolCalls(root.integer("max_tool_calls", 1, Integer.MAX_VALUE))
                .spend(spend(root))
                .temperature(root.number("temperature", 0, 2))
                .topP(root.number("top_p", 0, 1))
                .text(TextParser.text(root))
                .reasoning(reasoning(root))
                .safetyIdentifier(root.text("safety_identifier", Limits.TAG_CHARS))
                .promptCacheKey(root.text("prompt_cache_key", Limits.TAG_CHARS))
                .store(root.flag("store", true))
                .truncation(truncation(root))
                .serviceTier(serviceTier(root))
                .topLogprobs(topLogprobs(root, logprobs))
                .build();
        root.end();
        return new CreateRequest(spec, stream);
    }

    /** An extension: what the turn may cost, US dollars. */
    private static ResponseSpec.@Nullable Spend spend(Fields root) {
        Double dollars = root.number("max_cost", LEAST_COST, MOST_COST);
        if (dollars == null) {
            return null;
        }
        long picodollars = Math.round(dollars * Price.DOLLAR);
        return new ResponseSpec.Spend(picodollars, null, null);
    }

    private static ResponseSpec.@Nullable Truncation truncation(Fields root) {
        return "auto".equals(root.oneOf("truncation", List.of("disabled", "auto")))
                ? ResponseSpec.Truncation.AUTO
                : null;
    }

    /** The default is not told to the model endpoint: not every one knows the field. */
    private static @Nullable String serviceTier(Fields root) {
        String tier = root.text("service_tier", Limits.ID_CHARS);
        if (tier != null && !List.of("auto", "default", "flex", "priority").contains(tier)) {
            throw Fields.unsupportedValue(root.path("service_tier"), "Use 'auto', 'default', 'flex' or 'priority'.");
        }
        return tier == null || tier.equals("auto") || tier.equals("default") ? null : tier;
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

    /** How many candidates are wanted with each log-probability, null when none are wanted at all. */
    private static @Nullable Integer topLogprobs(Fields root, boolean included) {
        Integer top = root.integer("top_logprobs", 0, MOST_TOP_LOGPROBS);
        if (included) {
            return top == null ? 0 : top;
        }
        return top == null || top == 0 ? null : top;
    }

    /** Whether log-probabilities are among what is to be included. */
    private static boolean include(Fields root) {
        boolean logprobs = false;
        List<JsonNode> include = root.array("include", Limits.CONTENT_PARTS);
        for (int i = 0; include != null && i < include.size(); i++) {
            String path = "include[%d]".formatted(i);
            String name = Fields.text(include.get(i), path, Limits.ID_CHARS);
            if (name.equals(LOGPROBS)) {
                logprobs = true;
            } else if (!INCLUDED.contains(name)) {
                throw Fields.unsupportedValue(path, NOT_INCLUDED.getOrDefault(name, "There is nothing of that name."));
            }
        }
        return logprobs;
    }

    /** Fields that are part of the dialect, of which only what this server does anyway is taken. */
    private static void requireOnlyDefaults(Fields root, boolean stream) {
        for (String name : List.of("presence_penalty", "frequency_penalty")) {
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
