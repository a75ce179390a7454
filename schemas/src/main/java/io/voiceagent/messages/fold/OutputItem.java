package io.voiceagent.messages.fold;

import io.voiceagent.messages.ResponseId;
import java.util.Locale;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;

/**
 * One item of the public output while it comes into being. It writes its own events; whoever holds it sees to it that it is begun and ended
 * exactly once.
 */
abstract sealed class OutputItem permits TextItem, FunctionCallItem, HostedCallItem, ApprovalRequestItem {
    static final String IN_PROGRESS = "in_progress";
    static final String COMPLETED = "completed";
    static final String INCOMPLETE = "incomplete";
    static final String FAILED = "failed";

    final EventWriter events;
    final String id;
    final int index;
    private String status = IN_PROGRESS;

    /**
     * @param prefix of the item's id; the rest is the response's 48 digits and 4 digits of the index
     * @param index number of items that the turn had before, superseded ones too
     */
    OutputItem(EventWriter events, String responseId, String prefix, int index) {
        this(
                events,
                String.format(Locale.ROOT, "%s%s%04x", prefix, responseId.substring(ResponseId.PREFIX.length()), index),
                index);
    }

    OutputItem(EventWriter events, String id, int index) {
        this.events = events;
        this.id = id;
        this.index = index;
    }

    /** Writes what tells that the item is there. */
    void begin() {
        events.event("response.output_item.added", out -> {
            out.writeNumberProperty("output_index", index);
            out.writeName("item");
            write(out);
        });
    }

    /** Writes the last events of the item; nothing follows. */
    void end(String finalStatus) {
        status = finalStatus;
        events.event("response.output_item.done", out -> {
            out.writeNumberProperty("output_index", index);
            out.writeName("item");
            write(out);
        });
    }

    /** The item as JSON, as it is now. */
    final void write(JsonGenerator out) {
        out.writeStartObject();
        out.writeStringProperty("id", id);
        writeFields(out);
        writeStatus(out, status);
        out.writeEndObject();
    }

    void writeStatus(JsonGenerator out, String current) {
        out.writeStringProperty("status", current);
    }

    /** All fields but {@code id} and {@code status}. */
    abstract void writeFields(JsonGenerator out);

    /** An event that names this item. */
    final void itemEvent(String type, Consumer<JsonGenerator> fields) {
        events.event(type, out -> {
            out.writeStringProperty("item_id", id);
            out.writeNumberProperty("output_index", index);
            fields.accept(out);
        });
    }

    /** An event that names this item and has no more to say. */
    final void itemEvent(String type) {
        itemEvent(type, out -> {});
    }
}
