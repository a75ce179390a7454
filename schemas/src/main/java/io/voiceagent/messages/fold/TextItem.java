package io.voiceagent.messages.fold;

import tools.jackson.core.JsonGenerator;

/** A message or a reasoning item: one content part, which grows. */
final class TextItem extends OutputItem {
    private final boolean reasoning;
    private final StringBuilder text = new StringBuilder();
    private boolean ended;

    private TextItem(EventWriter events, String responseId, int index, boolean reasoning) {
        super(events, responseId, reasoning ? "rs_" : "msg_", index);
        this.reasoning = reasoning;
    }

    static TextItem message(EventWriter events, String responseId, int index) {
        return new TextItem(events, responseId, index, false);
    }

    static TextItem reasoning(EventWriter events, String responseId, int index) {
        return new TextItem(events, responseId, index, true);
    }

    @Override
    void begin() {
        super.begin();
        partEvent("response.content_part.added");
    }

    void append(String delta) {
        text.append(delta);
        contentEvent("delta", "delta", delta);
    }

    @Override
    void end(String finalStatus) {
        ended = true;
        contentEvent("done", "text", text.toString());
        partEvent("response.content_part.done");
        super.end(finalStatus);
    }

    private void contentEvent(String what, String field, String value) {
        itemEvent((reasoning ? "response.reasoning_text." : "response.output_text.") + what, out -> {
            out.writeNumberProperty("content_index", 0);
            out.writeStringProperty(field, value);
            if (!reasoning) {
                emptyArray(out, "logprobs");
            }
        });
    }

    private void partEvent(String type) {
        itemEvent(type, out -> {
            out.writeNumberProperty("content_index", 0);
            out.writeName("part");
            writePart(out);
        });
    }

    private void writePart(JsonGenerator out) {
        out.writeStartObject();
        out.writeStringProperty("type", reasoning ? "reasoning_text" : "output_text");
        out.writeStringProperty("text", text.toString());
        if (!reasoning) {
            emptyArray(out, "annotations");
            emptyArray(out, "logprobs");
        }
        out.writeEndObject();
    }

    @Override
    void writeFields(JsonGenerator out) {
        out.writeStringProperty("type", reasoning ? "reasoning" : "message");
        if (reasoning) {
            emptyArray(out, "summary");
        } else {
            out.writeStringProperty("role", "assistant");
        }
        out.writeName("content");
        out.writeStartArray();
        if (ended) {
            writePart(out);
        }
        out.writeEndArray();
    }

    private static void emptyArray(JsonGenerator out, String name) {
        out.writeName(name);
        out.writeStartArray();
        out.writeEndArray();
    }
}
