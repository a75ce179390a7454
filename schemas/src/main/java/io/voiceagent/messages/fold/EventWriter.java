package io.voiceagent.messages.fold;

import io.voiceagent.messages.Json;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;

/** Renders events: numbers them and fixes the order of the fields that all of them have. */
final class EventWriter {
    private List<ResponseEvent> pending = new ArrayList<>();
    private long sequence;

    /** Appends an event; {@code fields} writes what follows {@code type} and {@code sequence_number}. */
    void event(String type, Consumer<JsonGenerator> fields) {
        long number = sequence++;
        String json = text(out -> {
            out.writeStringProperty("type", type);
            out.writeNumberProperty("sequence_number", number);
            fields.accept(out);
        });
        pending.add(new ResponseEvent(number, type, json));
    }

    /** The events since the last time. */
    List<ResponseEvent> take() {
        if (pending.isEmpty()) {
            return List.of();
        }
        List<ResponseEvent> taken = List.copyOf(pending);
        pending = new ArrayList<>();
        return taken;
    }

    /** A JSON object with the fields that {@code fields} writes, as text on one line. */
    static String text(Consumer<JsonGenerator> fields) {
        StringWriter text = new StringWriter(256);
        try (JsonGenerator out = Json.mapper().createGenerator(text)) {
            out.writeStartObject();
            fields.accept(out);
            out.writeEndObject();
        }
        return onOneLine(text.toString());
    }

    /** JSON leaves three characters as they are that some clients take for the end of a line (Unicode's, not SSE's, idea of one). */
    private static String onOneLine(String json) {
        return json.replace("\u0085", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
    }
}
