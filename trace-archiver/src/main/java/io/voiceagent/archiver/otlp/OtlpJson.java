package io.voiceagent.archiver.otlp;

import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import java.io.StringWriter;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * OTLP values as JSON text that Postgres takes as {@code jsonb}: an attribute list becomes an object, bytes become base64,
 * numbers that JSON has no form for become the strings {@code NaN}, {@code Infinity} and {@code -Infinity}. U+0000, which
 * Postgres stores in no text, becomes U+FFFD. Of a key that is there twice, jsonb keeps the last.
 */
public final class OtlpJson {

    private static final JsonFactory FACTORY = new JsonFactory();
    private static final String EMPTY_OBJECT = "{}";

    private OtlpJson() {}

    /** JSON text of what {@code content} writes. */
    public static String write(Consumer<JsonGenerator> content) {
        StringWriter text = new StringWriter(256);
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), text)) {
            content.accept(json);
        }
        return text.toString();
    }

    /** JSON text of an attribute list, an object. */
    public static String attributes(List<KeyValue> attributes) {
        return attributes.isEmpty() ? EMPTY_OBJECT : write(json -> attributes(json, attributes));
    }

    /** Writes an attribute list as an object. */
    public static void attributes(JsonGenerator json, List<KeyValue> attributes) {
        json.writeStartObject();
        for (KeyValue attribute : attributes) {
            json.writeName(OtlpText.storable(attribute.getKey()));
            value(json, attribute.getValue());
        }
        json.writeEndObject();
    }

    /** Writes a number. */
    public static void number(JsonGenerator json, double value) {
        if (Double.isFinite(value)) {
            json.writeNumber(value);
        } else {
            json.writeString(Double.toString(value));
        }
    }

    /** Writes one value. Its nesting is bounded by the protobuf parser (100 messages). */
    private static void value(JsonGenerator json, AnyValue value) {
        switch (value.getValueCase()) {
            case STRING_VALUE -> json.writeString(OtlpText.storable(value.getStringValue()));
            case BOOL_VALUE -> json.writeBoolean(value.getBoolValue());
            case INT_VALUE -> json.writeNumber(value.getIntValue());
            case DOUBLE_VALUE -> number(json, value.getDoubleValue());
            case BYTES_VALUE ->
                json.writeString(
                        Base64.getEncoder().encodeToString(value.getBytesValue().toByteArray()));
            case ARRAY_VALUE -> {
                json.writeStartArray();
                value.getArrayValue().getValuesList().forEach(element -> value(json, element));
                json.writeEndArray();
            }
            case KVLIST_VALUE -> attributes(json, value.getKvlistValue().getValuesList());
            // An index into a string table, which only profiles have.
            case STRING_VALUE_STRINDEX, VALUE_NOT_SET -> json.writeNull();
        }
    }
}
