package io.voiceagent.ingress.limit;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.SettingsFile;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads settings from a JSON file: an object of objects. Whatever is wrong is told with the variable, the place and the remedy. */
record SettingsJson(String variable, String remedy) {
    private static final int MOST_BYTES = 1 << 20;

    static SettingsFile file(String variable, Path path, String remedy) {
        return new SettingsFile(variable, path, MOST_BYTES, remedy);
    }

    static JsonNode parse(SettingsFile file, String text) {
        SettingsJson json = new SettingsJson(file.variable(), file.remedy());
        try {
            JsonNode root = Json.tree(text);
            json.require(root.isObject(), "names a file that is not a JSON object");
            return root;
        } catch (MalformedMessageException e) {
            throw new InvalidSettingException(file.variable(), "names a file that is not JSON", file.remedy());
        }
    }

    void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new InvalidSettingException(variable, otherwise, remedy);
        }
    }

    void requireFields(String place, JsonNode node, Set<String> known) {
        require(node.isObject(), "has no object at " + place);
        for (String name : node.propertyNames()) {
            require(known.contains(name), "has the unknown field %s.%s".formatted(place, name));
        }
    }

    /** A number from 0 to {@code most}; null when the field is not there. */
    @Nullable
    BigDecimal number(String place, String field, JsonNode node, BigDecimal most) {
        JsonNode value = node.get(field);
        if (value == null) {
            return null;
        }
        require(value.isNumber(), "has no number at %s.%s".formatted(place, field));
        BigDecimal number = value.decimalValue();
        require(
                number.signum() >= 0 && number.compareTo(most) <= 0,
                "has a number out of bounds at %s.%s".formatted(place, field));
        return number;
    }
}
