package io.voiceagent.messages.fold;

import io.voiceagent.messages.TokenLogprob;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** A message or a reasoning item: content parts, each begun by its first piece and ended with the item. */
final class TextItem extends OutputItem {
    /** What a part is. A message has at most one part of each of its kinds. */
    enum Kind {
        /** The answer. */
        OUTPUT("response.output_text.", "output_text", "text"),
        /** That there will be none. */
        REFUSAL("response.refusal.", "refusal", "refusal"),
        /** The thinking. */
        REASONING("response.reasoning_text.", "reasoning_text", "text");

        private final String events;
        private final String type;
        private final String field;

        /**
         * @param events what the names of its events begin with
         * @param type of the part
         * @param field that has the text, in the part and in the event that ends it
         */
        Kind(String events, String type, String field) {
            this.events = events;
            this.type = type;
            this.field = field;
        }
    }

    private record Part(int index, Kind kind, StringBuilder text, List<TokenLogprob> logprobs) {}

    private final boolean reasoning;
    private final List<Part> parts = new ArrayList<>();
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

    void append(Kind kind, String delta, List<TokenLogprob> logprobs) {
        Part part = part(kind);
        part.text.append(delta);
        part.logprobs.addAll(logprobs);
        contentEvent(part, "delta", "delta", delta, logprobs);
    }

    private Part part(Kind kind) {
        for (Part part : parts) {
            if (part.kind == kind) {
                return part;
            }
        }
        Part part = new Part(parts.size(), kind, new StringBuilder(), new ArrayList<>());
        parts.add(part);
        partEvent(part, "response.content_part.added");
        return part;
    }

    @Override
    void end(String finalStatus) {
        ended = true;
        for (Part part : parts) {
            contentEvent(part, "done", part.kind.field, part.text.toString(), part.logprobs);
            partEvent(part, "response.content_part.done");
        }
        super.end(finalStatus);
    }

    private void contentEvent(Part part, String what, String field, String value, List<TokenLogprob> logprobs) {
        itemEvent(part.kind.events + what, out -> {
            out.writeNumberProperty("content_index", part.index);
            out.writeStringProperty(field, value);
            if (part.kind == Kind.OUTPUT) {
                writeLogprobs(out, logprobs, false);
            }
        });
    }

    private void partEvent(Part part, String type) {
        itemEvent(type, out -> {
            out.writeNumberProperty("content_index", part.index);
            out.writeName("part");
            write(out, part);
        });
    }

    private static void write(JsonGenerator out, Part part) {
        out.writeStartObject();
        out.writeStringProperty("type", part.kind.type);
        out.writeStringProperty(part.kind.field, part.text.toString());
        if (part.kind == Kind.OUTPUT) {
            emptyArray(out, "annotations");
            writeLogprobs(out, part.logprobs, true);
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
            parts.forEach(part -> write(out, part));
        }
        out.writeEndArray();
    }

    /** @param bytes whether they are told: the dialect has them in the part, and not in the events of its text */
    private static void writeLogprobs(JsonGenerator out, List<TokenLogprob> logprobs, boolean bytes) {
        out.writeName("logprobs");
        out.writeStartArray();
        for (TokenLogprob each : logprobs) {
            out.writeStartObject();
            writeToken(
                    out, each.token(), each.logprob(), bytes ? TokenLogprob.bytes(each.token(), each.bytes()) : null);
            out.writeName("top_logprobs");
            out.writeStartArray();
            for (TokenLogprob.Candidate top : each.top()) {
                out.writeStartObject();
                writeToken(
                        out, top.token(), top.logprob(), bytes ? TokenLogprob.bytes(top.token(), top.bytes()) : null);
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        }
        out.writeEndArray();
    }

    private static void writeToken(JsonGenerator out, String token, double logprob, @Nullable List<Integer> bytes) {
        out.writeStringProperty("token", token);
        if (bytes != null) {
            out.writeName("bytes");
            out.writeStartArray();
            bytes.forEach(out::writeNumber);
            out.writeEndArray();
        }
        out.writeNumberProperty("logprob", logprob);
    }

    private static void emptyArray(JsonGenerator out, String name) {
        out.writeName(name);
        out.writeStartArray();
        out.writeEndArray();
    }
}
