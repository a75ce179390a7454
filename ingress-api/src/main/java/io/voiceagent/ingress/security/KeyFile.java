package io.voiceagent.ingress.security;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.WatchedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys that are in force: those of the variable, and those of a file that is read again whenever it changes, so that keys are exchanged
 * without a restart. A file that can't be used changes nothing.
 *
 * @see WatchedFile
 */
public final class KeyFile implements Supplier<ApiKeys>, AutoCloseable {
    private static final String VARIABLE = "API_KEYS_FILE";
    private static final int MAX_BYTES = 4 << 20;
    /** One for a client and one to take its place. */
    private static final int MIN_KEYS = 2;

    private final @Nullable WatchedFile<ApiKeys> watched;
    private final Supplier<ApiKeys> keys;

    private KeyFile(ApiKeys fixed, @Nullable Path file, Duration interval) {
        if (file == null) {
            ApiKeys all = fixed.required(MIN_KEYS);
            this.watched = null;
            this.keys = () -> all;
        } else {
            this.watched = WatchedFile.open(new Content(fixed, file), interval);
            this.keys = watched;
        }
    }

    /**
     * Reads the file for the first time.
     *
     * @param fixed keys that no file changes
     * @param file null when there are only those
     * @throws InvalidSettingException when the file can't be used, or there are too few keys in all
     */
    public static KeyFile open(ApiKeys fixed, @Nullable Path file, Duration interval) {
        return new KeyFile(fixed, file, interval);
    }

    /**
     * Whether {@link #open} could open it.
     *
     * @throws InvalidSettingException when it could not
     */
    static void check(ApiKeys fixed, @Nullable Path file) {
        ApiKeys unused = file == null ? fixed.required(MIN_KEYS) : parse(fixed, read(file));
    }

    @Override
    public ApiKeys get() {
        return keys.get();
    }

    private record Content(ApiKeys fixed, Path file) implements WatchedFile.Setting<ApiKeys> {
        @Override
        public String name() {
            return "API keys";
        }

        @Override
        public byte[] read() {
            return KeyFile.read(file);
        }

        @Override
        public ApiKeys parse(byte[] bytes) {
            return KeyFile.parse(fixed, bytes);
        }

        @Override
        public int count(ApiKeys keys) {
            return keys.size();
        }
    }

    private static ApiKeys parse(ApiKeys fixed, byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return fixed.with(ApiKeys.parseFile(text)).required(MIN_KEYS);
        } catch (CharacterCodingException e) {
            throw new InvalidSettingException(VARIABLE, "names a file that is not UTF-8", "Write it as plain text");
        }
    }

    private static byte[] read(Path file) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (IOException e) {
            throw new InvalidSettingException(
                    VARIABLE,
                    "names \"%s\", which can't be read (%s)"
                            .formatted(file, e.getClass().getSimpleName()),
                    "Name a file that this process may read");
        }
        if (bytes.length > MAX_BYTES) {
            throw new InvalidSettingException(
                    VARIABLE,
                    "names a file of more than %d bytes".formatted(MAX_BYTES),
                    "Leave out what is not in use");
        }
        return bytes;
    }

    @Override
    public void close() {
        if (watched != null) {
            watched.close();
        }
    }
}
