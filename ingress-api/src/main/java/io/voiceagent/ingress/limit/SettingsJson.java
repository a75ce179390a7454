package io.voiceagent.ingress.limit;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.transport.InvalidSettingException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads settings from a JSON file: an object of objects. Whatever is wrong is told with the variable, the place and the remedy. */
record SettingsJson(String variable, String remedy) {
    private static final int MOST_BYTES = 1 << 20;

    static JsonNode read(String variable, Path file, String remedy) {
        return parse(variable, bytes(variable, file, remedy), remedy);
    }

    static byte[] bytes(String variable, Path file, String remedy) {
        SettingsJson json = new SettingsJson(variable, remedy);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            json.require(bytes.length <= MOST_BYTES, "names a file of more than 1 MiB");
            return bytes;
        } catch (IOException e) {
            throw new InvalidSettingException(variable, "names a file that can't be read", remedy);
        }
    }

    static JsonNode parse(String variable, byte[] bytes, String remedy) {
        SettingsJson json = new SettingsJson(variable, remedy);
        try {
            JsonNode root = Json.tree(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
            json.require(root.isObject(), "names a file that is not a JSON object");
            return root;
        } catch (CharacterCodingException e) {
            throw new InvalidSettingException(variable, "names a file that is not UTF-8", remedy);
        } catch (MalformedMessageException e) {
            throw new InvalidSettingException(variable, "names a file that is not JSON", remedy);
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
