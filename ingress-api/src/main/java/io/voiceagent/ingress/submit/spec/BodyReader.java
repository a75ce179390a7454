package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads a body as one JSON object, strictly: UTF-8 only, no repeated field (of which one reader takes the first and another the last), nothing
 * after the object, bounded in depth and in number of tokens, and no text that other parts of the system can't write or store.
 */
public final class BodyReader {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(Limits.JSON_DEPTH)
                            .maxTokenCount(Limits.JSON_TOKENS)
                            .maxStringLength(Limits.TEXT_CHARS)
                            .maxNumberLength(Limits.NUMBER_CHARS)
                            .maxNameLength(Limits.NAME_CHARS)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private BodyReader() {}

    /**
     * The object in {@code body}.
     *
     * @throws Refusal {@link Code#INVALID_JSON}, or {@link Code#INVALID_TYPE} when it is JSON but no object
     */
    public static ObjectNode read(byte[] body) {
        JsonNode node;
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
            node = MAPPER.readTree(text);
        } catch (CharacterCodingException e) {
            throw invalid("The body is not valid UTF-8.");
        } catch (StreamConstraintsException e) {
            throw invalid("The JSON of the body is over a limit%s: at most %d levels, %d tokens, %d digits in a number."
                    .formatted(at(e), Limits.JSON_DEPTH, Limits.JSON_TOKENS, Limits.NUMBER_CHARS));
        } catch (JacksonException e) {
            throw invalid(
                    "The body is not valid JSON%s. Send one JSON object without repeated fields.".formatted(at(e)));
        }
        if (!(node instanceof ObjectNode object)) {
            if (node.isMissingNode()) {
                throw invalid("The body is empty. Send a JSON object.");
            }
            throw Refusal.of(Code.INVALID_TYPE, "The body must be a JSON object.");
        }
        requireStorable(object);
        return object;
    }

    /** Only the place is told, never the text that the parser quotes. */
    private static String at(JacksonException e) {
        return e.getLocation() == null || e.getLocation().getLineNr() < 1
                ? ""
                : " at line %d, column %d"
                        .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
    }

    private static void requireStorable(JsonNode root) {
        Deque<JsonNode> open = new ArrayDeque<>();
        open.push(root);
        while (!open.isEmpty()) {
            JsonNode node = open.pop();
            if (node.isString()) {
                requireStorable(node.stringValue());
            } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
                throw invalid("The body has a number that is larger than a 64-bit floating point number can be.");
            } else if (node.isObject()) {
                node.propertyNames().forEach(BodyReader::requireStorable);
            }
            node.values().forEach(open::push);
        }
    }

    private static void requireStorable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw invalid("A string of the body has the character U+0000. Leave it out.");
            }
            if (Character.isSurrogate(c)) {
                if (!Character.isHighSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw invalid("A string of the body has half of a surrogate pair, which is no character.");
                }
                i++;
            }
        }
    }

    private static Refusal invalid(String message) {
        return Refusal.of(Code.INVALID_JSON, message);
    }
}
