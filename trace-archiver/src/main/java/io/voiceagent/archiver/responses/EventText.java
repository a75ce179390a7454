package io.voiceagent.archiver.responses;

import io.voiceagent.messages.fold.ResponseEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/**
 * The events of one turn as text, one a line, kept compressed while they come: events repeat one another, so an open turn takes
 * a tenth of what it will have said. The result is a series of gzip members (RFC 1952, 2.2), which unpack as one.
 */
final class EventText {

    /** Text that is gathered before it is compressed: more would compress little better and take more memory. */
    private static final int MEMBER_BYTES = 16 << 10;

    private final ByteArrayOutputStream members = new ByteArrayOutputStream();
    private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();

    void append(List<ResponseEvent> events) {
        for (ResponseEvent event : events) {
            gathered.writeBytes(event.json().getBytes(StandardCharsets.UTF_8));
            gathered.write('\n');
            if (gathered.size() >= MEMBER_BYTES) {
                compress();
            }
        }
    }

    /** About what it takes in memory. */
    int bytes() {
        return members.size() + gathered.size();
    }

    /** All events, compressed. */
    byte[] gzip() {
        if (gathered.size() > 0) {
            compress();
        }
        return members.toByteArray();
    }

    private void compress() {
        try (GZIPOutputStream out = new GZIPOutputStream(members)) {
            gathered.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        gathered.reset();
    }
}
