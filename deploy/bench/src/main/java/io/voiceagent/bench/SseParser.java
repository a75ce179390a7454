package io.voiceagent.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Cuts bytes, however the network split them, into server-sent events. Lines end with LF or CR LF; comments, ids and
 * retry hints are passed over. Not for use by two threads at once.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent events</a>
 */
final class SseParser {

    /** A longer line is no event of the servers measured here. */
    static final int MAX_LINE = 4 * 1024 * 1024;

    private final Consumer<Event> events;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    private final StringBuilder data = new StringBuilder();
    private String name = "";

    SseParser(Consumer<Event> events) {
        this.events = events;
    }

    /**
     * One event.
     *
     * @param name empty when the event has none
     * @param data its data lines, joined by LF
     */
    record Event(String name, String data) {}

    /** @throws IllegalStateException when a line is over {@link #MAX_LINE} bytes */
    void accept(byte[] bytes) {
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                if (line.size() == 0) {
                    endLine(new String(bytes, from, i - from, StandardCharsets.UTF_8));
                } else {
                    keep(bytes, from, i);
                    String whole = line.toString(StandardCharsets.UTF_8);
                    line.reset();
                    endLine(whole);
                }
                from = i + 1;
            }
        }
        keep(bytes, from, bytes.length);
    }

    private void keep(byte[] bytes, int from, int to) {
        if (line.size() + (to - from) > MAX_LINE) {
            throw new IllegalStateException("an event's line is over " + MAX_LINE + " bytes");
        }
        line.write(bytes, from, to - from);
    }

    private void endLine(String text) {
        String content = text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
        if (content.isEmpty()) {
            dispatch();
        } else if (content.startsWith("data:")) {
            data.append(data.isEmpty() ? "" : "\n").append(value(content, "data:"));
        } else if (content.startsWith("event:")) {
            name = value(content, "event:");
        }
    }

    private void dispatch() {
        if (!data.isEmpty()) {
            events.accept(new Event(name, data.toString()));
        }
        data.setLength(0);
        name = "";
    }

    private static String value(String line, String field) {
        int from = field.length();
        return line.substring(line.startsWith(" ", from) ? from + 1 : from);
    }
}
