package io.voiceagent.transport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of settings that a variable names.
 *
 * @param mostBytes no more is read of it
 * @param remedy for whoever has to mend it
 */
public record SettingsFile(String variable, Path path, int mostBytes, String remedy) {
    /**
     * The whole file.
     *
     * @throws InvalidSettingException it can't be read, or is too large
     */
    public byte[] bytes() {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(mostBytes + 1);
        } catch (IOException e) {
            throw wrong("names \"%s\", which can't be read (%s)"
                    .formatted(path, e.getClass().getSimpleName()));
        }
        if (bytes.length > mostBytes) {
            throw wrong("names a file of more than %d bytes".formatted(mostBytes));
        }
        return bytes;
    }

    /**
     * The whole file, as text.
     *
     * @throws InvalidSettingException as the other two do
     */
    public String text() {
        return text(bytes());
    }

    /**
     * What was read of it, as text.
     *
     * @throws InvalidSettingException it is not UTF-8 (RFC 3629)
     */
    public String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw wrong("names a file that is not UTF-8");
        }
    }

    private InvalidSettingException wrong(String what) {
        return new InvalidSettingException(variable, what, remedy);
    }
}
