package io.voiceagent.simulator;

import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the simulator needs of a chat-completions request, checked as strictly as the real service does where a client
 * can go wrong: roles, the pairing of tool calls with their results, tool definitions, limits.
 *
 * @param tools the tools that may be called, after {@code allowed_tools}
 * @param format {@code response_format}
 * @param topLogprobs {@code top_logprobs}, empty when no {@code logprobs} are wanted
 * @param maxTokens {@code max_completion_tokens}, or the older {@code max_tokens}
 * @see <a href="https://platform.openai.com/docs/api-reference/chat/create">Create chat completion</a>
 */
record ChatRequest(
        String model,
        List<Message> messages,
        List<Tool> tools,
        ToolChoice toolChoice,
        boolean parallelToolCalls,
        Format format,
        OptionalInt topLogprobs,
        OptionalInt maxTokens,
        boolean stream,
        boolean includeUsage) {

    private static final Set<String> ROLES = Set.of("developer", "system", "user", "assistant", "tool");
    private static final int MAX_TOOLS = 128;

    /**
     * One message.
     *
     * @param text its text parts, joined; empty when it has none
     * @param images what is known of its images, one by one
     * @param toolCallIds ids of the calls an assistant message makes
     * @param toolCallNames names of the functions called, in the same order
     * @param toolCallId the call that a tool message answers
     */
    record Message(
            String role,
            String text,
            List<String> images,
            List<String> toolCallIds,
            List<String> toolCallNames,
            @Nullable String toolCallId) {}

    /** A function that may be called. */
    record Tool(String name, JsonNode parameters) {}

    /** {@code response_format}. */
    sealed interface Format {
        /** Any text. */
        record Text() implements Format {}

        /** A JSON object. */
        record Json() implements Format {}

        /** JSON of a schema. */
        record Schema(JsonNode schema) implements Format {}
    }

    /** {@code tool_choice}. */
    sealed interface ToolChoice {
        /** Call a tool where the text asks for it. */
        record Auto() implements ToolChoice {}

        /** Call no tool. */
        record None() implements ToolChoice {}

        /** Call at least one tool. */
        record Required() implements ToolChoice {}

        /** Call this tool. */
        record Named(String name) implements ToolChoice {}
    }

    /** @throws InvalidRequest naming the parameter at fault */
    static ChatRequest parse(JsonNode body) {
        if (!body.isObject()) {
            throw new InvalidRequest(null, "the body must be a JSON object");
        }
        if (body.path("n").asInt(1) != 1) {
            throw new InvalidRequest("n", "the simulator gives one choice; n must be 1");
        }
        String model = requiredText(body, "model", "model");
        List<Message> messages = messages(body.path("messages"));
        List<Tool> offered = tools(body.path("tools"));
        JsonNode choice = body.path("tool_choice");
        return new ChatRequest(
                model,
                messages,
                allowed(choice, offered),
                toolChoice(choice, offered),
                body.path("parallel_tool_calls").asBoolean(true),
                format(body.path("response_format")),
                topLogprobs(body),
                maxTokens(body),
                body.path("stream").asBoolean(false),
                body.path("stream_options").path("include_usage").asBoolean(false));
    }

    /** The text of the last user message; empty when there is none. */
    String lastUserText() {
        int last = lastUserIndex();
        return last < 0 ? "" : messages.get(last).text();
    }

    /** The messages after the last user message: what has happened in this turn so far. */
    List<Message> sinceLastUser() {
        return messages.subList(lastUserIndex() + 1, messages.size());
    }

    private int lastUserIndex() {
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i).role().equals("user")) {
                return i;
            }
        }
        return -1;
    }

    private static OptionalInt topLogprobs(JsonNode body) {
        JsonNode top = body.path("top_logprobs");
        boolean wanted = body.path("logprobs").asBoolean(false);
        if (top.isMissingNode() || top.isNull()) {
            return wanted ? OptionalInt.of(0) : OptionalInt.empty();
        }
        if (!wanted) {
            throw new InvalidRequest("top_logprobs", "top_logprobs needs logprobs to be true");
        }
        if (!top.isIntegralNumber() || top.asInt() < 0 || top.asInt() > 20) {
            throw new InvalidRequest("top_logprobs", "top_logprobs must be a whole number from 0 to 20");
        }
        return OptionalInt.of(top.intValue());
    }

    private static OptionalInt maxTokens(JsonNode body) {
        for (String name : List.of("max_completion_tokens", "max_tokens")) {
            JsonNode value = body.path(name);
            if (value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 1) {
                return OptionalInt.of(value.intValue());
            }
            if (!value.isMissingNode() && !value.isNull()) {
                throw new InvalidRequest(name, name + " must be a whole number of at least 1");
            }
        }
        return OptionalInt.empty();
    }

    private static List<Message> messages(JsonNode array) {
        if (!array.isArray() || array.isEmpty()) {
            throw new InvalidRequest("messages", "messages must be an array of at least one message");
        }
        List<Message> messages = new ArrayList<>();
        Set<String> unanswered = new HashSet<>();
        for (int i = 0; i < array.size(); i++) {
            Message message = message(array.get(i), "messages[" + i + "]");
            String param = "messages[" + i + "].role";
            if (message.role().equals("tool")) {
                if (!unanswered.remove(message.toolCallId())) {
                    throw new InvalidRequest(
                            param,
                            "a message of role 'tool' must answer a tool call of the assistant message before it");
                }
            } else if (!unanswered.isEmpty()) {
                throw new InvalidRequest(
                        param,
                        "an assistant message with tool_calls must be followed by a tool message for each id;"
                                + " missing: " + String.join(", ", unanswered));
            }
            unanswered.addAll(message.toolCallIds());
            messages.add(message);
        }
        if (!unanswered.isEmpty()) {
            throw new InvalidRequest("messages", "no tool message for the tool calls " + String.join(", ", unanswered));
        }
        return List.copyOf(messages);
    }

    private static Message message(JsonNode node, String param) {
        String role = requiredText(node, "role", param + ".role").toLowerCase(Locale.ROOT);
        if (!ROLES.contains(role)) {
            throw new InvalidRequest(param + ".role", "'" + role + "' is not a role");
        }
        List<String> ids = new ArrayList<>();
        List<String> names = new ArrayList<>();
        int index = 0;
        for (JsonNode call : node.path("tool_calls").values()) {
            String at = param + ".tool_calls[" + index++ + "]";
            ids.add(requiredText(call, "id", at + ".id"));
            names.add(requiredText(call.path("function"), "name", at + ".function.name"));
            requireString(call.path("function").path("arguments"), at + ".function.arguments");
        }
        JsonNode content = node.path("content");
        boolean mayBeEmpty = role.equals("assistant") && !ids.isEmpty();
        if ((content.isMissingNode() || content.isNull()) && !mayBeEmpty) {
            throw new InvalidRequest(param + ".content", "content is missing");
        }
        String toolCallId = role.equals("tool") ? requiredText(node, "tool_call_id", param + ".tool_call_id") : null;
        return new Message(
                role,
                text(content, param + ".content"),
                images(role, content, param + ".content"),
                List.copyOf(ids),
                List.copyOf(names),
                toolCallId);
    }

    private static String text(JsonNode content, String param) {
        if (content.isMissingNode() || content.isNull()) {
            return "";
        }
        if (content.isString()) {
            return content.stringValue();
        }
        if (!content.isArray()) {
            throw new InvalidRequest(param, "content must be a string or an array of parts");
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content.values()) {
            text.append(
                    part.path("type").asString("").equals("text")
                            ? part.path("text").asString("")
                            : "");
        }
        return text.toString();
    }

    private static List<String> images(String role, JsonNode content, String param) {
        List<String> images = new ArrayList<>();
        for (int i = 0; content.isArray() && i < content.size(); i++) {
            JsonNode part = content.get(i);
            String at = param + "[" + i + "]";
            if (part.path("type").asString("").equals("image_url")) {
                if (!role.equals("user")) {
                    throw new InvalidRequest(at + ".type", "only messages of role 'user' may have images");
                }
                images.add(image(part.path("image_url"), at + ".image_url"));
            }
        }
        return List.copyOf(images);
    }

    private static String image(JsonNode image, String param) {
        String url = requiredText(image, "url", param + ".url");
        String detail = image.path("detail").asString("auto");
        if (!Set.of("auto", "low", "high").contains(detail)) {
            throw new InvalidRequest(param + ".detail", "detail must be auto, low or high");
        }
        if (url.startsWith("data:image/") && url.contains(";base64,")) {
            try {
                byte[] bytes = Base64.getDecoder().decode(url.substring(url.indexOf(',') + 1));
                return url.substring("data:".length(), url.indexOf(';')) + " of " + bytes.length + " bytes, " + detail;
            } catch (IllegalArgumentException e) {
                throw new InvalidRequest(param + ".url", "the image is not base64");
            }
        }
        if (!url.startsWith("https://") && !url.startsWith("http://")) {
            throw new InvalidRequest(param + ".url", "the image must have an http(s) URL or a data URL");
        }
        return url + ", " + detail;
    }

    private static Format format(JsonNode format) {
        return switch (format.path("type").asString("text")) {
            case "text" -> new Format.Text();
            case "json_object" -> new Format.Json();
            case "json_schema" -> {
                requiredText(format.path("json_schema"), "name", "response_format.json_schema.name");
                JsonNode schema = format.path("json_schema").path("schema");
                if (!schema.isObject()) {
                    throw new InvalidRequest("response_format.json_schema.schema", "the schema must be an object");
                }
                yield new Format.Schema(schema);
            }
            default -> throw new InvalidRequest("response_format.type", "no such response_format");
        };
    }

    private static List<Tool> tools(JsonNode array) {
        if (array.size() > MAX_TOOLS) {
            throw new InvalidRequest("tools", "at most " + MAX_TOOLS + " tools, were " + array.size());
        }
        List<Tool> tools = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            JsonNode function = array.get(i).path("function");
            if (!array.get(i).path("type").asString("").equals("function")) {
                throw new InvalidRequest("tools[" + i + "].type", "tools must be of type 'function'");
            }
            String name = requiredText(function, "name", "tools[" + i + "].function.name");
            if (!name.matches("[a-zA-Z0-9_-]{1,64}")) {
                throw new InvalidRequest(
                        "tools[" + i + "].function.name", "'" + name + "' is not 1 to 64 letters, digits, _ or -");
            }
            tools.add(new Tool(name, function.path("parameters")));
        }
        return List.copyOf(tools);
    }

    private static ToolChoice toolChoice(JsonNode choice, List<Tool> offered) {
        String mode = choice.path("type").asString("").equals("allowed_tools")
                ? choice.path("allowed_tools").path("mode").asString("auto")
                : choice.asString("");
        if (choice.path("type").asString("").equals("function")) {
            String name = requiredText(choice.path("function"), "name", "tool_choice.function.name");
            if (offered.stream().noneMatch(tool -> tool.name().equals(name))) {
                throw new InvalidRequest("tool_choice", "the tool '" + name + "' is not among tools");
            }
            return new ToolChoice.Named(name);
        }
        if (mode.equals("required") && offered.isEmpty()) {
            throw new InvalidRequest("tool_choice", "tool_choice needs tools");
        }
        return switch (mode) {
            case "", "auto" -> new ToolChoice.Auto();
            case "none" -> new ToolChoice.None();
            case "required" -> new ToolChoice.Required();
            default -> throw new InvalidRequest("tool_choice", "'" + mode + "' is not a tool_choice");
        };
    }

    private static List<Tool> allowed(JsonNode choice, List<Tool> offered) {
        if (!choice.path("type").asString("").equals("allowed_tools")) {
            return offered;
        }
        Set<String> names = new HashSet<>();
        for (JsonNode tool : choice.path("allowed_tools").path("tools").values()) {
            names.add(tool.path("function").path("name").asString(""));
        }
        return offered.stream().filter(tool -> names.contains(tool.name())).toList();
    }

    private static String requiredText(JsonNode parent, String field, String param) {
        String value = requireString(parent.path(field), param);
        if (value.isBlank()) {
            throw new InvalidRequest(param, param + " must not be blank");
        }
        return value;
    }

    private static String requireString(JsonNode value, String param) {
        if (!value.isString()) {
            throw new InvalidRequest(param, param + " must be a string");
        }
        return value.stringValue();
    }
}
