package io.voiceagent.clients;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what a server wrote to a WebSocket, without extensions.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455#section-5.2">RFC 6455, section 5.2</a>
 */
final class WebSocketFrames {
    private static final int FINAL = 0x80;
    private static final int OPCODE = 0x0f;
    private static final int CONTROL = 0x08;
    private static final int LENGTH = 0x7f;
    private static final int TWO_BYTES = 126;
    private static final int EIGHT_BYTES = 127;

    private WebSocketFrames() {}

    /**
     * The messages that are whole.
     *
     * @param answer all bytes of the connection, from the status line; none come out when that refuses
     */
    static List<String> messages(byte[] answer) {
        String text = new String(answer, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0 || !text.startsWith("HTTP/1.1 101")) {
            return List.of();
        }
        List<String> messages = new ArrayList<>();
        ByteBuffer frames = ByteBuffer.wrap(answer, end + 4, answer.length - end - 4);
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        try {
            while (frames.hasRemaining()) {
                int first = frames.get();
                byte[] payload = new byte[length(frames)];
                frames.get(payload);
                if ((first & OPCODE) >= CONTROL) {
                    continue;
                }
                message.writeBytes(payload);
                if ((first & FINAL) != 0) {
                    messages.add(message.toString(StandardCharsets.UTF_8));
                    message.reset();
                }
            }
        } catch (BufferUnderflowException brokenOff) {
            return messages;
        }
        return messages;
    }

    /** A server's frames have no mask. */
    private static int length(ByteBuffer frames) {
        int length = frames.get() & LENGTH;
        return switch (length) {
            case TWO_BYTES -> frames.getShort() & 0xffff;
            case EIGHT_BYTES -> Math.toIntExact(frames.getLong());
            default -> length;
        };
    }
}
