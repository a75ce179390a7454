package io.voiceagent.ingress.submit.spec;

import io.voiceagent.format.AnswerFormat;
import io.voiceagent.format.InvalidSchemaException;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code text}: the format of the answer, and how wordy it is. */
final class TextParser {
    private TextParser() {}

    /** Takes {@code text}; null when it is absent. */
    static @Nullable JsonNode text(Fields root) {
        JsonNode value = root.any("text");
        if (value == null) {
            return null;
        }
        Fields text = Fields.of(value, root.path("text"));
        Fields format = text.object("format");
        if (format != null) {
            format(format, value);
        }
        text.oneOf("verbosity", List.of("low", "medium", "high"));
        text.end();
        return value;
    }

    private static void format(Fields format, JsonNode text) {
        String type = format.requiredText("type", Limits.ID_CHARS);
        switch (type) {
            case "text", "json_object" -> {}
            case "json_schema" -> schema(format, text);
            default ->
                throw Fields.unsupportedValue(format.path("type"), "Use 'text', 'json_object' or 'json_schema'.");
        }
        format.end();
    }

    private static void schema(Fields format, JsonNode text) {
        ToolsParser.functionName(format);
        format.text("description", Limits.TOOL_DESCRIPTION_CHARS);
        format.flag("strict", false);
        String path = format.path("schema");
        JsonNode schema = format.requiredAny("schema");
        if (!schema.isObject()) {
            throw Fields.wrongType(path, "an object", schema);
        }
        try {
            AnswerFormat.of(text);
        } catch (InvalidSchemaException e) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    path,
                    "'%s' is no JSON Schema that an answer can be checked by: %s.".formatted(path, e.getMessage()));
        }
    }
}
