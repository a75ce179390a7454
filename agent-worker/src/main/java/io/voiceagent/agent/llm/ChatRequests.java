package io.voiceagent.agent.llm;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.ImageContent.DetailLevel;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.openai.OpenAiChatRequestParameters;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ModelRequest;
import io.voiceagent.messages.ToolChoice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Turns a {@link ModelRequest} into a chat-completions request. Pure.
 *
 * <p>Tools, the choice of a tool and the format of the text go as custom parameters: langchain4j's own types hold only a
 * part of JSON Schema and cannot name a tool, and a schema must reach the model as it was written.
 */
final class ChatRequests {
    /** Told to the model for a call that nobody answered; the protocol wants an answer to each. */
    static final String NO_RESULT = "(There is no result: this call was not carried out.)";

    /** An empty content is refused by some servers. */
    private static final String EMPTY_RESULT = "(The result is empty.)";

    private final String defaultModel;
    private final MaxTokensField maxTokensField;
    private final boolean clientFields;

    /** Name of the field that bounds the answer; the newer one is refused by older servers, and the reverse. */
    enum MaxTokensField {
        MAX_TOKENS,
        MAX_COMPLETION_TOKENS
    }

    /**
     * @param defaultModel for requests that name none
     * @param clientFields whether the endpoint takes {@code prompt_cache_key} and {@code safety_identifier}
     */
    ChatRequests(String defaultModel, MaxTokensField maxTokensField, boolean clientFields) {
        this.defaultModel = defaultModel;
        this.maxTokensField = maxTokensField;
        this.clientFields = clientFields;
    }

    /** Name of the model that {@code request} goes to. */
    String model(ModelRequest request) {
        return request.model().isBlank() ? defaultModel : request.model();
    }

    ChatRequest toChat(ModelRequest request) {
        OpenAiChatRequestParameters.Builder parameters = OpenAiChatRequestParameters.builder();
        parameters.modelName(model(request));
        parameters.temperature(request.temperature());
        parameters.topP(request.topP());
        if (maxTokensField == MaxTokensField.MAX_TOKENS) {
            parameters.maxOutputTokens(request.maxOutputTokens());
        } else {
            parameters.maxCompletionTokens(request.maxOutputTokens());
        }
        String effort = text(request.reasoning(), "effort");
        if (effort != null) {
            parameters.reasoningEffort(effort);
        }
        if (!request.tools().isEmpty() && !request.parallelToolCalls()) {
            parameters.parallelToolCalls(false); // true is the default everywhere, and not every server knows the field
        }
        parameters.customParameters(customParameters(request));
        return ChatRequest.builder()
                .messages(messages(request.messages()))
                .parameters(parameters.build())
                .build();
    }

    private Map<String, Object> customParameters(ModelRequest request) {
        Map<String, Object> custom = new LinkedHashMap<>();
        if (!request.tools().isEmpty()) {
            custom.put("tools", request.tools().stream().map(ChatRequests::tool).toList());
            custom.put("tool_choice", toolChoice(request.toolChoice()));
        }
        JsonNode text = request.text();
        if (text != null) {
            Map<String, Object> format = responseFormat(text.path("format"));
            if (format != null) {
                custom.put("response_format", format);
            }
            String verbosity = text(text, "verbosity");
            if (verbosity != null) {
                custom.put("verbosity", verbosity);
            }
        }
        putIfThere(custom, "service_tier", request.serviceTier());
        Integer logprobs = request.topLogprobs();
        if (logprobs != null) {
            custom.put("logprobs", true);
            custom.put("top_logprobs", logprobs);
        }
        if (clientFields) {
            putIfThere(custom, "prompt_cache_key", request.promptCacheKey());
            putIfThere(custom, "safety_identifier", request.safetyIdentifier());
        }
        return custom;
    }

