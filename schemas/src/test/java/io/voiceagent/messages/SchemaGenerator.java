package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes the JSON Schema (2020-12) of a message from its record: types, what is required, and the descriptions from its Javadoc. The messages use a
 * handful of Java types, so this is shorter than bending a general generator to sealed interfaces with a discriminator.
 */
final class SchemaGenerator {
    private final JavadocIndex javadoc;

    SchemaGenerator(JavadocIndex javadoc) {
        this.javadoc = javadoc;
    }

    ObjectNode generate(String name, Class<?> type) {
        ObjectNode definitions = object();
        ObjectNode body = record(type, definitions);
        ObjectNode schema = object();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("$id", "urn:voice-agent:schema:v1:" + name);
        schema.put("title", nested(type));
        schema.setAll(body);
        if (!definitions.isEmpty()) {
            schema.set("$defs", definitions);
        }
        return schema;
    }

    private ObjectNode record(Class<?> type, ObjectNode definitions) {
        ObjectNode schema = object();
        describe(schema, javadoc.type(type));
        schema.put("type", "object");
        ObjectNode properties = object();
        ArrayNode required = Json.mapper().createArrayNode();
        discriminator(type).ifPresent(value -> {
            properties.putObject("type").put("const", value);
            required.add("type");
        });
        for (RecordComponent component : type.getRecordComponents()) {
            ObjectNode property = schema(component.getGenericType(), definitions);
            describe(property, javadoc.component(type, component.getName()));
            properties.set(component.getName(), property);
            if (!isNullable(component.getAnnotatedType())) {
                required.add(component.getName());
            }
        }
        schema.set("properties", properties);
        schema.set("required", required);
        return schema;
    }

    private ObjectNode schema(Type type, ObjectNode definitions) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            ObjectNode schema = object();
            if (generic.getRawType() == List.class) {
                schema.put("type", "array");
                schema.set("items", schema(arguments[0], definitions));
            } else if (generic.getRawType() == Map.class) {
                schema.put("type", "object");
                schema.set("additionalProperties", schema(arguments[1], definitions));
            } else {
                throw new IllegalArgumentException("no schema for " + type);
            }
            return schema;
        }
        return schema((Class<?>) type, definitions);
    }

    private ObjectNode schema(Class<?> type, ObjectNode definitions) {
        if (type == String.class) {
            return object().put("type", "string");
        } else if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
            return object().put("type", "integer");
        } else if (type == double.class || type == Double.class) {
            return object().put("type", "number");
        } else if (type == boolean.class || type == Boolean.class) {
            return object().put("type", "boolean");
        } else if (JsonNode.class.isAssignableFrom(type)) {
            return object();
        } else if (type.isEnum()) {
            ObjectNode schema = object().put("type", "string");
            ArrayNode values = schema.putArray("enum");
            Arrays.stream(type.getFields())
                    .filter(field -> field.isEnumConstant())
                    .forEach(field ->
                            values.add(field.getAnnotation(JsonProperty.class).value()));
            return schema;
        }
        return reference(type, definitions);
    }

    private ObjectNode reference(Class<?> type, ObjectNode definitions) {
        String name = nested(type);
        if (!definitions.has(name)) {
            definitions.set(name, object());
            ObjectNode definition = object();
            if (type.isSealed()) {
                describe(definition, javadoc.type(type));
                ArrayNode oneOf = definition.putArray("oneOf");
                GoldenFilesTest.concrete(type).forEach(subtype -> oneOf.add(reference(subtype, definitions)));
            } else {
                definition = record(type, definitions);
            }
            definitions.set(name, definition);
        }
        return object().put("$ref", "#/$defs/" + name);
    }

    private static Optional<String> discriminator(Class<?> type) {
        return Arrays.stream(type.getInterfaces())
                .flatMap(root -> Optional.ofNullable(root.getAnnotation(JsonSubTypes.class)).stream())
                .flatMap(subtypes -> Arrays.stream(subtypes.value()))
                .filter(subtype -> subtype.value() == type)
                .map(JsonSubTypes.Type::name)
                .findFirst();
    }

    private static boolean isNullable(AnnotatedElement type) {
        return type.isAnnotationPresent(Nullable.class);
    }

    private static void describe(ObjectNode schema, @Nullable String text) {
        if (text != null && !text.isEmpty()) {
            schema.put("description", text);
        }
    }

    private static String nested(Class<?> type) {
        Class<?> outer = type.getEnclosingClass();
        return outer == null ? type.getSimpleName() : nested(outer) + "." + type.getSimpleName();
    }

    private static ObjectNode object() {
        return Json.mapper().createObjectNode();
    }
}
