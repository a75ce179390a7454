package io.voiceagent.simulator;

import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes the smallest value that satisfies a JSON Schema, as far as tool parameters use it: required properties, enum,
 * const, default, examples, bounds, length, combinations, and {@code $ref} within the document. A string takes the
 * text at hand.
 */
final class SchemaSample {

    private static final int MAX_DEPTH = 12;
    private static final int MAX_ITEMS = 100;
    private static final int MAX_TEXT = 200;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final JsonNode root;
    private final String text;

    private SchemaSample(JsonNode root, String text) {
        this.root = root;
        this.text = text.length() <= MAX_TEXT ? text : text.substring(0, text.offsetByCodePoints(0, codePoints(text)));
    }

    private static int codePoints(String text) {
        return Math.min(MAX_TEXT, text.codePointCount(0, text.length()));
    }

    /** Arguments for a function of these parameters: always an object. */
    static ObjectNode arguments(JsonNode parameters, String text) {
        return new SchemaSample(parameters, text).object(parameters, 0);
    }

    /** A value of any type that a schema allows. */
    static JsonNode of(JsonNode schema, String text) {
        return new SchemaSample(schema, text).value(schema, 0);
    }

    private JsonNode value(JsonNode schema, int depth) {
        if (depth > MAX_DEPTH) {
            return NODES.nullNode();
        }
        if (schema.path("$ref").isString()) {
            String ref = schema.path("$ref").stringValue();
            return value(ref.startsWith("#") ? root.at(ref.substring(1)) : NODES.missingNode(), depth + 1);
        }
        for (String fixed : new String[] {"const", "default"}) {
            if (schema.has(fixed)) {
                return schema.get(fixed);
            }
        }
        for (String listed : new String[] {"enum", "examples"}) {
            if (schema.path(listed).has(0)) {
                return schema.path(listed).get(0);
            }
        }
        for (String combined : new String[] {"anyOf", "oneOf", "allOf"}) {
            if (schema.path(combined).has(0)) {
                return value(schema.path(combined).get(0), depth + 1);
            }
        }
        return ofType(schema, depth);
    }

    private JsonNode ofType(JsonNode schema, int depth) {
        JsonNode type = schema.path("type");
        String name = type.isArray() ? type.path(0).asString("") : type.asString("");
        return switch (name) {
            case "object" -> object(schema, depth);
            case "array" -> array(schema, depth);
            case "integer", "number" -> number(schema, name.equals("integer"));
            case "boolean" -> NODES.booleanNode(true);
            case "null" -> NODES.nullNode();
            case "string" -> NODES.stringNode(string(schema));
            default -> schema.has("properties") ? object(schema, depth) : NODES.stringNode(string(schema));
        };
    }

    private ObjectNode object(JsonNode schema, int depth) {
        ObjectNode object = NODES.objectNode();
        for (JsonNode name : schema.path("required").values()) {
            object.set(name.asString(""), value(schema.path("properties").path(name.asString("")), depth + 1));
        }
        return object;
    }

    private ArrayNode array(JsonNode schema, int depth) {
        ArrayNode array = NODES.arrayNode();
        int items = Math.min(MAX_ITEMS, Math.max(0, schema.path("minItems").asInt(0)));
        for (int i = 0; i < items; i++) {
            array.add(value(schema.path("items"), depth + 1));
        }
        return array;
    }

    private static JsonNode number(JsonNode schema, boolean whole) {
        double least = schema.has("exclusiveMinimum")
                ? schema.path("exclusiveMinimum").asDouble(0) + 1
                : schema.path("minimum").asDouble(Double.NEGATIVE_INFINITY);
        double most = schema.has("exclusiveMaximum")
                ? schema.path("exclusiveMaximum").asDouble(2) - 1
                : schema.path("maximum").asDouble(Double.POSITIVE_INFINITY);
        double chosen = Math.max(least, Math.min(1, most));
        double step = schema.path("multipleOf").asDouble(0);
        double fitting = step > 0 ? Math.ceil(chosen / step) * step : chosen;
        return whole ? NODES.numberNode((long) Math.ceil(fitting)) : NODES.numberNode(fitting);
    }

    private String string(JsonNode schema) {
        String sample = switch (schema.path("format").asString("").toLowerCase(Locale.ROOT)) {
            case "date-time" -> "2026-01-01T00:00:00Z";
            case "date" -> "2026-01-01";
            case "time" -> "00:00:00Z";
            case "email" -> "someone@example.com";
            case "uri", "url" -> "https://example.com/";
            case "uuid" -> "00000000-0000-4000-8000-000000000000";
            case "ipv4" -> "192.0.2.1";
            default -> text.isEmpty() ? "simulated" : text;
        };
        int least = Math.min(10_000, Math.max(0, schema.path("minLength").asInt(0)));
        int most = Math.max(least, schema.path("maxLength").asInt(Integer.MAX_VALUE));
        StringBuilder fitted = new StringBuilder(sample);
        while (fitted.codePointCount(0, fitted.length()) < least) {
            fitted.append('x');
        }
        int kept = Math.min(most, fitted.codePointCount(0, fitted.length()));
        return fitted.substring(0, fitted.offsetByCodePoints(0, kept));
    }
}