    private static Map<String, Object> tool(ModelRequest.Tool tool) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", tool.name());
        putIfThere(function, "description", tool.description());
        JsonNode parameters = tool.parameters();
        function.put(
                "parameters",
                parameters == null ? Map.of("type", "object", "properties", Map.of()) : plain(parameters));
        putIfThere(function, "strict", tool.strict());
        return Map.of("type", "function", "function", function);
    }

    private static Object toolChoice(ToolChoice choice) {
        return switch (choice.mode()) {
            case AUTO -> "auto";
            case NONE -> "none";
            case REQUIRED -> "required";
            case TOOL -> Map.of("type", "function", "function", Map.of("name", String.valueOf(choice.name())));
        };
    }

    /** From the Responses form (flat) to the chat-completions form (nested); null for plain text. */
    private static @Nullable Map<String, Object> responseFormat(JsonNode format) {
        return switch (format.path("type").asString("text")) {
            case "json_object" -> Map.of("type", "json_object");
            case "json_schema" -> {
                Map<String, Object> schema = new LinkedHashMap<>();
                for (String field : List.of("name", "description", "strict", "schema")) {
                    JsonNode value = format.path(field);
                    if (!value.isMissingNode() && !value.isNull()) {
                        schema.put(field, plain(value));
                    }
                }
                yield Map.of("type", "json_schema", "json_schema", schema);
            }
            default -> null;
        };
    }

    /**
     * The items as messages. What the model said between two other speakers is one assistant message, and the results of
     * its calls follow it directly, since the protocol wants them there; a call without a result gets {@link #NO_RESULT}. A
     * result without a call stays where it is, for the endpoint to refuse. Reasoning is not sent back.
     */
    private static List<ChatMessage> messages(List<Item> items) {
        Map<String, Item.ToolResult> results = items.stream()
                .filter(Item.ToolResult.class::isInstance)
                .map(Item.ToolResult.class::cast)
                .collect(Collectors.toMap(Item.ToolResult::callId, result -> result, (first, second) -> first));
        Set<String> calls = callIds(items);
        List<ChatMessage> messages = new ArrayList<>();
        List<Item> said = new ArrayList<>();
        for (Item item : items) {
            switch (item) {
                case Item.Message m when m.role() == Item.Role.ASSISTANT -> said.add(m);
                case Item.ToolCall call -> said.add(call);
                case Item.Message m -> {
                    addSaid(said, results, messages);
                    addOther(m, messages);
                }
                case Item.ToolResult result -> {
                    addSaid(said, results, messages);
                    if (!calls.contains(result.callId())) {
                        messages.add(result(result.callId(), String.valueOf(result.name()), result));
                    }
                }
                case Item.Reasoning _, Item.ApprovalAnswer _ -> {}
            }
        }
        addSaid(said, results, messages);
        return messages;
    }

    private static void addOther(Item.Message message, List<ChatMessage> messages) {
        if (message.role() == Item.Role.USER) {
            messages.add(
                    message.parts() == null
                            ? UserMessage.from(message.text())
                            : UserMessage.from(message.content().stream()
                                    .map(ChatRequests::part)
                                    .toList()));
        } else if (!message.text().isBlank()) {
            messages.add(SystemMessage.from(message.text()));
        }
    }

    private static Content part(Item.Content part) {
        return switch (part) {
            case Item.Content.Text(String text) -> TextContent.from(text);
            case Item.Content.Refusal(String text) -> TextContent.from(text);
            case Item.Content.Image image -> image(image);
        };
    }

    private static Content image(Item.Content.Image image) {
        DetailLevel detail = switch (image.detail()) {
            case "low" -> DetailLevel.LOW;
            case "high" -> DetailLevel.HIGH;
            default -> DetailLevel.AUTO;
        };
        return ImageContent.from(image.url(), detail);
    }

    private static void addSaid(List<Item> said, Map<String, Item.ToolResult> results, List<ChatMessage> messages) {
        String text = said.stream()
                .filter(Item.Message.class::isInstance)
                .map(item -> ((Item.Message) item).text())
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("\n"));
        List<Item.ToolCall> calls = said.stream()
                .filter(Item.ToolCall.class::isInstance)
                .map(Item.ToolCall.class::cast)
                .toList();
        said.clear();
        if (calls.isEmpty()) {
            if (!text.isEmpty()) {
                messages.add(AiMessage.from(text));
            }
            return;
        }
        AiMessage.Builder message = AiMessage.builder()
                .toolExecutionRequests(calls.stream()
                        .map(call -> ToolExecutionRequest.builder()
                                .id(call.callId())
                                .name(call.name())
                                .arguments(call.arguments())
                                .build())
                        .toList());
        messages.add((text.isEmpty() ? message : message.text(text)).build());
        for (Item.ToolCall call : calls) {
            messages.add(result(call.callId(), call.name(), results.get(call.callId())));
        }
    }

    private static ChatMessage result(String callId, String name, Item.@Nullable ToolResult result) {
        String output = result == null ? NO_RESULT : result.output();
        return ToolExecutionResultMessage.from(callId, name, output.isEmpty() ? EMPTY_RESULT : output);
    }

    /** Ids of all calls in {@code items}. */
    static Set<String> callIds(List<Item> items) {
        return items.stream()
                .filter(Item.ToolCall.class::isInstance)
                .map(item -> ((Item.ToolCall) item).callId())
                .collect(Collectors.toSet());
    }

    private static @Nullable String text(@Nullable JsonNode node, String field) {
        return node != null && node.path(field).isString() ? node.path(field).asString() : null;
    }

    private static void putIfThere(Map<String, Object> map, String key, @Nullable Object value) {
        if (value != null) {
            map.put(key, value);
        }
    }

    /** As maps and lists, for langchain4j's mapper, which is of another Jackson generation. */
    private static Object plain(JsonNode node) {
        return Json.mapper().convertValue(node, Object.class);
    }
}
