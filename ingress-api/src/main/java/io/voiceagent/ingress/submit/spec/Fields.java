package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The fields of one JSON object, taken one by one with their checks; {@link #end} refuses what was not taken. A JSON null is an absent field.
 * Every refusal names the field by its path, such as {@code input[0].content[1].text}.
 */
final class Fields {
    /** What is often sent instead of a field that exists. */
    private static final Map<String, String> MEANT = Map.of(
            "max_tokens", "max_output_tokens",
            "max_completion_tokens", "max_output_tokens",
            "messages", "input",
            "functions", "tools",
            "function_call", "tool_choice",
            "response_format", "text.format",
            "reasoning_effort", "reasoning.effort",
            "user", "safety_identifier",
            "system", "instructions");

    private final ObjectNode node;
    private final String path;
    private final Set<String> taken = new HashSet<>();

    private Fields(ObjectNode node, String path) {
        this.node = node;
        this.path = path;
    }

    static Fields of(ObjectNode root) {
        return new Fields(root, "");
    }

    /** The fields of {@code node}, which stands at {@code path}. */
    static Fields of(JsonNode node, String path) {
        if (node instanceof ObjectNode object) {
            return new Fields(object, path);
        }
        throw wrongType(path, "an object", node);
    }

    /** The path of a field of this object. */
    String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** The path of this object. */
    String path() {
        return path;
    }

    boolean has(String name) {
        JsonNode value = node.get(name);
        return value != null && !value.isNull();
    }

    /** The value, null when it is absent or JSON null. */
    @Nullable
    JsonNode any(String name) {
        taken.add(name);
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    JsonNode requiredAny(String name) {
        JsonNode value = any(name);
        if (value == null) {
            throw missing(path(name));
        }
        return value;
    }

    @Nullable
    String text(String name, int maxChars) {
        JsonNode value = any(name);
        return value == null ? null : text(value, path(name), maxChars);
    }

    /** A string that is there and not empty. */
    String requiredText(String name, int maxChars) {
        String text = text(requiredAny(name), path(name), maxChars);
        if (text.isEmpty()) {
            throw new Refusal(Code.INVALID_VALUE, path(name), "'%s' must not be empty.".formatted(path(name)));
        }
        return text;
    }

    /** One of {@code allowed}; another one is an invalid value. */
    @Nullable
    String oneOf(String name, List<String> allowed) {
        String text = text(name, Limits.ID_CHARS);
        if (text != null && !allowed.contains(text)) {
            throw new Refusal(
                    Code.INVALID_VALUE, path(name), "'%s' must be one of %s.".formatted(path(name), quoted(allowed)));
        }
        return text;
    }

    boolean flag(String name, boolean otherwise) {
        JsonNode value = any(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.isBoolean()) {
            throw wrongType(path(name), "a boolean", value);
        }
        return value.booleanValue();
    }

    @Nullable
    Integer integer(String name, int min, int max) {
        JsonNode value = any(name);
        if (value == null) {
            return null;
        }
        if (!value.isIntegralNumber()) {
            throw wrongType(path(name), "an integer", value);
        }
        if (!value.canConvertToInt() || value.intValue() < min || value.intValue() > max) {
            throw outOfBounds(path(name), min, max);
        }
        return value.intValue();
    }

    @Nullable
    Double number(String name, double min, double max) {
        JsonNode value = any(name);
        if (value == null) {
            return null;
        }
        if (!value.isNumber()) {
            throw wrongType(path(name), "a number", value);
        }
        double number = value.doubleValue();
        // Written so that NaN fails too
        if (!(number >= min && number <= max)) {
            throw outOfBounds(path(name), min, max);
        }
        return number;
    }

    @Nullable
    Fields object(String name) {
        JsonNode value = any(name);
        return value == null ? null : of(value, path(name));
    }

    /** The entries of an array, null when it is absent. */
    @Nullable
    List<JsonNode> array(String name, int maxEntries) {
        JsonNode value = any(name);
        return value == null ? null : array(value, path(name), maxEntries);
    }

    /** Refuses any of these when it is there. */
    void unsupported(String remedy, String... names) {
        for (String name : names) {
            if (any(name) != null) {
                throw new Refusal(
                        Code.UNSUPPORTED_PARAMETER,
                        path(name),
                        "'%s' is not supported by this server. %s".formatted(path(name), remedy));
            }
        }
    }

    /** Refuses what was not taken. */
    void end() {
        for (String name : node.propertyNames()) {
            if (!taken.contains(name)) {
                String meant = path.isEmpty() ? MEANT.get(name) : null;
                throw new Refusal(
                        Code.UNKNOWN_PARAMETER,
                        path(name),
                        "Unknown parameter: '%s'. %s"
                                .formatted(
                                        path(name),
                                        meant == null
                                                ? "Leave it out, or check its spelling."
                                                : "Use '%s'.".formatted(meant)));
            }
        }
    }

    static String text(JsonNode value, String path, int maxChars) {
        if (!value.isString()) {
            throw wrongType(path, "a string", value);
        }
        String text = value.stringValue();
        if (text.length() > maxChars) {
            throw new Refusal(Code.INVALID_VALUE, path, "'%s' has more than %d characters.".formatted(path, maxChars));
        }
        return text;
    }

    static List<JsonNode> array(JsonNode value, String path, int maxEntries) {
        if (!value.isArray()) {
            throw wrongType(path, "an array", value);
        }
        if (value.size() > maxEntries) {
            throw new Refusal(Code.INVALID_VALUE, path, "'%s' has more than %d entries.".formatted(path, maxEntries));
        }
        return List.copyOf(value.values());
    }

    static Refusal missing(String path) {
        return new Refusal(Code.MISSING_REQUIRED_PARAMETER, path, "Missing required parameter: '%s'.".formatted(path));
    }

    static Refusal wrongType(String path, String expected, JsonNode actual) {
        return new Refusal(
                Code.INVALID_TYPE, path, "'%s' must be %s, but is %s.".formatted(path, expected, kind(actual)));
    }

    static Refusal unsupportedValue(String path, String remedy) {
        return new Refusal(
                Code.UNSUPPORTED_VALUE,
                path,
                "The value of '%s' is not supported by this server. %s".formatted(path, remedy));
    }

    static String quoted(List<String> values) {
        return "'" + String.join("', '", values) + "'";
    }

    private static Refusal outOfBounds(String path, Number min, Number max) {
        return new Refusal(Code.INVALID_VALUE, path, "'%s' must be from %s to %s.".formatted(path, min, max));
    }

    private static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "an array";
            case BOOLEAN -> "a boolean";
            case NULL, MISSING -> "null";
            case NUMBER -> "a number";
            case OBJECT, POJO -> "an object";
            case STRING, BINARY -> "a string";
        };
    }
}
